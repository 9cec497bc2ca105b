"""The session file: everything persisted comes back, the newest state that can be read wins."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from studiod.desk import state
from studiod.desk.hub import Hub
from studiod.model.console import console_parameters
from studiod.model.parameter import Flag
from studiod.model.registry import Registry
from tests.fakes.desk_rig import layout
from tests.fakes.store import MemoryStore

REGISTRY = Registry(console_parameters(layout(3, 2)))
PERSISTED = [spec for spec in REGISTRY.numbers if Flag.PERSISTED in spec.flags]


def new_hub() -> Hub:
    return Hub(REGISTRY, MemoryStore(), 48000)


def restored(folder: Path) -> tuple[Hub, list[str]]:
    hub = new_hub()
    numbers, texts, faults = state.load(folder)
    return hub, faults + hub.restore(numbers, texts)


@given(
    travels=st.lists(st.floats(0.0, 1.0), min_size=len(PERSISTED), max_size=len(PERSISTED)), name=st.text(max_size=20)
)
def test_every_persisted_value_comes_back_exactly(tmp_path_factory: object, travels: list[float], name: str) -> None:
    folder: Path = tmp_path_factory.mktemp("session")  # type: ignore[attr-defined]
    hub = new_hub()
    for spec, travel in zip(PERSISTED, travels, strict=True):
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


def test_a_state_of_a_bigger_desk_is_taken_as_far_as_it_fits(tmp_path: Path) -> None:
    (tmp_path / "session.yaml").write_text(
        "studiod: 1\ndesk: {/strip/1/fader: -6.0, /strip/99/fader: -3.0, /strip/2/pan: 7}\n"
    )
    hub, faults = restored(tmp_path)
    assert hub.value("/strip/1/fader") == -6.0
    assert hub.value("/strip/2/pan") == 0.0
    assert len(faults) == 2


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    assert state.load(tmp_path / "nowhere") == ([], [], [])
