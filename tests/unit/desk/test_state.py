"""The session file: everything persisted comes back, the newest state that can be read wins."""

import contextlib
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.desk import state
from studiod.desk.hub import Hub
from studiod.desk.rules import lay_rules
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Flag, ParameterSpec, Refused
from studiod.model.registry import Registry
from tests.fakes.store import MemoryStore

LAYOUT = ConsoleLayout(3, 2, (1, 2, 3), ("a", "b", "c"), ("x", "y"), matrix_names=("m",))
REGISTRY = Registry(console_parameters(LAYOUT))
PERSISTED = [spec for spec in REGISTRY.numbers if Flag.PERSISTED in spec.flags]


def new_hub() -> Hub:
    hub = Hub(REGISTRY, MemoryStore(), 48000)
    lay_rules(hub, LAYOUT)
    return hub


def restored(folder: Path) -> tuple[Hub, list[str]]:
    hub = new_hub()
    numbers, texts, faults = state.load(folder)
    return hub, faults + hub.restore(numbers, texts)


@settings(max_examples=40)
@given(
    travels=st.dictionaries(st.sampled_from(PERSISTED), st.floats(0.0, 1.0), max_size=100), name=st.text(max_size=20)
)
def test_every_persisted_value_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, travels: dict[ParameterSpec, float], name: str
) -> None:
    folder = tmp_path_factory.mktemp("session")
    hub = new_hub()
    for spec, travel in travels.items():
        with contextlib.suppress(Refused):  # what would feed back
            hub.write_travel(spec.address, travel, "test")
    if name.isprintable() and len(name.encode(errors="replace")) <= 64:
        hub.write_text("/strip/2/name", name, "test")
    state.save(folder, state.snapshot_of(hub))
    again, faults = restored(folder)
    assert faults == []
    assert [again.value(spec.address) for spec in PERSISTED] == [hub.value(spec.address) for spec in PERSISTED]
    assert again.text("/strip/2/name") == hub.text("/strip/2/name")


def test_only_what_differs_from_the_default_is_written() -> None:
    hub = new_hub()
    hub.write("/strip/1/fader", float("-inf"), "test")
    hub.write("/strip/1/solo", 1.0, "test")
    assert state.snapshot_of(hub)["desk"] == {"/strip/1/fader": "-inf"}


def test_ten_older_states_are_kept_and_a_broken_newest_is_passed_over_with_a_sentence(tmp_path: Path) -> None:
    hub = new_hub()
    for number in range(14):
        hub.write("/strip/1/fader", -float(number + 1), "test")
        state.save(tmp_path, state.snapshot_of(hub))
    assert len(list((tmp_path / ".history").iterdir())) == state.GENERATIONS
    (tmp_path / "session.yaml").write_bytes(b"desk: [\xff")
    again, faults = restored(tmp_path)
    assert again.value("/strip/1/fader") == -13.0
    assert len(faults) == 1
    assert "session.yaml cannot be read" in faults[0]


def test_older_states_are_kept_where_a_disk_knows_no_links(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        if Path(elsewhere).stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("one disk has it all")
        (tmp_path / ".history").symlink_to(elsewhere)
        for number in range(3):
            state.save(tmp_path, {"studiod": 3, "desk": {"/strip/1/fader": float(-number)}})
        kept = sorted(path.name for path in Path(elsewhere).iterdir())
        assert kept == ["1.yaml", "2.yaml"]
        (tmp_path / "session.yaml").write_text("{")
        assert state.load_session(tmp_path).numbers == [("/strip/1/fader", -1.0)]


def test_a_state_of_a_bigger_desk_is_taken_as_far_as_it_fits(tmp_path: Path) -> None:
    (tmp_path / "session.yaml").write_text(
        "studiod: 1\ndesk: {/strip/1/fader: -6.0, /strip/99/fader: -3.0, /strip/2/pan: 7}\n"
    )
    hub, faults = restored(tmp_path)
    assert hub.value("/strip/1/fader") == -6.0
    assert hub.value("/strip/2/pan") == 0.0
    assert len(faults) == 2


def first_version(folder: Path, **desk: object) -> None:
    named = {address.replace("_", "/"): value for address, value in desk.items()}
    (folder / "session.yaml").write_text(yaml.safe_dump({"studiod": 1, "desk": named, "names": {"/strip/1/name": "v"}}))


def test_a_session_of_the_last_version_keeps_its_sends_before_the_fader(tmp_path: Path) -> None:
    first_version(tmp_path, _strip_1_send_2_pre=1.0, _strip_2_send_1_pre=0.0, _strip_2_send_2_level="-inf")
    hub, faults = restored(tmp_path)
    assert faults == []
    taps = [
        hub.registry["/strip/1/send/1/tap"].text(hub.value(f"/strip/{s}/send/{b}/tap")) for s, b in ((1, 2), (2, 1))
    ]
    assert taps == ["pre", "post"]
    assert hub.text("/strip/1/name") == "v"


@pytest.mark.parametrize(("saved", "ceiling_db"), [({}, -0.3), ({"_main_limiter_ceiling": -6.0}, -6.0)])
def test_a_session_of_the_last_version_keeps_the_ceiling_it_had(
    tmp_path: Path, saved: dict[str, float], ceiling_db: float
) -> None:
    first_version(tmp_path, **saved)
    hub, faults = restored(tmp_path)
    assert faults == []
    assert hub.value("/main/limiter/ceiling") == ceiling_db


def test_what_was_loaded_from_the_last_version_is_saved_as_this_one(tmp_path: Path) -> None:
    first_version(tmp_path, _strip_1_send_2_pre=1.0)
    hub, _ = restored(tmp_path)
    state.save(tmp_path, state.snapshot_of(hub))
    document = yaml.safe_load((tmp_path / "session.yaml").read_text())
    assert document["studiod"] == 3
    assert document["desk"] == {"/strip/1/send/2/tap": 1.0, "/main/limiter/ceiling": -0.3}
    again, faults = restored(tmp_path)
    assert faults == []
    assert again.value("/strip/1/send/2/tap") == 1.0


def test_a_session_of_this_version_has_the_new_ceiling_unless_it_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "session.yaml").write_text("studiod: 2\ndesk: {/strip/1/fader: -6.0}\n")
    hub, _ = restored(tmp_path)
    assert hub.value("/main/limiter/ceiling") == -1.0


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    assert state.load(tmp_path / "nowhere") == ([], [], [])


def test_the_timeline_is_kept_with_the_desk_and_only_when_there_is_one(tmp_path: Path) -> None:
    hub = new_hub()
    assert "timeline" not in state.snapshot_of(hub, {"markers": [], "discarded": []})
    markers = [{"number": 1, "name": "Refrain: \U0001f3b5", "position_s": 12.345678901234567}]
    state.save(tmp_path, state.snapshot_of(hub, {"markers": markers, "discarded": [3], "sections": []}))
    assert state.load_session(tmp_path).timeline == {"markers": markers, "discarded": [3]}


@pytest.mark.parametrize("timeline", ["", "timeline: 7\n", "timeline: [1, 2]\n"])
def test_a_session_without_a_timeline_has_an_empty_one(tmp_path: Path, timeline: str) -> None:
    (tmp_path / "session.yaml").write_text(f"studiod: 2\ndesk: {{/strip/1/fader: -6.0}}\n{timeline}")
    saved = state.load_session(tmp_path)
    assert (saved.timeline, saved.numbers, saved.faults) == ({}, [("/strip/1/fader", -6.0)], [])
