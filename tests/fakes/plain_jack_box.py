"""A box that no map knows, behind a virtual JACK port: `python -m tests.fakes.plain_jack_box NAME`.

Each line it reads is JSON: a list of [seconds from now, message in hex]; it says them, and answers with a line.
"""

import json
import sys
import time

import rtmidi


def main(name: str) -> None:
    """Until its input ends."""
    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
    out.open_virtual_port("knobs")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        start = time.monotonic()
        for at_s, message in json.loads(line):
            time.sleep(max(start + at_s - time.monotonic(), 0.0))
            out.send_message(bytes.fromhex(message))
        sys.stdout.write("said\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
