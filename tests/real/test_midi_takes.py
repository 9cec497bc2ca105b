"""A keyboard on real MIDI ports, recorded and kept: python-rtmidi, a real jackd, the whole studio."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mido
import pytest
import rtmidi

from studiod.tape.verify import verify_take
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually
from tests.real.jackd import has_jackd, jack_server

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not has_jackd(), reason="jackd2 is not installed"),
]
CONFIG = "osc: {zeroconf: false}\nmidi: {api: jack}\nblackbox: {chunk_s: 5}\n"
NOTES = [60, 62, 64, 65, 67]


@contextmanager
def keyboard(studio: LiveStudio) -> Iterator[rtmidi.MidiOut]:
    """One that the studio hears."""
    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="keyboard")
    out.open_virtual_port("Keys")

    def is_heard() -> bool:
        (devices,) = studio.ask("/system/devices")
        return "keyboard:Keys" in str(devices)

    try:
        eventually(is_heard, within_s=10)
        yield out
    finally:
        out.delete()


def play(studio: LiveStudio, out: rtmidi.MidiOut) -> None:
    """A few notes, a tenth of a second apart."""
    for note in NOTES:
        out.send_message([0x90, note, 100])
        studio.roll_on(2400)
        out.send_message([0x80, note, 0])
        studio.roll_on(2400)


def notes_in(take: dict[str, Any], name: str) -> list[int]:
    """Keys that go down, in order."""
    file = mido.MidiFile(Path(take["path"]) / name)
    return [message.note for message in file.tracks[0] if message.type == "note_on"]


def test_what_is_played_on_a_keyboard_is_a_track_of_the_take_and_what_nobody_armed_is_kept(tmp_path: Path) -> None:
    with (
        jack_server(waits=True) as server,
        LiveStudio(tmp_path / "library", CONFIG, environment=server.environment) as studio,
        keyboard(studio) as out,
    ):
        out.send_message([0x90, 48, 100])
        out.send_message([0x80, 48, 0])
        studio.roll_on(4800)
        studio.send("/midi/1/name", "Piano")
        studio.send("/midi/1/arm", 1)
        studio.record(1)
        play(studio, out)
        take = studio.stop_take()
        path = Path(take["path"])
        assert [track["file"] for track in take["midi"]] == ["midi-01-piano.mid"]
        assert notes_in(take, "midi-01-piano.mid") == [48, *NOTES], "the ten seconds before are in it, too"
        ends_s = pytest.approx((take["pre_frames"] + take["frames"]) / take["rate_hz"], abs=1e-4)
        assert mido.MidiFile(path / "midi-01-piano.mid").length == ends_s
        assert verify_take(path).faults == ()
        studio.send("/midi/1/arm", 0)
        (number, _) = studio.ask("/blackbox/keep", 30.0)
        kept = eventually(lambda: [take for take in studio.takes() if take["id"] == number], within_s=20)[0]
        assert notes_in(kept, "midi-01-piano.mid") == [48, *NOTES]
