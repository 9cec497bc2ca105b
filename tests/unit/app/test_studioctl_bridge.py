"""The meter bridge in windows of every size: what is left out of a narrow one, what of a low one."""

import math

import pytest

from studiod.app.control.bars import HOLD_S
from studiod.app.control.bridge import MeterBridge
from studiod.app.control.page import Facts, Page, wide
from studiod.net.osc.packet import Message, message

LOUDNESS = (-18.2, -18.9, -19.4, 5.2, -1.3)
STATUS = {"rate_hz": 48_000, "host": "virtual", "strips": 3, "buses": 1, "strip_names": ["Kick", "Snare", "Hat"]}
METERS = 3 + 1 + 2  # strips, buses, both sides of main


@pytest.fixture
def page() -> Page:
    return Page.standard(is_json=False)


@pytest.fixture
def bridge() -> MeterBridge:
    bridge = MeterBridge(Facts(STATUS))
    bridge.tell(
        [
            message("/meter/strip/1", -6.0, -12.5, 0.0, 3.2),
            message("/meter/bus/1", -20.0, -30.0, 2.1),
            message("/meter/main", -3.0, -4.0, -10.0, -11.0, 1.5, 0.0),
            message("/meter/loudness", *LOUDNESS),
        ],
        0.0,
    )
    return bridge


def line_of(name: str, bridge: MeterBridge, page: Page, now: float = 0.0) -> str:
    return next(line for line in bridge.screen(79, 24, page, now) if name in line)


def reading(gate_db: float, comp_db: float) -> Message:
    return message("/meter/strip/1", -6.0, -12.5, gate_db, comp_db)


@pytest.mark.parametrize("columns", range(46, 130))
def test_no_line_is_wider_than_its_window(bridge: MeterBridge, page: Page, columns: int) -> None:
    lines = bridge.screen(columns, 24, page, 0.0)[1:-1]  # transport and keys are cut by the terminal
    assert [line for line in lines if wide(line) > columns] == []
    assert wide(lines[0]) == columns


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (79, "M  -18.2  S  -18.9  I  -19.4 LUFS  LRA   5.2 LU  TP   -1.3 dBTP"),
        (77, "M  -18.2  S  -18.9  I  -19.4 LUFS  LRA   5.2 LU  TP   -1.3 dBTP"),
        (76, "M  -18.2  S  -18.9  I  -19.4 LUFS  LRA   5.2 LU"),
        (61, "M  -18.2  S  -18.9  I  -19.4 LUFS  LRA   5.2 LU"),
        (60, "M  -18.2  S  -18.9  I  -19.4 LUFS"),
        (47, "M  -18.2  S  -18.9  I  -19.4 LUFS"),
    ],
)
def test_a_narrow_window_tells_less_of_loudness(bridge: MeterBridge, page: Page, columns: int, told: str) -> None:
    assert bridge.screen(columns, 24, page, 0.0)[-2] == f"loudness      {told}"


def test_a_window_narrower_still_has_bars_alone(bridge: MeterBridge, page: Page) -> None:
    assert "GR" in bridge.screen(53, 24, page, 0.0)[1]
    lines = bridge.screen(46, 24, page, 0.0)
    assert "GR" not in lines[1]
    assert "-3.2" not in lines[2]
    assert lines[-2].startswith("main R")


def test_loudness_gives_way_to_meters_in_a_low_window(bridge: MeterBridge, page: Page) -> None:
    around = 3
    assert len(bridge.screen(79, around + METERS + 1, page, 0.0)) == around + METERS + 1
    assert "loudness" in bridge.screen(79, around + METERS + 1, page, 0.0)[-2]
    low = bridge.screen(79, around + METERS, page, 0.0)
    assert low[-2].startswith("main R")
    assert "more do not fit" not in low[-1]


def test_the_bus_chosen_has_its_loudness_under_that_of_main(bridge: MeterBridge, page: Page) -> None:
    bridge.tell([message("/meter/loudness/source", -math.inf, -math.inf, -math.inf, 0.0, -math.inf)], 0.0)
    assert len(bridge.screen(79, 24, page, 0.0)) == 3 + METERS + 1  # none is chosen
    bridge.tell([message("/loudness/source", "bus:1"), message("/bus/1/name", "Drummer")], 0.0)
    of_main, of_bus = bridge.screen(79, 24, page, 0.0)[-3:-1]
    assert of_main.startswith("loudness")
    assert of_bus == "b1 Drummer    M   -inf  S   -inf  I   -inf LUFS  LRA   0.0 LU  TP   -inf dBTP"


def test_loudness_that_is_switched_off_is_not_shown(bridge: MeterBridge, page: Page) -> None:
    bridge.tell([message("/loudness/on", 0)], 0.0)
    assert bridge.screen(79, 24, page, 0.0)[-2].startswith("main R")
    bridge.tell([message("/loudness/on", 1)], 0.0)
    assert bridge.screen(79, 24, page, 0.0)[-2].startswith("loudness")


def test_what_gate_and_compressor_take_away_is_one_number(bridge: MeterBridge, page: Page) -> None:
    bridge.tell([reading(40.0, 2.5)], 0.0)
    assert line_of("Kick", bridge, page).split()[-3:] == ["-42.5", "-6.0", "-12.5"]


def test_the_most_that_was_taken_away_is_held_for_a_moment(bridge: MeterBridge, page: Page) -> None:
    bridge.tell([reading(0.0, 9.0)], 1.0)
    bridge.tell([reading(0.0, 1.0)], 1.0 + 0.9 * HOLD_S)
    assert "-9.0" in line_of("Kick", bridge, page)
    bridge.tell([reading(0.0, 1.0)], 1.0 + 1.1 * HOLD_S)
    assert "-1.0" in line_of("Kick", bridge, page)
    bridge.tell([reading(0.0, 9.0)], 4.0)
    bridge.clear()
    bridge.tell([reading(0.0, 1.0)], 4.1)
    assert "-1.0" in line_of("Kick", bridge, page)


def test_nothing_taken_away_is_zero_without_a_sign(bridge: MeterBridge, page: Page) -> None:
    bridge.tell([reading(0.0, 0.04)], 2 * HOLD_S)
    assert line_of("Kick", bridge, page).split()[-3:] == ["0.0", "-6.0", "-12.5"]


def test_a_meter_that_nothing_measures_reads_as_nothing(bridge: MeterBridge, page: Page) -> None:
    assert "0.0" not in line_of("Snare", bridge, page)
    facts = bridge.fact()["strips"]
    assert isinstance(facts, list)
    assert (facts[1]["gate_db"], facts[1]["comp_db"]) == (None, None)


def test_one_reading_shows_the_most_that_was_taken_away_since_the_start(bridge: MeterBridge, page: Page) -> None:
    bridge.tell([message("/meter/main", -3.0, -4.0, -10.0, -11.0, 0.0, 0.0), reading(0.0, 9.0)], 1.0)
    bridge.tell([reading(0.0, 1.0)], 1.0 + 2 * HOLD_S)
    lines = bridge.lines(79, page)
    assert lines[0].endswith("limiter -1.5 dB")
    assert lines[2].split()[-3:] == ["-9.0", "-6.0", "-12.5"]
