"""Numbered frames played into the loopback card, so that studiod hears them at its inputs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.helpers import eventually
from tests.lab.machine import Machine
from tests.lab.numbered import write_numbered

_UNIT = "player"
_CAPTURE = "/proc/asound/Loopback/pcm0c/sub0/hw_params"
_START_S = 60.0
# The loopback card tells where it is modulo its buffer: a guest that stands still for longer plays it once more.
_BUFFER = "--buffer-time=5000000 --period-time=100000"


@contextmanager
def numbers_play(machine: Machine, seconds: int) -> Iterator[None]:
    """Play 1, 2, 3 ... in the form in which studiod has opened the other side of the card: nothing converts them."""
    form = eventually(lambda: _form(machine), _START_S)
    channels, rate_hz = int(form["channels"]), int(form["rate"].split()[0])
    write_numbered(machine.share / "numbers.raw", form["format"], channels, seconds * rate_hz)
    words = f"-q -t raw -f {form['format']} -c {channels} -r {rate_hz} {_BUFFER} -D hw:Loopback,1"
    machine.output(f"systemd-run --collect --unit={_UNIT} aplay {words} /share/numbers.raw")
    try:
        eventually(lambda: "RUNNING" in machine.output("cat /proc/asound/Loopback/pcm1p/sub0/status"), _START_S)
        yield
    finally:
        machine.run(f"systemctl stop {_UNIT}")


def _form(machine: Machine) -> dict[str, str]:
    """hw_params of the capture side; empty while it is closed."""
    return dict(re.findall(r"^(\w+): (.+)$", machine.output(f"cat {_CAPTURE}"), re.MULTILINE))
