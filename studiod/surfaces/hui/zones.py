"""Buttons and lamps of a HUI: zones of eight ports, under the names a Mackie Control has for the same thing."""

from collections.abc import Mapping
from typing import Final

STRIPS: Final = 8
PORTS: Final = 8
TOUCH: Final = 0
"""Port of a strip's zone that is the fader's touch."""
_STRIP = "touch select mute solo auto vpot insert rec"
_ZONES = {
    0x08: "control shift editmode undo alt option edittool save",
    0x09: "window/mix window/edit window/transport window/locations window/status window/alt",
    0x0A: "channel/left bank/left channel/right bank/right",
    0x0B: "assign/output assign/input pan send/e send/d send/c send/b send/a",
    0x0C: "assign default suspend assign/shift assign/mute bypass rec-all",
    0x0D: "cursor/down cursor/left cursor/mode cursor/right cursor/up scrub shuttle",
    0x0E: "talkback rewind forward stop play record",
    0x0F: "return-to-zero end online cycle drop",
    0x10: "audition pre in out post",
    0x11: "monitor/input/3 monitor/input/2 monitor/input/1 monitor/mute discrete",
    0x12: "monitor/output/3 monitor/output/2 monitor/output/1 monitor/dim monitor/mono",
    0x13: "keypad/0 keypad/1 keypad/4 keypad/2 keypad/5 keypad/point keypad/3 keypad/6",
    0x14: "enter keypad/plus",
    0x15: "keypad/7 keypad/8 keypad/9 keypad/minus keypad/clear keypad/equals keypad/divide keypad/times",
    0x16: "smpte feet beats rude-solo",
    0x17: "enable/plugin enable/pan enable/fader enable/send-mute enable/send enable/mute",
    0x18: "trim latch read off write touch",
    0x19: "status/phase status/monitor status/auto status/suspend status/create status/group",
    0x1A: "edit/paste edit/cut edit/capture edit/delete edit/copy edit/separate",
    0x1B: "f1 f2 f3 f4 f5 f6 f7 f8",
    0x1C: "dsp/insert dsp/assign dsp/select/1 dsp/select/2 dsp/select/3 dsp/select/4 dsp/bypass dsp/compare",
}
OUTPUTS: Final[Mapping[str, tuple[int, int]]] = {
    "relay/1": (0x1D, 0), "relay/2": (0x1D, 1), "relay": (0x1D, 2), "beep": (0x1D, 3),
}  # fmt: skip
"""What only the host switches."""
_INPUTS = {"foot/a": (0x1D, 0), "foot/b": (0x1D, 1)}


def _switches() -> dict[str, tuple[int, int]]:
    strips = {
        f"{row}/{strip + 1}": (strip, port)
        for strip in range(STRIPS)
        for port, row in enumerate(_STRIP.split())
        if port != TOUCH
    }
    return strips | {word: (zone, port) for zone, words in _ZONES.items() for port, word in enumerate(words.split())}


PLACES: Final[Mapping[str, tuple[int, int]]] = {**_switches(), **_INPUTS}
"""Zone and port of every switch by its name."""
NAMES: Final[Mapping[tuple[int, int], str]] = {place: name for name, place in PLACES.items()}
LAMPS: Final[Mapping[str, tuple[int, int]]] = {**_switches(), **OUTPUTS}
"""Zone and port of everything the host switches on and off."""
KEYS: Final = frozenset(name for name, (zone, _) in PLACES.items() if zone >= STRIPS)
"""Buttons that there are once on a desk."""
