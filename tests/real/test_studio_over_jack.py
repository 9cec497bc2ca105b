"""The whole studio on a real JACK server: opened, recorded from, and survived when the server ends and comes back."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually
from tests.real.jackd import has_jackd, jack_server

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not has_jackd(), reason="jackd2 is not installed"),
]

QUIET = "osc: {zeroconf: false}\nsurfaces: {enable: false}\ntape: {pre_record_s: 0}\n"


def test_auto_takes_jack_when_a_server_runs_and_records_from_it(tmp_path: Path) -> None:
    with jack_server(channels=8) as server:
        with LiveStudio(tmp_path / "library", QUIET, ("--host", "auto"), server.environment) as studio:
            status = studio.status()
            assert status["host"] == "jack"
            assert server.name in status["device"] or "JACK" in status["device"]
            told = eventually(lambda: (found := studio.status())["input_latency"] and found)
            assert (told["input_latency"], told["output_latency"]) == (256, 512), "cycles of the dummy driver"
            studio.record(1, 2)
            studio.roll_on(24000)
            take = studio.stop_take()
            about = json.loads((Path(take["path"]) / "take.json").read_text())
            assert about["recorded_by"] == about["stopped_by"]
            assert about["recorded_by"].startswith("osc ")
            late = told["latency"]["main"]["frames"] + 256 + 512
            assert about["position"] == -late, "what was played to the tape comes that late"
        samples, _ = soundfile.read(Path(take["path"]) / take["files"][0])
        assert len(samples) == take["frames"] >= 24000
        assert not np.any(samples)  # the dummy driver hears silence


def test_the_take_goes_on_when_the_jack_server_ends_and_it_is_taken_back_when_it_returns(tmp_path: Path) -> None:
    with jack_server(channels=8) as server:
        with LiveStudio(tmp_path / "library", QUIET, ("--host", "jack"), server.environment) as studio:
            engine = studio.status()["processes"]["engine"]
            studio.record(1)
            studio.roll_on(12000)
            server.stop()
            eventually(lambda: studio.status()["host"] == "internal", within_s=10)
            assert any("JACK" in fault for fault in studio.status()["faults"])
            studio.roll_on(12000)
            server.start()
            eventually(lambda: studio.status()["host"] == "jack", within_s=20)
            assert studio.status()["faults"] == []
            studio.roll_on(12000)
            take = studio.stop_take()
            assert studio.status()["processes"]["engine"] == engine, "a native client needs no new process"
        assert take["state"] == "damaged", "frames are missing where the server was away"
        assert take["frames"] >= 36000
        samples, _ = soundfile.read(Path(take["path"]) / take["files"][0])
        assert len(samples) == take["frames"]


def test_a_server_at_another_rate_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with jack_server(rate_hz=44_100) as server:
        studio = LiveStudio(tmp_path / "library", QUIET, ("--host", "auto"), server.environment)
        with studio:
            assert studio.status()["host"] == "virtual"
        assert "JACK runs at 44100 Hz, audio.rate_hz is 48000: make them the same" in studio.log
