"""`studiod measure-latency`: how long a sound takes from an output of this machine to an input, cable and all."""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from studiod.app.hosts import Hosts
    from studiod.app.latencies import Way
    from studiod.app.settings import Settings
    from studiod.link import Block
    from studiod.produce.roundtrip import Roundtrip

_DESCRIPTION: Final = """\
Connect an output to an input with a cable, and stop studiod if it runs. Noise at -18 dBFS is played three times; what
comes in tells how late a musician who plays to a recording is recorded.
"""
_EPILOG: Final = """\
examples:
  studiod measure-latency --output 1 --input 1
  studiod measure-latency --save
  studiod measure-latency --config studio.yaml --json

With --save it is remembered in the library, for this device at this rate and block size, and used for that alone from
the next start of studiod on. audio: {roundtrip_frames: N} in the configuration goes before it, whatever is plugged in.

exit status: 0, 1 if nothing came back or the device does not play, 2 for a wrong configuration or usage
"""
_LEAD_S: Final = 0.3  # a device settles
_PASS_S: Final = 0.5  # the noise, and as long again for it to come back; all passes fit into the playback ring
_HELD_S: Final = 4.0  # of capture: lead, passes, and what goes by until they are read
_PATIENCE_S: Final = 10.0
_POLL_S: Final = 0.02


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `measure-latency` to the commands of `studiod`."""
    command = commands.add_parser(
        "measure-latency",
        help="measure how late overdubs are, with a cable",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--config", type=Path, metavar="FILE", help="configuration, YAML (default: built-in defaults)")
    command.add_argument("--host", metavar="HOST", help="auto, virtual, portaudio or jack (default: as configured)")
    command.add_argument("--output", type=int, default=1, metavar="N", help="output that plays (default: 1)")
    command.add_argument("--input", type=int, default=1, metavar="N", help="input that listens (default: 1)")
    command.add_argument("--save", action="store_true", help="remember it for this device, rate and block size")
    command.add_argument("--json", action="store_true", help="print an object with what was found")


def run(given: argparse.Namespace) -> int:
    """Measure and tell; 0, 1 (could not) or 2 (wrong configuration)."""
    from studiod.app.config.faults import ConfigError
    from studiod.app.config.load import load_config, to_json
    from studiod.app.latencies import save_measured
    from studiod.app.settings import Settings
    from studiod.produce.roundtrip import NothingHeardError

    try:
        loaded = load_config(given.config, {"--host": given.host} if given.host else {})
        settings = Settings.from_json(to_json(loaded.config))
        _check("output", given.output, settings.output_channels)
        _check("input", given.input, settings.input_channels)
    except (ConfigError, ValueError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    try:
        way, found = measure(settings, given.output - 1, given.input - 1)
    except (NothingHeardError, OSError) as fault:
        sys.stderr.write(f"{fault}: is output {given.output} connected to input {given.input}?\n")
        return 1
    saved: Path | None = None
    try:
        saved = save_measured(settings.tape.library.expanduser(), way, found.frames) if given.save else None
    except OSError as fault:
        sys.stderr.write(f"{fault.filename or settings.tape.library}: {fault.strerror}: it is not remembered\n")
    _tell(given, way, found, saved)
    return 1 if given.save and saved is None else 0


def _tell(given: argparse.Namespace, way: "Way", found: "Roundtrip", saved: Path | None) -> None:
    fact = {
        **asdict(way),
        "roundtrip_frames": found.frames,
        "roundtrip_ms": round(1000.0 * found.frames / way.rate_hz, 3),
        "gain_db": round(found.gain_db, 2),
        "likeness": round(found.likeness, 4),
        "is_inverted": found.is_inverted,
        "saved": None if saved is None else str(saved),
    }
    if given.json:
        print(json.dumps(fact, indent=2, ensure_ascii=False))
        return
    turned = ", polarity inverted" if found.is_inverted else ""
    print(f"{way}: output {given.output} to input {given.input}")
    print(f"  {found.frames} frames ({fact['roundtrip_ms']} ms), {found.gain_db:+.1f} dB{turned}")
    if saved is not None:
        print(f"remembered in {saved}, for this device, rate and block size")
    elif not given.save:
        print("studiod measure-latency --save remembers it for this device, rate and block size")


def _check(what: str, channel: int, channels: int) -> None:
    if not 1 <= channel <= channels:
        raise ValueError(f"--{what}: {channel}; allowed 1..{channels}, as many as are configured")


def measure(settings: "Settings", output: int, source: int) -> tuple["Way", "Roundtrip"]:
    """What was measured, and the way from `output` to input `source` (from 0) of the configured host.

    Raises NothingHeardError, OSError when the device does not play.
    """
    import numpy as np

    from studiod.app.hosts import Hosts
    from studiod.app.latencies import way_of
    from studiod.engine import Engine, engine_targets
    from studiod.link import Block, Dimensions, Operation, create_block
    from studiod.model.console import MONITOR_CHOICES, ConsoleLayout, console_parameters
    from studiod.model.registry import Registry
    from studiod.produce.roundtrip import PASSES, find_roundtrip, noise_of
    from studiod.tape import RingView

    rate_hz = settings.audio.rate_hz
    inputs, outputs = settings.input_channels, settings.output_channels
    registry = Registry(console_parameters(ConsoleLayout(1, 0, (0,), ("Noise",), (), inputs=inputs, outputs=outputs)))
    noise = noise_of(rate_hz)
    length = round(_PASS_S * rate_hz)
    silence = np.zeros(length - len(noise), np.float32)
    song = np.concatenate([silence, *[part for _ in range(PASSES) for part in (noise, silence)]])
    fd = create_block(
        Dimensions(
            rate_hz,
            settings.audio.block_frames,
            1,
            0,
            inputs,
            outputs,
            len(registry.numbers),
            len(registry.texts),
            _HELD_S,
        ),
        "{}",
    )
    try:
        block = Block(fd)
    finally:
        os.close(fd)
    wanted = {
        "/strip/1/monitor": float(MONITOR_CHOICES.index("tape")),
        "/strip/1/main/on": 0.0,
        "/strip/1/direct/output": float(output + 1),
    }
    for slot, spec in enumerate(registry.numbers):
        value = wanted.get(spec.address, spec.default)
        block.store_number(slot, value, spec.engine_value(value, rate_hz))
    engine = Engine(block, engine_targets(registry), (-1,), (), (-1, -1))
    hosts = Hosts(engine, block, settings, time.monotonic)
    hosts.open()
    try:
        status = hosts.status()
        if status["fault"] or engine.host == "internal":
            raise OSError(status["fault"] or "no device plays")
        tape = RingView(block, 1)
        tape.begin(0, [0])
        tape.place(0, 0, song.astype("<f4").tobytes(), len(song), 32)
        tape.publish(1, len(song))
        begin = block.snapshot().frame + round(_LEAD_S * rate_hz)
        block.push_control(Operation.LOCATE, 1, 0.0, 0, 1)
        block.push_control(Operation.PLAY, 0, 0.0, begin, 2)
        _wait(hosts, block, begin + len(song))
        heard = []
        for turn in range(PASSES):
            raw = bytearray(4 * length)
            tape.pack(source, begin + len(silence) + length * turn, length, 32, raw)
            heard.append(np.frombuffer(raw, "<f4"))
        if any(gap.start >= begin for gap in block.gaps()):
            raise OSError("the device dropped frames meanwhile; try again, with larger blocks if it happens again")
        return way_of(status, block), find_roundtrip(noise, heard)
    finally:
        hosts.leave()


def _wait(hosts: "Hosts", block: "Block", frame: int) -> None:
    """Until the engine has made `frame`. Raises OSError when it does not."""
    until = time.monotonic() + _PATIENCE_S
    while block.input_head < frame:
        if hosts.watch() is not None or time.monotonic() > until:
            raise OSError("the device does not go on")
        time.sleep(_POLL_S)
