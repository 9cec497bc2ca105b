"""A configuration is used when all of it is right; else every fault is told at once, each with its line and remedy."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.app.config.faults import MAX_FAULTS, ConfigError
from studiod.app.config.load import load_config
from studiod.app.config.schema import STAGE_NAMES, Config
from tests.unit.app.config_folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def one(setting: str, value: str) -> str:
    group, _, name = setting.partition(".")
    return f"{group}:\n  {name}: {value}\n"


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("audio.host", "Jakc", "'Jakc'; allowed auto, virtual, portaudio, jack. Did you mean jack?"),
        ("audio.host", "1", "1; allowed auto, virtual, portaudio, jack"),
        ("audio.host", "", "empty; allowed auto, virtual, portaudio, jack"),
        ("audio.rate_hz", "44.1", "44.1; allowed 44100, 48000, 88200, 96000, 176400, 192000. Did you mean 44100?"),
        ("audio.rate_hz", "8000", "8000; allowed 44100, 48000, 88200, 96000, 176400, 192000"),
        ("audio.block_frames", "250", "250; allowed 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192. Did you mean 256?"),
        ("audio.inputs", '"8"', "'8'; allowed 1..128 (whole). Did you mean 8?"),
        ("audio.inputs", "8.5", "8.5; allowed 1..128 (whole). Did you mean 85?"),
        ("audio.inputs", "true", "true; allowed 1..128 (whole)"),
        ("audio.jack_connect", "on", "'on'; allowed true or false. Did you mean true?"),
        ("audio.jack_connect", "0", "0; allowed true or false. Did you mean false?"),
        ("audio.device", "[a]", "a list; allowed a device name or a part of it"),
        ("virtual.tempo_bpm", "120 bpm", "'120 bpm'; allowed 40..240. Did you mean 120?"),
        ("virtual.tempo_bpm", ".nan", "nan; allowed 40..240"),
        ("virtual.tempo_bpm", ".inf", "inf; allowed 40..240"),
        ("tape.max_loss_s", "250", "250; allowed 0.05..5. Did you mean 0.25?"),
        ("tape.max_loss_s", "0,25", "'0,25'; allowed 0.05..5. Did you mean 0.25?"),
        ("tape.library", '""', "'', which is blank; allowed the path of a folder"),
        (
            "tape.library",
            '"a\\0b"',
            "'a\\x00b', which has an unprintable character; allowed the path of a folder",
        ),
        (
            "tape.library",
            "~nobody-by-that-name/x",
            "'~nobody-by-that-name/x', which begins with a home folder that is not known; allowed the path of a folder",
        ),
        ("tape.session", "808", '808; allowed text of at most 64 bytes, printable. Did you mean "808"?'),
        (
            "studio.name",
            "x" * 60,
            f"'{'x' * 47}..., which takes 60 bytes; allowed text of at most 40 bytes, printable",
        ),
        ("osc.port", "90000", "90000; allowed 0..65535 (whole). Did you mean 9000?"),
        (
            "osc.bind",
            "localhost",
            "'localhost', which is no address; allowed an address of this machine, such as 0.0.0.0 or 127.0.0.1",
        ),
        (
            "osc.allow",
            "10.0.0.0/8",
            "'10.0.0.0/8'; allowed a list of networks such as 192.168.1.0/24. Did you mean [10.0.0.0/8]?",
        ),
        ("osc.allow", "[]", "a list of 0; allowed a list of networks such as 192.168.1.0/24"),
        ("desk.strips", "0", "0; allowed how many (1..128), or a list of strips"),
        ("desk.strips", "1000000000", "1000000000; allowed how many (1..128), or a list of strips"),
        ("desk.strips", "true", "true; allowed how many (1..128), or a list of strips"),
        ("desk.strips", f"[{'x, ' * 129}]", "a list of 129; allowed how many (1..128), or a list of strips"),
        ("desk.main_outputs", "[1]", "a list of 1; allowed two outputs, left and right, such as [1, 2]"),
        ("desk.monitor_outputs", "[1]", "a list of 1; allowed two outputs, left and right, such as [7, 8]"),
        ("desk.matrices", "7", "7; allowed how many (0..6), or a list of matrices"),
        ("desk.mono_output", "-1", "-1; allowed 0..64 (whole)"),
        ("desk.talkback_input", "mic", "'mic'; allowed 0..128 (whole)"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed_and_what_was_meant(
    folder: Folder, setting: str, value: str, said: str
) -> None:
    assert folder.faults(one(setting, value)) == [f"2: {setting} is {said}"]


def test_a_list_item_is_counted_from_one_and_has_its_own_line(folder: Folder) -> None:
    text = "desk:\n  strips:\n    - Kick\n    - {name: Snare,\n       input: two}\n    - 7\n"
    assert folder.faults(text) == [
        "5: desk.strips[2].input is 'two'; allowed 0..128 (whole)",
        "6: desk.strips[3] is 7; allowed a group of settings: name, input",
    ]
    text = "desk:\n  buses:\n    - {role: groop}\n    - {role: 3}\n  matrices:\n    - {nmae: x}\n"
    assert folder.faults(text) == [
        "3: desk.buses[1].role is 'groop'; allowed aux, group, fx. Did you mean group?",
        "4: desk.buses[2].role is 3; allowed aux, group, fx",
        "6: desk.matrices[1].nmae is no setting; allowed name, output. Did you mean name?",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "audoi: {}\n",
            (
                "1: audoi is no setting; allowed studio, audio, virtual, desk, tape, blackbox, osc, midi, serial, "
                "gpio, surfaces, sync, log."
            ),
        ),
        ("audio: {Host: jack}\n", "1: audio.Host is no setting; allowed host, "),
        (
            "surfaces: {port: 9}\n",
            "1: surfaces.port is no setting; allowed enable, maps, order, use, pedals, own_maps.",
        ),
        ('log: {"a\\nb": 1}\n', "1: log.'a\\nb' is no setting; allowed level"),
    ],
)
def test_an_unknown_setting_is_a_fault(folder: Folder, text: str, said: str) -> None:
    assert folder.faults(text)[0].startswith(said)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("audoi: {}\n", "audio"),
        ("audio: {Host: jack}\n", "host"),
        ("surfaces: {port: 9}\n", "osc.port"),
        ("rate_hz: 48000\n", "audio.rate_hz"),
        ("desk: {strips: [{nmae: x}]}\n", "name"),
    ],
)
def test_an_unknown_setting_is_answered_with_the_nearest_one(folder: Folder, text: str, meant: str) -> None:
    assert folder.faults(text)[0].endswith(f". Did you mean {meant}?")


def test_every_fault_is_told_in_the_order_of_the_file_then_the_command_line(folder: Folder) -> None:
    text = "osc: {port: -1}\nlog: {level: loud}\naudio:\n  inputs: 4\n  inputs: 5\ndesk:\n  strips: [{input: 9}]\n"
    faults = folder.faults(text, host="tape")
    assert [fault.partition(" ")[0] for fault in faults] == ["1:", "2:", "5:", "7:", "--host:"]


def test_no_more_is_told_than_anybody_reads_and_it_does_not_take_long(folder: Folder) -> None:
    began = time.perf_counter()
    faults = folder.faults("".join(f"setting{i}: {i}\n" for i in range(9000)))
    assert len(faults) == MAX_FAULTS + 1
    assert faults[-1].endswith(f"and {9000 - MAX_FAULTS} more; mend these first")
    assert time.perf_counter() - began < 5.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "audio: {inputs: 2}\ndesk:\n  strips: [{input: 2}, {input: 3}]\n",
            "3: desk.strips[2].input is 3; allowed 0..2, as audio.inputs is 2",
        ),
        (
            "desk:\n  buses:\n    - {output: 2}\n",
            None,  # main is filled in: it gives way
        ),
        (
            "desk:\n  main_outputs: [1, 2]\n  buses:\n    - {output: 2}\n",
            "4: desk.buses[1].output is 2, which desk.main_outputs[2] has already; allowed a free one, or 0",
        ),
        (
            "desk:\n  buses:\n    - {output: 5}\n    - {output: 5}\n",
            "4: desk.buses[2].output is 5, which desk.buses[1].output has already; allowed a free one, or 0",
        ),
        (
            "desk:\n  main_outputs: [3, 3]\n",
            "2: desk.main_outputs[2] is 3, which desk.main_outputs[1] has already; allowed a free one, or 0",
        ),
        (
            "desk:\n  main_outputs: [1, 2]\n  monitor_outputs: [3, 2]\n",
            "3: desk.monitor_outputs[2] is 2, which desk.main_outputs[2] has already; allowed a free one, or 0",
        ),
        (
            "desk:\n  buses: [{output: 4}]\n  mono_output: 4\n",
            "2: desk.buses[1].output is 4, which desk.mono_output has already; allowed a free one, or 0",
        ),
        (
            "desk:\n  buses: [{output: 4}]\n  matrices:\n    - {output: 4}\n",
            "4: desk.matrices[1].output is 4, which desk.buses[1].output has already; allowed a free one, or 0",
        ),
        (
            "audio: {inputs: 4}\ndesk:\n  talkback_input: 5\n",
            "3: desk.talkback_input is 5; allowed 0..4, as audio.inputs is 4",
        ),
        (
            "audio: {outputs: 4}\ndesk:\n  monitor_outputs: [4, 5]\n",
            "3: desk.monitor_outputs[2] is 5; allowed 0..4, as audio.outputs is 4",
        ),
        (
            "audio: {outputs: 4}\ndesk:\n  buses:\n    - {output: 5}\n",
            "4: desk.buses[1].output is 5; allowed 0..4, as audio.outputs is 4",
        ),
        (
            "tape:\n  max_loss_s: 4\n  ring_s: 10\n",
            "3: tape.ring_s is 10; allowed 16..120, as tape.max_loss_s is 4",
        ),
        (
            "tape:\n  library: /srv/takes\n  copy_to: /srv/takes\n",
            "3: tape.copy_to is tape.library itself; allowed a folder on another disk, or empty",
        ),
        (
            "tape:\n  second_library: ~/takes\n  library: ~/takes\n",
            "2: tape.second_library is tape.library itself; allowed a folder on another disk, or empty",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_a_fault(folder: Folder, text: str, said: str | None) -> None:
    if said is None:
        folder.load(text)
    else:
        assert folder.faults(text) == [said]


def test_outputs_that_are_filled_in_avoid_those_that_were_asked_for(folder: Folder) -> None:
    desk = folder.load("desk:\n  main_outputs: [3, 4]\n  buses: [A, {output: 1}, B, {output: 0}, C]\n").config.desk
    assert [bus.output for bus in desk.buses] == [2, 1, 5, 0, 6]
    assert [bus.name for bus in desk.buses] == ["A", "Monitor 2", "B", "Monitor 4", "C"]


def test_outputs_are_filled_in_for_monitor_mixes_then_matrices_and_not_for_what_plays_into_main(folder: Folder) -> None:
    text = """\
