"""`studioctl`: work a running studiod from a terminal. Starts fast: a person waits for every command."""

import os
import sys
from collections.abc import Sequence

from studiod.app.control import commands, parser
from studiod.app.control.faults import DONE, NOT_DONE, WRONG_USAGE, Fault
from studiod.app.control.link import Link
from studiod.app.control.page import Page
from studiod.app.control.studio import Studio

_INTERRUPTED = 130  # 128 + SIGINT, as shells say it


def main(words: Sequence[str] | None = None) -> int:
    """Do one command (`sys.argv` if `words` is None); the exit code, one of `faults.EXIT_CODES`."""
    page = Page.standard(is_json=False)
    try:
        options = parser.read(sys.argv[1:] if words is None else words)
        page = Page.standard(is_json=options.json)
        studio = Studio(Link(options.host, options.port, options.timeout))
        try:
            commands.run(options, studio, page)
            sys.stdout.flush()
        finally:
            studio.link.close()
    except Fault as fault:
        sys.stdout.flush()
        page.complain(str(fault))
        return fault.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough: `studioctl watch ... | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing complains at exit
        return NOT_DONE
    except SystemExit as end:  # argparse, after --help and --version; a terminated screen
        return end.code if isinstance(end.code, int) else WRONG_USAGE if end.code else DONE
    return DONE


if __name__ == "__main__":
    sys.exit(main())
