"""The parts of the benches that can be wrong unnoticed: a bench of the wrong work still prints a number."""

import math
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from studiod.desk.state import load
from studiod.model.console import console_parameters
from studiod.model.registry import Registry
from tests.bench._mixers import put_stems, write_session
from tests.bench._scsynth import BUNDLE, SCORES, SIZES, with_length
from tests.bench._workload import FEATURES, MAX_SENDS, NOISE_ROWS, RETURNS, desk_settings, noise, workload
from tests.fakes.desk_rig import layout

SUPERCLOCKS = 282_240_000  # a second of Ardour 7
SESSION = f"""\
<Session id-counter="40"><Sources/><Regions/><Locations/>
<Playlists><Playlist id="7" type="audio"/><Playlist id="8" type="midi"/><Playlist id="9" type="audio"/></Playlists>
<TempoMap superclocks-per-second="{SUPERCLOCKS}"/></Session>
"""


def bundles(score: bytes) -> list[tuple[float, bytes]]:
    """Time in seconds and content of each bundle of a score."""
    found, at = [], 0
    while at < len(score):
        (size,) = struct.unpack_from(">i", score, at)
        assert score[at + 4 : at + 12] == BUNDLE
        found.append((struct.unpack_from(">Q", score, at + 12)[0] / 2**32, score[at + 20 : at + 4 + size]))
        at += 4 + size
    return found


@pytest.mark.parametrize("kind", ["full", "noise"])
@pytest.mark.parametrize("channels", SIZES)
def test_a_score_is_shortened_by_its_last_bundle_alone(channels: int, kind: str) -> None:
    score = (SCORES / f"score_{channels}_{kind}.osc").read_bytes()
    before, after = bundles(score), bundles(with_length(score, 1.5))
    assert [time for time, _ in before] == [0.0] * (len(before) - 1) + [20.0]
    assert after == [*before[:-1], (1.5, before[-1][1])]
    assert sum(b"strip" in content and b"/s_new" in content for _, content in before) == channels * (kind == "full")


@pytest.mark.parametrize("broken", [b"", b"\0\0\0", b"\0\0\0\x10/no bundle at all", b"\0\0\0\x20" + BUNDLE])
def test_what_is_no_score_is_not_shortened(broken: bytes) -> None:
    with pytest.raises(ValueError, match="the score"):
        with_length(broken, 1.0)


def test_every_setting_of_the_workload_is_one_the_desk_knows_and_takes() -> None:
    registry = Registry(console_parameters(layout(2, MAX_SENDS)))
    for address, words in desk_settings(2, FEATURES, MAX_SENDS).items():
        spec = registry[address]
        assert spec.low <= spec.parse(words) <= spec.high


def test_the_workload_of_32_channels_opens_four_sends_of_each_and_no_gate() -> None:
    settings = workload(32)
    switched = [address.split("/", 3)[3] for address in settings if address.startswith("/strip/32/")]
    assert sorted(word for word in switched if word.endswith("/on") and "eq/" not in word) == ["comp/on", "hpf/on"]
    assert [word for word in switched if word.endswith("/level")] == [f"send/{bus}/level" for bus in (1, 2, 3, 4)]


def test_the_session_that_is_rendered_holds_the_workload(tmp_path: Path) -> None:
    _, session = write_session(tmp_path, 2)
    numbers, _, faults = load(session)
    registry = Registry(console_parameters(layout(2, 4)))
    asked = {address: registry[address].parse(words) for address, words in workload(2).items()}
    defaults = {address: registry[address].default for address in asked}
    assert {**defaults, **dict(numbers)} == asked
    assert faults == []


def test_the_buses_return_with_the_gains_of_the_score() -> None:
    settings = workload(1)
    for bus, expected in enumerate(RETURNS, 1):
        gain = 10.0 ** (float(settings[f"/bus/{bus}/fader"]) / 20.0)
        angle = (float(settings[f"/bus/{bus}/pan"]) + 1.0) * math.pi / 4.0  # constant power
        assert (gain * math.cos(angle), gain * math.sin(angle)) == pytest.approx(expected, abs=1e-3)


def test_a_feature_nobody_has_is_refused() -> None:
    with pytest.raises(ValueError, match="reverb is no feature"):
        desk_settings(1, ("reverb",))


def test_the_noise_of_neighbours_differs_and_is_the_same_at_every_call() -> None:
    first, second = noise(NOISE_ROWS + 1, 64), noise(NOISE_ROWS + 1, 64)
    assert (first == second).all()
    assert (first[0] == first[NOISE_ROWS]).all()
    assert not any((first[0] == first[row]).all() for row in range(1, NOISE_ROWS))


def test_each_stem_lies_whole_on_a_track_of_its_own(tmp_path: Path) -> None:
    document, stems = tmp_path / "song.ardour", [tmp_path / "a.wav", tmp_path / "b.wav"]
    document.write_text(SESSION, encoding="utf-8")
    put_stems(document, stems, 96_000)
    session = ET.parse(document).getroot()  # noqa: S314 - written one line above
    length = f"a{2 * SUPERCLOCKS}"
    files = {source.get("id"): source.get("name") for source in session.iter("Source")}
    pieces = {
        playlist.get("id"): [
            (files[piece.get("source-0")], piece.get("start"), piece.get("length")) for piece in playlist
        ]
        for playlist in session.iter("Playlist")
    }
    assert pieces == {
        "7": [(str(stems[0]), "a0", f"{length}@a0")],
        "8": [],
        "9": [(str(stems[1]), "a0", f"{length}@a0")],
    }
    assert [(place.get("start"), place.get("end")) for place in session.iter("Location")] == [("a0", length)]
    taken = [int(str(element.get("id"))) for element in session.iter() if element.get("id") is not None]
    assert len(set(taken)) == len(taken)
    assert int(str(session.get("id-counter"))) > max(taken)


def test_a_session_with_another_number_of_tracks_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "song.ardour"
    document.write_text(SESSION, encoding="utf-8")
    with pytest.raises(ValueError, match="2 tracks for 1 stems"):
        put_stems(document, [tmp_path / "a.wav"], 1)
