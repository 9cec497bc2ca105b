"""`studiod run`: check the configuration, make the shared block, become the supervisor."""

import os
import sys
from pathlib import Path

from studiod.app.bells import Bells
from studiod.app.settings import Settings
from studiod.desk.store import store_defaults
from studiod.link import PROCESS_NAMES, Block, Dimensions, create_block
from studiod.model.console import console_parameters
from studiod.model.registry import Registry

SAFE_BLOCK_FRAMES = 8192  # JACK may ask for larger blocks than configured


def make_block(settings: Settings, config_json: str) -> int:
    """File descriptor of a shared block for `settings`, every parameter at its default.

    Raises ValueError, MemoryError.
    """
    layout = settings.console_layout()
    registry = Registry(console_parameters(layout))
    dimensions = Dimensions(
        settings.audio.rate_hz,
        settings.audio.block_frames,
        layout.strips,
        layout.buses,
        settings.input_channels,
        settings.output_channels,
        len(registry.numbers),
        len(registry.texts),
        settings.tape.ring_s,
        layout.matrices,
    )
    fd = create_block(dimensions, config_json)
    store_defaults(Block(fd), registry, settings.audio.rate_hz)
    return fd


def run(config_path: Path | None, overrides: dict[str, object]) -> int:
    """Start studiod; returns only when it could not: the process becomes the supervisor."""
    from studiod.app.config.faults import ConfigError
    from studiod.app.config.load import load_config, to_json

    try:
        loaded = load_config(config_path, overrides)
        config_json = to_json(loaded.config)
        settings = Settings.from_json(config_json)
        fd = make_block(settings, config_json)
    except (ConfigError, ValueError, MemoryError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    for warning in loaded.warnings:
        sys.stderr.write(f"studiod: {warning}\n")
    sys.stderr.flush()
    parts = [part for part in PROCESS_NAMES[1:] if part != "ports" or settings.has_ports]
    fds = [str(number) for number in (fd, *Bells.make().fds)]
    # the words that were typed go along: `ps` shows them, and the lock of the session names them
    typed = ["studiod", *sys.argv[1:]]
    os.execv(sys.executable, [sys.executable, "-m", "studiod.app.supervisor", *fds, ",".join(parts), *typed])  # noqa: S606
    return 1
