"""What a musician finds at 2 a.m.: no card, a taken port, a folder nobody may write. A sentence, and music goes on."""

import os
import signal
import socket
from pathlib import Path

import pytest

from studiod.net.osc.codec import decode
from studiod.net.osc.packet import Message
from tests.fakes.faulty_disk import faulty_disk
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

QUIET = "osc: {zeroconf: false}\nsurfaces: {enable: false}\n"


class TroubledStudio(LiveStudio):
    """Up as soon as it answers, whatever it complains of."""

    def is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        status = self.try_status()
        return status is not None and status["host"] != "none" and status["tape"]["state"] != "starting"


def error_of(studio: LiveStudio, address: str) -> str:
    """What /error says to a message on `address`."""
    assert studio._socket is not None  # noqa: SLF001 - the fake's own
    studio.send(address)
    while True:
        packet = decode(studio._socket.recv(1 << 16))  # noqa: SLF001
        if isinstance(packet, Message) and packet.address == "/error":
            return str(packet.arguments[1])


def test_without_the_card_that_was_asked_for_the_desk_runs_and_says_so(tmp_path: Path) -> None:
    config = QUIET + "audio: {device: Scarlett}\n"
    with TroubledStudio(tmp_path / "library", config, ("--host", "portaudio")) as studio:
        status = studio.status()
        assert status["host"] == "internal"
        assert any("'Scarlett'" in fault and "plug it in" in fault for fault in status["faults"])
        studio.roll_on(4800)


def test_a_sound_library_that_crashes_is_left_alone_after_two_tries(tmp_path: Path) -> None:
    # ALSA without any configuration: PortAudio aborts the process that opens it
    nowhere = {"HOME": str(tmp_path), "ALSA_CONFIG_PATH": "/dev/null"}
    with TroubledStudio(tmp_path / "library", QUIET, ("--host", "portaudio"), nowhere) as studio:
        status = studio.status()
        assert status["host"] == "internal"
        assert any("crashed" in fault or "no sound card" in fault for fault in status["faults"])
        studio.roll_on(4800)


def test_a_taken_port_is_said_and_opened_as_soon_as_it_is_free(tmp_path: Path) -> None:
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.bind(("127.0.0.1", 0))
    taken.listen()

    class Waiting(LiveStudio):
        """Frees the port once the complaint is there."""

        def is_up(self) -> bool:
            if "another program listens there" in self.log:
                taken.close()
            return super().is_up()

    studio = Waiting(tmp_path / "library", QUIET, port=taken.getsockname()[1])
    with studio:
        assert studio.status()["osc"]["port"] == studio.port
        assert studio.status()["faults"] == []


def test_a_library_that_cannot_be_written_refuses_to_record_and_mixes_on(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "session").write_text("a file where the folder should be")
    with TroubledStudio(library, QUIET) as studio:
        assert any("choose another folder with --library" in fault for fault in studio.status()["faults"])
        studio.send("/strip/1/arm", 1)
        assert "nothing can be recorded there" in error_of(studio, "/transport/record")
        assert studio.ask("/transport/state") == ("stopped",)
        studio.roll_on(4800)
        assert studio.ask("/strip/1/fader") == (0.0,)


def test_recording_with_nothing_armed_says_what_to_do(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", QUIET) as studio:
        assert "arm a strip first" in error_of(studio, "/transport/record")


def test_a_disk_that_fills_up_ends_the_take_valid_and_says_so_and_the_band_plays_on(tmp_path: Path) -> None:
    full = faulty_disk(tmp_path, "strip-", "pwrite:60:full")
    with LiveStudio(tmp_path / "library", QUIET, environment=full) as studio:
        studio.record(1, 2)
        eventually(lambda: studio.ask("/transport/state") == ("playing",), within_s=20)
        status = studio.status()
        assert any("take 1 could not be" in fault for fault in status["faults"])
        eventually(studio.takes, within_s=20)
        take = studio.takes()[-1]
        assert take["state"] == "damaged"
        assert take["frames"] > 0
        studio.roll_on(4800)


def test_a_hung_engine_is_replaced_and_the_take_marks_the_gap(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", QUIET) as studio:
        studio.record(1)
        engine = studio.status()["processes"]["engine"]
        os.kill(engine, signal.SIGSTOP)
        studio.wait_for_other("engine", engine)
        take = studio.stop_take()
    assert [gap["cause"] for gap in take["gaps"]] == ["engine restarted"]


def test_ctrl_c_stops_cleanly_and_closes_the_running_take(tmp_path: Path) -> None:
    studio = LiveStudio(tmp_path / "library", QUIET)
    studio.start()
    studio.record(1)
    studio.roll_on(9600)
    assert studio.process is not None
    studio.process.send_signal(signal.SIGINT)
    assert studio.process.wait(20) == 0
    studio.process = None
    studio.stop()
    with studio:
        assert studio.takes()[-1]["state"] == "good"
        assert studio.takes()[-1]["frames"] >= 9600


def test_the_mix_is_there_again_after_a_restart_with_arms_off(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", QUIET) as studio:
        studio.send("/strip/3/fader", float("-inf"))
        studio.send("/strip/3/name", "Floor tom")
        studio.send("/strip/3/arm", 1)
        studio.send("/bus/2/mute", 1)
        assert studio.ask("/bus/2/mute") == (1,)
    with studio:
        assert studio.ask("/strip/3/fader") == (float("-inf"),)
        assert studio.ask("/strip/3/name") == ("Floor tom",)
        assert studio.ask("/bus/2/mute") == (1,)
        assert studio.ask("/strip/3/arm") == (0,)


def test_what_was_done_the_moment_before_it_stops_is_saved(tmp_path: Path) -> None:
    for level_db in (-3.0, -6.0, -9.0):
        with LiveStudio(tmp_path / "library", QUIET) as studio:
            studio.send("/strip/2/fader", level_db)
            studio.send("/marker/add", f"at {level_db}")
            assert studio.ask("/strip/2/fader") == (level_db,)
        saved = (tmp_path / "library" / "session" / "session.yaml").read_text()
        assert (f"/strip/2/fader: {level_db}" in saved, f"at {level_db}" in saved) == (True, True)


def test_two_studios_do_not_write_into_one_session_and_the_second_takes_over_when_it_is_free(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", QUIET) as first:
        owner = first.status()["processes"]["supervisor"]
        second = TroubledStudio(tmp_path / "library", QUIET)
        with second:
            named = f"in use by another studiod (process {owner} of "
            assert any(named in fault and "studiod run --config" in fault for fault in second.status()["faults"])
            second.send("/strip/2/fader", -20.0)  # the desk of the second has its own way, and saves it nowhere
            second.roll_on(4 * 48_000)  # it saves two seconds after a change
            saved = tmp_path / "library" / "session" / "session.yaml"
            assert not saved.exists() or "-20.0" not in saved.read_text()
            second.send("/strip/1/arm", 1)
            assert "in use by another studiod" in error_of(second, "/transport/record")
            first.send("/strip/2/fader", -3.0)
            first.send("/marker/add", "of the first")
            assert first.ask("/strip/2/fader") == (-3.0,)
            first.stop()
            kept = saved.read_text()
            assert ("of the first" in kept, "/strip/2/fader: -3.0" in kept) == (True, True)
            eventually(lambda: second.status()["faults"] == [], within_s=15)
            second.record(1)
            assert second.stop_take()["state"] == "good"
