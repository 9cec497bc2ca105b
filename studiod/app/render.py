"""`studiod render`: a session from files to files."""

import argparse
import json
import math
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from studiod.app.progress import Progress

if TYPE_CHECKING:
    from studiod.app.settings import Settings
    from studiod.produce.render import Order, Rendered

_DESCRIPTION: Final = """\
Play a take, or sound files, through the desk as a session left it, and write the mix: the same engine as on stage, as
fast as the machine goes. Files play on strips 1, 2, ... in their order, one strip for each channel.
"""
_EPILOG: Final = """\
examples:
  studiod render --take 3 --output mix.wav
  studiod render --session album --take 3 --buses --bits 32 --output stems/mix.wav
  studiod render kick.wav snare.wav bass.wav --output rough.wav --tail 2

What needs hardware is out of circuit: inserts, direct outs, talkback. Frame 0 of the mix is frame 0 of the files.
16 bits are dithered, 24 bits rounded, 32 bits are float. docs/reference/render.md has it all.

exit status: 0, 1 if it could not be rendered, 2 for a wrong configuration or usage
"""
_BITS: Final = (16, 24, 32)
_LONGEST_TAIL_S: Final = 600.0
_DECIMALS: Final = 2


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `render` to the commands of `studiod`."""
    render = commands.add_parser(
        "render",
        help="mix a take or sound files to a file",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    render.add_argument("files", type=Path, nargs="*", metavar="FILE", help="sound file, in the order of the strips")
    render.add_argument("--take", type=int, metavar="N", help="play this take of the session in place of files")
    render.add_argument("--config", type=Path, metavar="FILE", help="configuration, YAML (default: built-in defaults)")
    render.add_argument("--library", metavar="DIR", help="where sessions and takes are (default: as configured)")
    text = "session whose settings are used: its name, or its folder if there is a / in it (default: as configured)"
    render.add_argument("--session", metavar="NAME", help=text)
    render.add_argument("--output", type=Path, required=True, metavar="FILE", help="the stereo main, WAV")
    render.add_argument("--mono", action="store_true", help="write the mono main, too: FILE-mono.wav")
    render.add_argument("--buses", action="store_true", help="write every bus, too: FILE-bus-01-name.wav")
    render.add_argument("--matrices", action="store_true", help="write every matrix, too: FILE-matrix-01-name.wav")
    render.add_argument("--bits", type=int, choices=_BITS, default=24, help="of what is written (default: 24)")
    render.add_argument(
        "--tail", type=_seconds, default=0.0, metavar="S", help="seconds after the longest file (default: 0)"
    )
    render.add_argument("--click", action="store_true", help="let the click sound, if the session has it on")
    render.add_argument("--force", action="store_true", help="replace files that exist")
    render.add_argument("--json", action="store_true", help="print an object with what was done")
    render.set_defaults(usage_error=render.error)


def run(given: argparse.Namespace) -> int:
    """Render what is asked for and tell about it; 0, 1 (could not) or 2 (wrong configuration)."""
    if bool(given.files) == (given.take is not None):
        given.usage_error("give either sound files or --take N")
    from studiod.app.config.faults import ConfigError
    from studiod.app.config.load import load_config, to_json
    from studiod.app.settings import Settings
    from studiod.produce.render import RenderError, render

    try:
        loaded = load_config(given.config, {"--library": given.library})
        settings = Settings.from_json(to_json(loaded.config))
    except ConfigError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    progress = Progress(sys.stderr, given.output.name)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is half written goes
    try:
        order = _order(given, settings, loaded.warnings)
        rendered = render(order, progress.tell if sys.stderr.isatty() else None)
    except RenderError as fault:
        progress.clear()
        sys.stderr.write(f"{fault}\n")
        return 1
    finally:
        progress.clear()
        signal.signal(signal.SIGTERM, before)
    if given.json:
        print(json.dumps(_fact(order, rendered), indent=2, ensure_ascii=False))
    else:
        _print(order, rendered)
    return 0


def _order(given: argparse.Namespace, settings: "Settings", warnings: Sequence[str]) -> "Order":
    from studiod.produce.render import Order, file_tracks, take_tracks

    layout, rate_hz = settings.console_layout(), settings.audio.rate_hz
    session = _session(given, settings)
    position, said = 0, list(warnings)
    if given.take is None:
        tracks = file_tracks(given.files, layout)
    else:
        take = take_tracks(session, given.take, layout, rate_hz)
        tracks, position = take.tracks, take.position
        said += take.warnings
    return Order(
        layout,
        rate_hz,
        tracks,
        given.output,
        session if session.is_dir() else None,
        bits=given.bits,
        tail_s=given.tail,
        position=position,
        has_mono=given.mono,
        has_buses=given.buses,
        has_matrices=given.matrices,
        has_click=given.click,
        may_replace=given.force,
        warnings=tuple(said),
    )


def _session(given: argparse.Namespace, settings: "Settings") -> Path:
    """The session's folder. Raises RenderError when one is asked for that is not there."""
    from studiod.produce.render import RenderError

    name = given.session if given.session is not None else settings.tape.session
    folder = Path(name).expanduser() if os.sep in name else settings.tape.library.expanduser() / name
    if not folder.is_dir() and (given.session is not None or given.take is not None):
        raise RenderError(f"there is no session {folder}: name one with --session, its library with --library")
    return folder


def _seconds(word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = math.nan
    if not 0.0 <= seconds <= _LONGEST_TAIL_S:
        raise argparse.ArgumentTypeError(f"{word}; allowed 0..{_LONGEST_TAIL_S:g} s")
    return seconds


def _fact(order: "Order", rendered: "Rendered") -> dict[str, Any]:
    loudness, seconds = rendered.loudness, rendered.frames / order.rate_hz
    return {
        "output": str(rendered.files[0]),
        "files": [str(path) for path in rendered.files],
        "session": str(order.session) if order.session is not None else None,
        "rate_hz": order.rate_hz,
        "bits": order.bits,
        "frames": rendered.frames,
        "seconds": round(seconds, 3),
        "realtime_factor": round(seconds / rendered.elapsed_s, 1),
        "peak_dbfs": _level(loudness.sample_peak),
        "integrated_lufs": _level(loudness.integrated),
        "true_peak_dbtp": _level(loudness.true_peak),
        "warnings": list(rendered.warnings),
    }


def _level(level: float) -> float | str:
    """As JSON may say it, which knows no infinity."""
    return "-inf" if level == -math.inf else round(level, _DECIMALS) + 0.0  # no -0.0


def _print(order: "Order", rendered: "Rendered") -> None:
    for warning in rendered.warnings:
        sys.stderr.write(f"{warning}\n")
    for path in rendered.files:
        print(path)
    seconds, loudness = rendered.frames / order.rate_hz, rendered.loudness
    depth = "32-bit float" if order.bits == _BITS[-1] else f"{order.bits} bits"
    desk = f"the desk of {order.session}" if order.session is not None else "a desk at its defaults"
    print(f"  through {desk}")
    print(f"  {seconds:.1f} s, {order.rate_hz} Hz, {depth}, in {rendered.elapsed_s:.1f} s", end="")
    print(f" ({seconds / rendered.elapsed_s:.0f} times as fast as it plays)")
    print(
        f"  peak {loudness.sample_peak:.1f} dBFS, true peak {loudness.true_peak:.1f} dBTP, "
        f"integrated {loudness.integrated:.1f} LUFS"
    )
