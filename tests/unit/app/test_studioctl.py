"""Every command against a studio that answers over real loopback sockets: for people, for scripts, and refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from studiod.app.control.faults import DONE, NO_ANSWER, NOT_DONE, WRONG_USAGE
from studiod.app.studioctl import main
from tests.fakes.studio import FakeStudio


class Terminal:
    """Types commands and reads what they print."""

    def __init__(self, studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
        self._studio, self._capsys = studio, capsys

    def run(self, *words: str, code: int = DONE) -> str:
        """What `words` print on standard output; on standard error when they must fail."""
        found = main(["--port", str(self._studio.port), *words])
        printed = self._capsys.readouterr()
        assert found == code, printed.err
        assert code == DONE or printed.out == ""
        assert code != DONE or printed.err == ""
        return printed.out if code == DONE else printed.err

    def json(self, *words: str) -> Any:  # noqa: ANN401 - JSON
        """The document that they print with --json."""
        return json.loads(self.run(*words, "--json"))


@pytest.fixture
def studio() -> Iterator[FakeStudio]:
    studio = FakeStudio().start()
    yield studio
    studio.stop()


@pytest.fixture
def terminal(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(studio, capsys)


# -- reports -----------------------------------------------------------------------------------------------------------


def test_status_says_what_the_studio_is_doing(terminal: Terminal, studio: FakeStudio) -> None:
    studio.faults.append("input 3 is silent: check its cable")
    said = terminal.run("status")
    for words in ("stopped at 0:00:00.000", "8 strips, 2 buses", "48000 Hz", "engine 102", "2 xruns", "room for 2 h"):
        assert words in said
    assert "copy 2.0 GB free, room for 9 min" in said
    assert said.splitlines()[-1] == "! input 3 is silent: check its cable"


@pytest.mark.parametrize(
    ("insert_frames", "line"),
    [
        (0, "latency    main 2.3 ms (limiter), strips and buses 0 ms"),
        (240, "latency    main 7.3 ms (hardware inserts 5.0 ms, limiter 2.3 ms), strips and buses 5.0 ms"),
        (1, "latency    main 2.4 ms (hardware inserts 0.1 ms, limiter 2.3 ms), strips and buses 0.1 ms"),
    ],
)
def test_status_says_how_late_what_leaves_is_and_why(
    terminal: Terminal, studio: FakeStudio, insert_frames: int, line: str
) -> None:
    studio.insert_frames = insert_frames
    assert line in terminal.run("status").splitlines()


def test_status_says_how_late_the_device_is_if_it_tells(terminal: Terminal, studio: FakeStudio) -> None:
    studio.device_latency = 256, 480
    line = "latency    main 2.3 ms (limiter), strips and buses 0 ms; the device 5.3 ms in, 10.0 ms out"
    assert line in terminal.run("status").splitlines()
    assert terminal.json("status")["output_latency"] == 480


def test_status_says_that_a_round_trip_is_not_measured(terminal: Terminal, studio: FakeStudio) -> None:
    assert "round trip" not in terminal.run("status")
    studio.roundtrip_note = "the round trip is not measured for USB Audio"
    assert "! the round trip is not measured for USB Audio" in terminal.run("status").splitlines()


_WHO = (
    ("studioctl (osc tcp 127.0.0.1:4000)", "studioctl (osc tcp 127.0.0.1:4001)"),
    ("nanokontrol2", "loop"),
    ("", ""),
)


def test_takes_say_who_began_and_who_ended_them(terminal: Terminal, studio: FakeStudio) -> None:
    for _ in range(3):
        terminal.run("arm", "1")
        terminal.run("record")
        terminal.run("stop")
    for take, who in zip(studio.takes, _WHO, strict=True):
        take.recorded_by, take.stopped_by = who
    head, *rows = terminal.run("takes").splitlines()
    assert head.split() == ["take", "state", "length", "files", "gaps", "begun", "by", "folder"]
    told = ("  studioctl  ", "  nanokontrol2, ended by loop  ", "")
    assert [words in row for words, row in zip(told, rows, strict=True)] == [True, True, True]
    assert "ended by" not in rows[0] + rows[2]
    assert terminal.json("takes")[1]["stopped_by"] == "loop"


def test_studioctl_says_who_it_is(terminal: Terminal, studio: FakeStudio) -> None:
    who: list[str] = []
    studio.call(lambda: studio.hub.on_trigger("/solo/clear", who.append, tells_origin=True))
    terminal.run("press", "/solo/clear")
    assert [name.partition(" (osc tcp 127.0.0.1:")[0] for name in who] == ["studioctl"]


def test_status_for_scripts_is_what_studiod_says(terminal: Terminal) -> None:
    status = terminal.json("status")
    assert status["processes"] == {"supervisor": 101, "engine": 102, "tape": 103, "desk": 104}
    assert (status["state"], status["armed"], status["take"]) == ("stopped", [], None)


def test_takes_are_listed_with_their_gaps(terminal: Terminal, studio: FakeStudio) -> None:
    assert terminal.run("takes") == "no takes yet: studioctl arm 1-4, then studioctl record\n"
    terminal.run("arm", "1-2")
    terminal.run("record")
    terminal.run("stop")
    studio.takes[0].gaps.append({"start": 48_000, "frames": 480})
    studio.takes[0].xruns = 3
    head, row, gap, strain = terminal.run("takes").splitlines()
    assert head.split() == ["take", "state", "length", "files", "gaps", "begun", "folder"]
    assert row.split()[:5] == ["1", "good", "0:00:10.000", "2", "1"]
    assert gap == "take 1: 480 frames (0.010 s) are silence at 0:00:01.000"
    assert strain == "take 1: 3 xruns"
    (take,) = terminal.json("takes")
    assert (take["frames"], take["gaps"]) == (480_000, [{"start": 48_000, "frames": 480}])


def test_devices_are_listed_with_what_is_wrong_with_them(terminal: Terminal) -> None:
    said = terminal.run("devices")
    for words in (
        "in use  portaudio: Scarlett 18i8",
        "Scarlett 18i8  ALSA      18        8  in use",
        "HDMI           ALSA       ?        ?",
        "nano     connected  strips from 1  nanoKONTROL2:0",
        "! no MIDI: there is no JACK server",
        "Old Keys  speaks       7 broken messages",
        "Wild Box  speaks       1 broken message; flooded for 12 s",
        "/dev/serial/by-id/usb-Pots  deej         another program uses it",
    ):
        assert words in said
    assert terminal.json("devices")["surfaces"][1]["state"] == "away"


# -- record and roll ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "armed"),
    [
        (("1-4",), ["1", "2", "3", "4"]),
        (("1,3,5-7",), ["1", "3", "5", "6", "7"]),
        (("all",), ["1", "2", "3", "4", "5", "6", "7", "8"]),
        (("main",), ["main"]),
        (("bus", "2"), ["bus:2"]),
        (("trimmed:3", "trimmed", "5-6"), ["trimmed:3", "trimmed:5", "trimmed:6"]),
        (("bus:all", "8", "MAIN"), ["8", "bus:1", "bus:2", "main"]),
    ],
)
def test_what_is_named_is_armed_and_disarmed_again(
    terminal: Terminal, words: tuple[str, ...], armed: list[str]
) -> None:
    assert terminal.json("arm", *words) == {"armed": armed}
    assert terminal.json("disarm", *words) == {"armed": []}


def test_arm_calls_strips_by_their_names(terminal: Terminal) -> None:
    assert terminal.run("arm", "1,2", "bus:1", "main") == "armed: 1 Kick, 2 Snare, bus:1 Drummer, main\n"
    assert terminal.run("disarm", "all", "main", "bus:1") == "nothing is armed\n"
    assert terminal.run("arm", "trimmed:2") == "armed: trimmed:2 Snare\n"


def test_nothing_is_armed_when_one_of_them_does_not_exist(terminal: Terminal) -> None:
    said = terminal.run("arm", "7-9", code=NOT_DONE)
    assert said == "studioctl: there is no strip 9: this desk has strips 1-8\n"
    assert terminal.json("status")["armed"] == []


def test_recording_with_nothing_armed_is_refused_in_studiods_words(terminal: Terminal) -> None:
    said = terminal.run("record", code=NOT_DONE)
    assert "nothing is armed: arm a strip first (studioctl arm 1-4)" in said


def test_a_session_records_stops_and_plays(terminal: Terminal) -> None:
    terminal.run("arm", "1-4")
    assert terminal.run("record") == (
        "recording take 1: 1 Kick, 2 Snare, 3 Hat, 4 Bass; end it with `studioctl stop`\n"
    )
    assert terminal.json("status")["take"]["id"] == 1
    assert terminal.run("stop") == (
        "stopped at 0:00:00.000\ntake 1: good, 10.0 s, 4 files in /library/session/takes/0001\n"
    )
    assert terminal.run("locate", "1:02.5") == "at 0:01:02.500\n"
    assert terminal.run("play") == "playing at 0:01:02.500\n"
    assert terminal.run("locate", "0") == "at 0:00:00.000\n"
    assert terminal.run("stop") == "stopped at 0:00:00.000\n"


def test_a_session_for_scripts(terminal: Terminal) -> None:
    terminal.run("arm", "2")
    recording = terminal.json("record")
    assert (recording["state"], recording["take"]["id"], recording["armed"]) == ("recording", 1, ["2"])
    stopped = terminal.json("stop")
    assert (stopped["state"], stopped["finished"]["state"], stopped["finished"]["files"]) == (
        "stopped",
        "good",
        ["strip-2.wav"],
    )
    assert terminal.json("locate", "0:00:12.250")["position_s"] == 12.25
    assert terminal.json("play")["state"] == "playing"
    assert terminal.json("stop")["finished"] is None


@pytest.mark.parametrize("words", [("record",), ("play",), ("locate", "5")])
def test_a_command_that_does_not_happen_in_time_says_so(
    terminal: Terminal, studio: FakeStudio, words: tuple[str, ...]
) -> None:
    terminal.run("arm", "1")
    studio.is_stuck = True
    said = terminal.run("--timeout", "0.1", *words, code=NOT_DONE)
    assert "within 0.1 s (state: stopped)" in said


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "address", "value", "text"),
    [
        (("fader", "3", "-6"), "/strip/3/fader", -6.0, "-6.0 dB"),
        (("fader", "3", "-6.1dB"), "/strip/3/fader", -6.1, "-6.1 dB"),
        (("fader", "main", "+3.5 dB"), "/main/fader", 3.5, "+3.5 dB"),
        (("fader", "bus:2", "-.5"), "/bus/2/fader", -0.5, "-0.5 dB"),
        (("mute", "3", "on"), "/strip/3/mute", True, "on"),
        (("mute", "main"), "/main/mute", True, "on"),
        (("solo", "2", "yes"), "/strip/2/solo", True, "on"),
        (("solo", "bus:2"), "/bus/2/solo", True, "on"),
        (("send", "bus:2", "1", "-3"), "/bus/2/send/1/level", -3.0, "-3.0 dB"),
        (("set", "/strip/7/send/1/tap", "pre"), "/strip/7/send/1/tap", "pre", "pre"),
        (("set", "/strip/1/pan/law", "-4.5"), "/strip/1/pan/law", "-4.5", "-4.5"),
        (("set", "/strip/2/eq/3/freq", "2500 Hz"), "/strip/2/eq/3/freq", 2500.0, "2500 Hz"),
        (("pan", "2", "L30"), "/strip/2/pan", -0.3, "L30"),
        (("pan", "2", "c"), "/strip/2/pan", 0.0, "C"),
        (("pan", "2", "-0.25"), "/strip/2/pan", -0.25, "L25"),
        (("trim", "1", "-3"), "/strip/1/trim", -3.0, "-3.0 dB"),
        (("send", "4", "2", "-12"), "/strip/4/send/2/level", -12.0, "-12.0 dB"),
        (("name", "3", "Lead", "vocal"), "/strip/3/name", "Lead vocal", "Lead vocal"),
        (("name", "bus:1", "Größe 2"), "/bus/1/name", "Größe 2", "Größe 2"),
        (("set", "/strip/3/hpf", "120"), "/strip/3/hpf", 120.0, "120 Hz"),
        (("set", "/strip/3/monitor", "tape"), "/strip/3/monitor", "tape", "tape"),
        (("set", "/main/limiter/ceiling", "-1"), "/main/limiter/ceiling", -1.0, "-1.0 dB"),
        (("set", "/main/fader/travel", "0.5"), "/main/fader/travel", 0.5, "0.5"),
    ],
)
def test_a_value_is_set_and_what_is_so_then_is_printed(
    terminal: Terminal, words: tuple[str, ...], address: str, value: object, text: str
) -> None:
    assert terminal.json(*words) == {"values": [{"address": address, "value": value, "text": text}]}
    assert terminal.run(*words).rstrip().endswith(text)
    assert terminal.json("get", address)["values"][0]["value"] == value


def test_every_solo_ends_when_its_button_is_pressed(terminal: Terminal, studio: FakeStudio) -> None:
    terminal.run("solo", "2,5")
    assert studio.value("/strip/5/solo") == 1.0
    assert terminal.run("press", "/solo/clear") == "/solo/clear is pressed\n"
    assert (studio.value("/strip/2/solo"), studio.value("/strip/5/solo")) == (0.0, 0.0)
    assert terminal.json("press", "/solo/clear") == {"pressed": "/solo/clear"}


def test_a_way_that_comes_back_is_refused_in_studiods_words(terminal: Terminal) -> None:
    terminal.run("send", "bus:1", "2", "0")
    said = terminal.run("send", "bus:2", "1", "0", code=NOT_DONE)
    assert "bus 1 -> bus 2 -> bus 1 would feed back; switch /bus/1/send/2/on off or leave this send off" in said


def test_silence_is_a_value_that_json_can_say(terminal: Terminal, studio: FakeStudio) -> None:
    assert terminal.json("fader", "3", "-inf")["values"] == [
        {"address": "/strip/3/fader", "value": None, "text": "-inf"}
    ]
    assert studio.value("/strip/3/fader") == float("-inf")


def test_many_are_set_at_once_and_shown_in_columns(terminal: Terminal) -> None:
    assert terminal.run("fader", "1-2,main", "-6").splitlines() == [
        "1 Kick   fader  -6.0 dB",
        "2 Snare  fader  -6.0 dB",
        "main     fader  -6.0 dB",
    ]


def test_a_pattern_reads_and_sets_all_that_it_means(terminal: Terminal) -> None:
    assert len(terminal.json("set", "/strip/*/mute", "on")["values"]) == 8
    assert terminal.run("get", "/strip/[1-2]/mute").splitlines() == ["/strip/1/mute  on", "/strip/2/mute  on"]


def test_a_report_of_studiods_is_read_as_json(terminal: Terminal) -> None:
    assert terminal.json("get", "/system/status")["values"][0]["value"]["strips"] == 8
    assert json.loads(terminal.run("get", "/system/devices"))["audio"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("fader", "3", "11"), "/strip/3/fader: 11 is out of range; allowed -inf..10 dB"),
        (("set", "/strip/3/hpf", "5"), "/strip/3/hpf: 5 is out of range; allowed 20..400 Hz"),
        (("mute", "3", "perhaps"), "/strip/3/mute: 'perhaps' is not a value; allowed on or off"),
        (("set", "/transport/state", "playing"), "/transport/state: is read only"),
        (("set", "/meter/main", "3"), "/meter/main: text is not its type; allowed reading only"),
        (("get", "/strip/9/fader"), "/strip/9/fader: no such address"),
        (("set", "/no/such", "3"), "/no/such: no such address"),
        (("get", "/no*"), "no address that a pattern may reach is like that"),
        (("name", "3", "x" * 65), "/strip/3/name: that name is too long or unprintable"),
        (("send", "1", "3", "0"), "there is no bus 3: this desk has buses 1-2"),
        (("watch", "/nothing"), "/subscribe: no address is like that"),
    ],
)
def test_what_studiod_refuses_is_told_in_its_words(terminal: Terminal, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in terminal.run(*words, code=NOT_DONE)


# -- what cannot be meant ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("metres",), "there is no command 'metres'. Did you mean 'meters'?"),
        ((), "a command is missing"),
        (("fader", "3"), "the following arguments are required: DB"),
        (("fader", "3", "loud"), "/strip/3/fader: 'loud' is not a value; allowed -inf..10 dB"),
        (("fader", "3", "nan"), "/strip/3/fader: 'nan' is not a value"),
        (("fader", "kick", "0"), "'kick' names no strip or bus; allowed 4, 1-4"),
        (("fader", "0", "0"), "strips and buses are counted from 1"),
        (("fader", "4-1", "0"), "a range runs upwards, 1-4"),
        (("pan", "main", "C"), "main: that works on strips or buses only"),
        (("trim", "bus:1", "3"), "bus:1: that works on strips only"),
        (("press", "/strip/1/solo"), "'/strip/1/solo' is no button; allowed /solo/clear, /loudness/reset"),
        (("press", "/transport/play"), "/transport/play: use `play` of studioctl, which waits until it is so"),
        (("get", "/solo/clear"), "/solo/clear is a command, not a value: use `press /solo/clear` of studioctl"),
        (("arm", ","), "nothing is named"),
        (("locate", "-5"), "'-5' is no position"),
        (("locate", "1:75"), "after a colon minutes and seconds end at 59"),
        (("get", "strip"), "'strip' is no address: it begins with /"),
        (("get", "/transport/record"), "is a command, not a value: use `record` of studioctl"),
        (("set", "/transport/locate", "3"), "is a command, not a value"),
        (("set", "/main/fader/travel", "half"), "'half' is no number; allowed 0..1"),
        (("status", "--port", "70000"), "--port: 70000 is no port"),
        (("status", "--timeout", "-1"), "--timeout: -1 is no waiting time"),
        (("completion", "csh"), "invalid choice: 'csh'"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_sent(
    words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "1", *words]) == WRONG_USAGE  # nothing listens there: nothing was asked
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""


def test_where_no_studiod_is_the_remedy_is_told(studio: FakeStudio, terminal: Terminal) -> None:
    studio.stop()
    said = terminal.run("--timeout", "0.1", "status", code=NO_ANSWER)
    assert f"no studiod answers on 127.0.0.1:{studio.port}: start one with `studiod run`" in said
