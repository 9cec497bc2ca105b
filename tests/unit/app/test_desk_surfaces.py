"""What the desk looks for: which file has the say where several know a box."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from studiod.app.looked_for import LookedFor
from studiod.app.settings import SurfaceSettings, SurfaceUseSettings
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.mackie.desk import MackieModel
from studiod.surfaces.maps import map_folder
from studiod.surfaces.models import Box, Directed, MapModel, Model
from studiod.surfaces.shelf import read_shelf
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.unit.surfaces.rig import desk


def looked_for(tmp_path: Path, *folders: Path, use: tuple[SurfaceUseSettings, ...] = ()) -> LookedFor:
    settings = SurfaceSettings(True, folders, (), use, (), tmp_path / "learnt")  # noqa: FBT003 - enable
    found = LookedFor(desk(), settings, HandLoop().time, Touches(), no_osc)
    assert found.read(lambda: "today")[2] == ()
    return found


def no_osc(name: str) -> Box:
    raise AssertionError(f"{name}: nobody has a serial line here")


def models(found: LookedFor, own: Iterable[SurfaceMap] = ()) -> list[Model]:
    """Those on MIDI ports."""
    return [each.model for each in found.models(own) if isinstance(each, Directed)]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A person's folder: a copy of a built-in map under its name, and one for a Mackie box."""
    tmp_path = tmp_path / "own"
    (tmp_path / "mackie").mkdir(parents=True)
    for file in ("korg-nanokontrol2.yaml", "mackie/behringer-x-touch.yaml"):
        text = (map_folder() / file).read_text(encoding="utf-8")
        (tmp_path / file).write_text(text.replace("maker: Korg", "maker: Me").replace("maker: Behringer", "maker: Me"))
    return tmp_path


def test_everything_built_in_is_looked_for_mackie_before_numbers_of_a_box(tmp_path: Path) -> None:
    found = models(looked_for(tmp_path))
    kinds = [type(model) for model in found]
    assert kinds == sorted(kinds, key=[MackieModel, MapModel].index)
    assert {"x-touch", "hui", "nanokontrol2"} <= {model.name for model in found}


def test_a_name_is_looked_for_once_and_what_a_person_wrote_comes_first(own: Path, tmp_path: Path) -> None:
    found = models(looked_for(tmp_path, own))
    names = [model.name for model in found]
    assert len(set(names)) == len(names)
    assert names[:2] == ["x-touch", "nanokontrol2"]
    assert [model.box(model.name).maker for model in found[:2]] == ["Me", "Me"]


def test_a_wish_comes_before_everything_and_takes_its_port_from_all_others(own: Path, tmp_path: Path) -> None:
    found = models(looked_for(tmp_path, own, use=(SurfaceUseSettings("*nameless*", "mcu-pro"),)))
    assert found[0].name == "mcu-pro"


def test_what_is_learnt_changes_the_model_of_its_box_and_no_other(tmp_path: Path) -> None:
    found = looked_for(tmp_path)
    before = {model.name: model for model in found.models(())}
    (nano,) = [each.model for each in before.values() if each.name == "nanokontrol2" and isinstance(each, Directed)]
    assert isinstance(nano, MapModel)
    learnt = replace(nano.facts, base=nano.name, mode="as it was learnt")
    after = {model.name: model for model in found.models((learnt,))}
    assert after["nanokontrol2"] is not before["nanokontrol2"]
    assert [name for name, model in after.items() if model is not before[name]] == ["nanokontrol2"]
    again = {model.name: model for model in found.models((learnt,))}
    assert all(again[name] is model for name, model in after.items())


def test_a_broken_file_for_a_mackie_box_costs_only_itself_and_is_told(own: Path) -> None:
    (own / "mackie" / "broken.yaml").write_text("format: 2\nname: broken\n")
    shelf = read_shelf(own)
    assert [facts.name for facts in shelf.boxes] == ["x-touch"]
    assert len(shelf.faults) == 1
    assert "broken.yaml" in shelf.faults[0]
