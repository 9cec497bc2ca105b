"""A child process: `python -m studiod.app.child engine|tape|desk|ports PARENT-PID BLOCK-FD BELL-FD BELL-FD`."""

import contextlib
import ctypes
import logging
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the named part on the block behind the descriptor; exit status."""
    name, parent, fds = sys.argv[1], int(sys.argv[2]), [int(fd) for fd in sys.argv[3:6]]
    # Ctrl-C reaches the whole group; the supervisor alone decides what it means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    _end_with(parent)
    with contextlib.suppress(KeyError):
        return _run(name, fds)
    sys.stderr.write(f"studiod: no part {name!r}: engine, tape, desk or ports\n")
    return 2


def _run(name: str, fds: list[int]) -> int:
    from studiod.app.bells import Bells
    from studiod.app.settings import Settings
    from studiod.link import Block

    block = Block(fds[0])
    settings = Settings.from_json(block.config)
    logging.basicConfig(
        level=settings.log.level.upper(), format=f"%(asctime)s {name:6} %(levelname)-7s %(message)s", stream=sys.stderr
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(in_one_line)
    if name == "engine":
        from studiod.app import engine_process

        return engine_process.run(block, settings)
    if name == "tape":
        from studiod.app import tape_process

        return tape_process.run(block, settings)
    if name == "desk":
        from studiod.app import desk_process

        return desk_process.run(block, settings, Bells(*fds[1:]))
    if name == "ports":
        from studiod.app import ports_process

        return ports_process.run(block, settings, Bells(*fds[1:]))
    raise KeyError(name)


def in_one_line(record: logging.LogRecord) -> bool:
    """Escape what would begin another line or steer a terminal: sentences may quote names from anywhere."""
    said = record.getMessage()
    if not said.isprintable():
        record.msg = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in said)
        record.args = ()
    return True


def _end_with(parent: int) -> None:
    """A child without its supervisor would hold the device and answer to nobody: let it end as if stopped.

    parent: as the supervisor itself said it. One that was killed before we came so far is not our parent any more.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
