"""The command line of the service: `studiod`."""

import argparse
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from studiod import __version__
from studiod.app import export, imports, loudness, maps, measure, render, replay, sim, verify

_AFTER_RUN = """\
while it runs, in a second terminal:
  studioctl status          what it is doing
  studioctl meters          levels, live
  studioctl arm 1-4         choose what is recorded
  studioctl record          and: stop, locate 0, play, takes
"""

_TOOLS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "render": render.run,
    "export": export.run,
    "import": imports.run,
    "verify": verify.run,
    "replay": replay.run,
    "maps": maps.run,
    "measure-latency": measure.run,
    "sim": sim.run,
}


def parser() -> argparse.ArgumentParser:
    """Every option of `studiod`."""
    top = argparse.ArgumentParser(prog="studiod", description="A headless studio: recorder and mixer as a service.")
    top.add_argument("--version", action="version", version=f"studiod {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="start the studio",
        description="Start the studio and keep it running until Ctrl-C or SIGTERM.",
        epilog=_AFTER_RUN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("--config", type=Path, metavar="FILE", help="configuration, YAML (default: built-in defaults)")
    run.add_argument("--library", metavar="DIR", help="where sessions and takes go (default: ~/studiod-library)")
    run.add_argument(
        "--host",
        metavar="HOST",
        help="auto, virtual, portaudio or jack: what the sound comes from (default: auto, the virtual stage at last)",
    )
    run.add_argument(
        "--osc-port", type=int, metavar="N", help="UDP and TCP port of OSC (default: 9000; 0: any free one)"
    )
    check = commands.add_parser(
        "check",
        help="check a configuration file",
        description="Read a configuration file and tell everything wrong in it.",
    )
    check.add_argument("config", type=Path, metavar="FILE", help="configuration, YAML")
    loudness.add_command(commands)
    render.add_command(commands)
    export.add_command(commands)
    imports.add_command(commands)
    verify.add_command(commands)
    replay.add_command(commands)
    maps.add_command(commands)
    measure.add_command(commands)
    sim.add_command(commands)
    return top


def main(arguments: list[str] | None = None) -> None:
    """Entry point; exits with 0, 1 (could not run) or 2 (wrong configuration or usage)."""
    given = parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # names of files are bytes, and come out as such
    if given.command == "check":
        sys.exit(_check(given.config))
    try:
        if given.command == "loudness":
            sys.exit(loudness.run(given.files, is_json=given.json))
        if given.command in _TOOLS:
            status = _TOOLS[given.command](given)
            sys.stdout.flush()
            sys.exit(status)
        from studiod.app.run import run

        options = {"--host": given.host, "--library": given.library, "--osc-port": given.osc_port}
        sys.exit(run(given.config, {name: value for name, value in options.items() if value is not None}))
    except BrokenPipeError:  # the reader has seen enough: `studiod maps list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing complains at exit
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)  # Ctrl-C before anything was open, or over files


def _check(path: Path) -> int:
    from studiod.app.config.faults import ConfigError
    from studiod.app.config.load import load_config

    try:
        loaded = load_config(path, {})
    except ConfigError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    for warning in loaded.warnings:
        print(warning)
    print(f"{path}: good")
    return 0
