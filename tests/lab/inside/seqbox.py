"""A box that is a program on the sequencer comes, is moved, and goes: seqbox.py TIMES. Runs beside questions.py.

Prints one JSON object: seconds until studiod had noticed.
"""

import json
import sys
import time

import rtmidi
from cable import Cable  # type: ignore[import-not-found]  # beside it in the guest
from nanokontrol2 import MESSAGE_S, NanoKontrol2  # type: ignore[import-not-found]
from questions import ask, surface, wait  # type: ignore[import-not-found]

LAST_CALL_S = 0.3
ARRIVED_S = 0.5  # what was said is heard by then, in a slow machine too
FADER, TOP = "/strip/3/fader", (10.0,)


def main() -> None:
    """See above."""
    nano = NanoKontrol2()
    cable = Cable(nano, "nanoKONTROL2", rtmidi.API_LINUX_ALSA, LAST_CALL_S)

    def pushed_to_the_top() -> bool:
        if ask(FADER) == TOP:
            return True
        for byte in (0, 127):  # down first: a fader must pass where the desk is
            nano.slide_fader(3, byte, lambda: time.sleep(MESSAGE_S))
        time.sleep(ARRIVED_S)
        return False

    def come() -> dict[str, float]:
        cable.plug()
        seen = wait(lambda: surface() == "connected")
        ask(FADER, -90.0)
        heard = wait(pushed_to_the_top)
        ask("/strip/5/solo", 1)
        lit = wait(lambda: nano.lit == {"stop", "solo/5"})
        ask("/strip/5/solo", 0)
        wait(lambda: nano.lit == {"stop"})
        return {"seen": seen, "heard": heard, "lit": lit}

    times = []
    for _ in range(int(sys.argv[1])):
        told = come()
        cable.unplug()
        times.append(told | {"lost": wait(lambda: surface() == "away")})
    come()
    for _ in range(int(sys.argv[1])):
        cable.unplug()  # nobody looks so fast
        cable.plug()
    ask(FADER, -90.0)
    heard = wait(pushed_to_the_top)
    lit = wait(lambda: nano.lit == {"stop"})
    cable.unplug()
    wait(lambda: surface() == "away")
    sys.stdout.write(json.dumps({"times": times, "bounced": {"heard": heard, "lit": lit}}) + "\n")


if __name__ == "__main__":
    main()
