"""A software Mackie Control behind virtual JACK ports, steered by words; see `main`."""

import json
import sys
from typing import TYPE_CHECKING

from studiod.app.sim import NAMES, simulator
from studiod.surfaces.mackie.simulator import FADERS, Simulator
from tests.fakes.cable import Cable

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Serve one box of a kind of `studiod sim`; a second argument is appended to the name of its ports.

    Commands: plug, unplug, off-on, touch N, release N, move N POSITION, press NAME, turn N TICKS, look. Each is
    answered by a line of JSON with everything the box shows.
    """
    kind, *rest = sys.argv[1:]
    box = simulator(kind)
    cable = Cable(box, " ".join([NAMES[kind], *rest]))
    commands: dict[str, Callable[..., None]] = {
        "plug": cable.plug,
        "unplug": cable.unplug,
        "off-on": box.power_on,
        "touch": lambda fader: box.touch(int(fader)),
        "release": lambda fader: box.release(int(fader)),
        "move": lambda fader, position: box.move(int(fader), int(position)),
        "press": box.press,
        "turn": lambda vpot, ticks: box.turn(int(vpot), int(ticks)),
        "look": lambda: None,
    }
    for line in sys.stdin:
        name, *words = line.split()
        commands[name](*words)
        sys.stdout.write(json.dumps(_seen(box)) + "\n")
        sys.stdout.flush()
    cable.unplug()


def _seen(box: Simulator) -> dict[str, object]:
    strips = range(1, FADERS)
    return {
        "faders": list(box.faders),
        "lit": sorted(box.lit),
        "names": [box.text(0, strip) for strip in strips],
        "values": [box.text(1, strip) for strip in strips],
        "rings": list(box.rings),
        "assignment": box.assignment,
        "time": box.time.strip(),
        "colours": [int(colour) for colour in box.colours],
    }


if __name__ == "__main__":
    main()
