"""Where loop and punch begin and end."""

import pytest

from studiod.desk.hub import Hub
from studiod.desk.points import Points, Span
from studiod.desk.rules import lay_rules
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Refused
from studiod.model.registry import Registry
from tests.fakes.store import MemoryStore

LAYOUT = ConsoleLayout(1, 1, (1,), ("",), ("",))


@pytest.fixture
def hub() -> Hub:
    hub = Hub(Registry(console_parameters(LAYOUT)), MemoryStore(), 48_000)
    lay_rules(hub, LAYOUT)
    return hub


def test_points_are_whole_frames_and_none_while_switched_off(hub: Hub) -> None:
    points = Points(hub)
    assert (points.loop, points.punch) == (None, None)
    hub.write("/loop/start", 12345 / 48_000, "test")
    hub.write("/loop/end", 67890.4 / 48_000, "test")
    hub.write("/loop/on", 1.0, "test")
    hub.write("/punch/on", 1.0, "test")
    assert (points.loop, points.punch) == (Span(12345, 67890), Span(0, 8 * 48_000))


@pytest.mark.parametrize(
    ("switch", "start", "end", "shortest"),
    [("loop/on", "loop/start", "loop/end", 0.25), ("punch/on", "punch/in", "punch/out", 0.01)],
)
def test_what_would_end_before_it_begins_is_refused(
    hub: Hub, switch: str, start: str, end: str, shortest: float
) -> None:
    hub.write(f"/{start}", 3.0, "test")
    hub.write(f"/{end}", 2.0, "test")  # while it is off, points are set in any order
    with pytest.raises(Refused, match=f"^/{switch}: from 3 s to 2 s is too short; allowed from {shortest:g} s on"):
        hub.write(f"/{switch}", 1.0, "test")
    hub.write(f"/{end}", 4.0, "test")
    hub.write(f"/{switch}", 1.0, "test")
    with pytest.raises(Refused, match=f"^/{start}: "):
        hub.write(f"/{start}", 4.0 - shortest / 2, "test")
    hub.write(f"/{end}", 3.0 + shortest, "test")
    assert hub.value(f"/{start}") == 3.0


def test_saved_points_come_back_whatever_their_order(hub: Hub) -> None:
    saved = [("/loop/on", 1.0), ("/loop/start", 20.0), ("/loop/end", 30.0)]
    assert hub.restore(saved, []) == []
    assert hub.value("/loop/start") == 20.0