desk:
  buses: [A, {role: group}, {role: fx}, {role: fx, output: 9}, B]
  matrices: 3
  mono_output: 3
  monitor_outputs: [5, 6]
"""
    desk = folder.load(text).config.desk
    assert [bus.output for bus in desk.buses] == [4, 0, 0, 9, 7]
    assert [bus.name for bus in desk.buses] == ["A", "Group 2", "Effect 3", "Effect 4", "B"]
    assert [bus.role for bus in desk.buses] == ["aux", "group", "fx", "fx", "aux"]
    assert [(matrix.name, matrix.output) for matrix in desk.matrices] == [
        ("Matrix 1", 8),
        ("Matrix 2", 10),
        ("Matrix 3", 11),
    ]


def test_a_count_of_strips_is_the_stage_and_then_numbers(folder: Folder) -> None:
    strips = folder.load("desk: {strips: 10, buses: 0}\n").config.desk.strips
    assert [strip.name for strip in strips] == [*STAGE_NAMES, "Strip 9", "Strip 10"]
    assert [strip.input for strip in strips] == list(range(1, 11))


def test_a_strip_is_a_name_or_a_name_and_an_input(folder: Folder) -> None:
    strips = folder.load("desk:\n  strips: [Voice, {name: Bass, input: 7}, {input: 0}]\n").config.desk.strips
    assert [(strip.name, strip.input) for strip in strips] == [("Voice", 1), ("Bass", 7), ("Strip 3", 0)]


def test_a_section_with_everything_commented_out_is_its_defaults(folder: Folder) -> None:
    assert folder.load("audio:\n  # host: jack\nlog:\n").config == folder.load("studio: {}\n").config


def test_a_whole_number_is_good_where_any_number_is(folder: Folder) -> None:
    ring_s = folder.load("tape: {ring_s: 30}\n").config.tape.ring_s
    assert (ring_s, type(ring_s)) == (30.0, float)


def test_the_command_line_wins_over_the_file_and_none_means_not_given(folder: Folder) -> None:
    config = folder.load("osc: {port: 9001, meter_hz: 5}\n", osc_port=0, host=None).config
    assert (config.osc.port, config.osc.meter_hz, config.audio.host) == (0, 5, "auto")


def test_a_fault_on_the_command_line_names_the_option(folder: Folder) -> None:
    assert folder.faults("audio: {host: jack}\n", host="portadio") == [
        "--host: audio.host is 'portadio'; allowed auto, virtual, portaudio, jack. Did you mean portaudio?"
    ]


def test_a_setting_can_be_given_by_its_own_name(tmp_path: Path) -> None:
    overrides = {"desk.strips": 3, "tape.library": tmp_path}
    config = load_config(None, overrides, environment={}).config
    assert (len(config.desk.strips), config.tape.library) == (3, tmp_path)
    with pytest.raises(ConfigError, match=r"^desk\.stirps: desk\.stirps is no setting"):
        load_config(None, {"desk.stirps": 3}, environment={})


def test_an_option_in_a_section_that_is_no_section_leaves_the_fault_to_the_file(folder: Folder) -> None:
    assert folder.faults("audio: 5\n", host="jack")[0].startswith("1: audio is 5; allowed a group of settings: host,")


def test_relative_paths_start_at_the_file_and_on_the_command_line_where_the_user_stands(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = folder.path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    config = folder.load("tape: {library: takes}\nsurfaces: {maps: [boxes]}\n").config
    assert (config.tape.library, config.surfaces.maps) == (folder.path / "takes", [folder.path / "boxes"])
    assert folder.load("", library="takes").config.tape.library == elsewhere / "takes"


def test_the_home_folder_is_spelled_out(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    assert folder.load("").config.tape.library == Path("/home/anna/studiod-library")
    assert folder.load("", library="~/x").config.tape.library == Path("/home/anna/x")


def test_under_systemd_takes_go_to_the_state_folder_unless_the_file_says_otherwise(folder: Folder) -> None:
    systemd = {"STATE_DIRECTORY": "/var/lib/studiod:/var/lib/other"}
    folder.file.write_text("tape: {session: live}\n")
    assert load_config(folder.file, environment=systemd).config.tape.library == Path("/var/lib/studiod")
    folder.file.write_text("tape: {library: /mnt/takes}\n")
    assert load_config(folder.file, environment=systemd).config.tape.library == Path("/mnt/takes")


def test_what_is_learnt_lies_beside_the_configuration_or_where_a_service_may_write(folder: Folder) -> None:
    def place(text: str, **environment: str) -> Path:
        folder.file.write_text(text)
        return load_config(folder.file, environment=environment).config.surfaces.own_maps

    anywhere = "tape: {library: /mnt/takes}\n"
    assert place(anywhere) == Path("~/.config/studiod/maps").expanduser()
    assert place(anywhere, XDG_CONFIG_HOME="/etc/xdg") == Path("/etc/xdg/studiod/maps")
    assert place(anywhere, XDG_CONFIG_HOME="relative") == Path("~/.config/studiod/maps").expanduser()
    assert place(anywhere, STATE_DIRECTORY="/var/lib/studiod", XDG_CONFIG_HOME="/x") == Path("/var/lib/studiod/.maps")
    assert place("surfaces: {own_maps: /mnt/maps}\n", STATE_DIRECTORY="/var/lib/studiod") == Path("/mnt/maps")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("audio: {host: virtual, device: UMC}\n", "audio.device has no effect with audio.host virtual"),
        ("audio: {host: jack, block_frames: 64}\n", "audio.block_frames has no effect with audio.host jack"),
        (
            "audio: {rate_hz: 96000, inputs: 64}\ntape: {ring_s: 60}\n",
            "tape.ring_s 60 takes 1406 MiB of memory for 64 inputs at 96000 Hz; a shorter ring takes less",
        ),
        (
            "tape: {ring_s: 10, pre_record_s: 30}\n",
            "tape.pre_record_s 30 is more than tape.ring_s 10 holds: takes begin with what it does hold",
        ),
        (
            "desk: {monitor_outputs: [3, 2]}\n",
            "output 2 plays desk.main_outputs[2] and desk.monitor_outputs[2]: give each its own, or 0",
        ),
        (
            "desk: {buses: [{output: 1}]}\n",
            "output 1 plays desk.main_outputs[1] and desk.buses[1].output: give each its own, or 0",
        ),
    ],
)
def test_a_setting_that_does_nothing_or_costs_much_is_said(folder: Folder, text: str, said: str) -> None:
    assert folder.load(text).warnings == (said,)


def test_a_default_that_is_written_out_and_does_nothing_is_not_worth_a_word(folder: Folder) -> None:
    assert folder.load("audio: {device: null, jack_connect: true}\n", host="virtual").warnings == ()


def test_a_missing_file_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "none.yaml")
    assert str(caught.value) == f"{tmp_path}/none.yaml: there is no such file; give another with --config, or none"


def test_a_folder_in_place_of_a_file_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    assert str(caught.value) == f"{tmp_path}: cannot be read: is a directory"


def test_a_file_without_an_end_is_refused_by_its_size() -> None:
    with pytest.raises(ConfigError, match="larger than 1048576 bytes"):
        load_config(Path("/dev/zero"))


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["jack", "1", "on", "10.0.0.0/8", "", "~x", "\u202e"]),
    st.text(max_size=5),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "input", "x"]), inner),
    max_leaves=6,
)
SETTINGS = [f"{group}.{name}" for group, section in Config().model_dump().items() for name in section]


@given(overrides=st.dictionaries(st.sampled_from([*SETTINGS, "audio", "audio.x", ""]), values, max_size=4))
def test_no_values_do_anything_but_load_or_be_refused(overrides: dict[str, object]) -> None:
    try:
        faults = load_config(None, overrides, environment={}).warnings
    except ConfigError as error:
        faults = tuple(fault.text for fault in error.faults)
    assert all(text.isprintable() for text in faults)


rows = st.one_of(
    st.sampled_from([f"{group}:" for group in Config.model_fields]),
    st.builds(
        "  {}: {}".format,
        st.sampled_from([setting.partition(".")[2] for setting in SETTINGS]),
        st.sampled_from(
            ["jack", "1", "-0", "[]", "{}", "[a, {name: b}]", "&a [1]", "*a", "'", "1e400", ".nan", "10/8", "~"]
        ),
    ),
    st.sampled_from(["    - Kick", "    - {input: 2}", "    - [[]]", "  <<: *a", "# note", "---"]),
)


@given(written=st.lists(rows, max_size=12))
def test_no_file_does_anything_but_load_or_be_refused(
    written: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Folder(tmp_path_factory.getbasetemp())
    try:
        folder.load("\n".join(written))
    except ConfigError as error:
        said = str(error).splitlines()
    else:
        said = []
    assert all(row.startswith(f"{folder.file}:") for row in said)
