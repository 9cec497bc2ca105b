"""Machines in time with the desk: what the configuration makes of them, and how a terminal shows them."""

import json
from collections.abc import Iterator

import pytest

from studiod.app.config.load import load_config, to_json
from studiod.app.settings import Settings
from studiod.app.sync import sync_plan
from studiod.surfaces.sync import TimecodeRate
from studiod.surfaces.sync.mmc import ALL_DEVICES
from studiod.surfaces.sync.plan import PortPlan, Word
from tests.fakes.studio import FakeStudio
from tests.unit.app.test_studioctl_timeline import run


@pytest.fixture
def studio() -> Iterator[FakeStudio]:
    studio = FakeStudio().start()
    yield studio
    studio.stop()


def test_the_configuration_makes_a_plan() -> None:
    ports = [
        {"port": "*TR-8*", "send": ["clock", "position"]},
        {"port": "*Video*", "receive": ["mtc", "mmc"], "leads": True, "rate": "29.97df", "device": 5},
    ]
    values = {"sync.start": "10:00:00", "sync.freewheel_s": 3.5, "sync.ports": ports}
    settings = Settings.from_json(to_json(load_config(None, values, environment={}).config))
    plan = sync_plan(settings.sync)
    assert plan.ports == (
        PortPlan("*TR-8*", send=frozenset({Word.CLOCK, Word.POSITION}), device=ALL_DEVICES),
        PortPlan(
            "*Video*",
            receive=frozenset({Word.MTC, Word.MMC}),
            leads=True,
            rate=TimecodeRate.FPS_29_97_DROP,
            device=5,
        ),
    )
    assert (plan.start, plan.freewheel_s) == ((10, 0, 0), 3.5)
    assert plan.start_s(TimecodeRate.FPS_25) == 36_000.0
    assert plan.start_s(TimecodeRate.FPS_29_97_DROP) == pytest.approx(35_999.964, abs=1e-6)


def test_without_a_word_nothing_is_sent_and_nobody_followed() -> None:
    settings = Settings.from_json(to_json(load_config(None, {}, environment={}).config))
    assert sync_plan(settings.sync).ports == ()


LOCKED: dict[str, object] = {
    "chase": True,
    "source": "mtc",
    "port": "Video MIDI 1",
    "state": "locked",
    "locked": True,
    "rate": "25",
    "tempo_bpm": 0.0,
    "drift_ppm": -12.4,
    "offset_frames": 5,
    "offset_ms": 0.1,
    "ports": [{"name": "Video MIDI 1", "direction": "in", "state": "connected"}],
}
TOLD = {"name": "TR-8", "direction": "out", "state": "connected"}


@pytest.mark.parametrize(
    ("sync", "shown"),
    [
        (LOCKED, "Video MIDI 1: locked, mtc of 25 frames, drift -12 ppm, +0.1 ms (+5 frames)"),
        (LOCKED | {"locked": False}, "Video MIDI 1: astray, mtc of 25 frames, drift -12 ppm, +0.1 ms (+5 frames)"),
        (
            LOCKED | {"source": "clock", "state": "stopped", "rate": "none", "tempo_bpm": 97.3, "drift_ppm": None,
                      "chase": False, "locked": False, "ports": [TOLD]},
            "Video MIDI 1: stopped, chase is off, clock, 97.3 bpm, leads TR-8",
        ),
        (LOCKED | {"source": "none", "ports": [TOLD]}, "leads TR-8"),
        (LOCKED | {"source": "none", "ports": []}, "nobody is there to be in time with"),
    ],
)  # fmt: skip
def test_status_shows_who_leads(
    studio: FakeStudio, capsys: pytest.CaptureFixture[str], sync: dict[str, object], shown: str
) -> None:
    studio.sync = sync
    (line,) = [line for line in run(studio, capsys, "status").splitlines() if line.split()[0] == "sync"]
    assert line.partition("sync")[2].strip() == shown
    assert json.loads(run(studio, capsys, "status", "--json"))["sync"] == sync


def test_a_studio_without_machines_shows_none(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    assert not [line for line in run(studio, capsys, "status").splitlines() if line.split()[0] == "sync"]
