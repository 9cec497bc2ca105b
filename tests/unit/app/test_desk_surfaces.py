"""What the desk looks for: which file has the say where several know a box."""

from pathlib import Path

import pytest

from studiod.app.surfaces import looked_for, read_shelf
from studiod.surfaces.mackie.desk import MackieModel
from studiod.surfaces.maps import map_folder
from studiod.surfaces.models import MapModel, Model
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.unit.surfaces.rig import desk


def models(*folders: Path) -> list[Model]:
    return looked_for([read_shelf(folder) for folder in folders], desk(), HandLoop().time, Touches())


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A person's folder: a copy of a built-in map under its name, and one for a Mackie box."""
    (tmp_path / "mackie").mkdir()
    for file in ("korg-nanokontrol2.yaml", "mackie/behringer-x-touch.yaml"):
        text = (map_folder() / file).read_text(encoding="utf-8")
        (tmp_path / file).write_text(text.replace("maker: Korg", "maker: Me").replace("maker: Behringer", "maker: Me"))
    return tmp_path


def test_everything_built_in_is_looked_for_mackie_before_numbers_of_a_box() -> None:
    found = models(map_folder())
    kinds = [type(model) for model in found]
    assert kinds == sorted(kinds, key=[MackieModel, MapModel].index)
    assert {"x-touch", "hui", "nanokontrol2"} <= {model.name for model in found}


def test_a_name_is_looked_for_once_and_what_a_person_wrote_comes_first(own: Path) -> None:
    found = models(own, map_folder())
    names = [model.name for model in found]
    assert len(set(names)) == len(names)
    assert names[:2] == ["x-touch", "nanokontrol2"]
    assert [model.box(model.name).maker for model in found[:2]] == ["Me", "Me"]


def test_a_broken_file_for_a_mackie_box_costs_only_itself_and_is_told(own: Path) -> None:
    (own / "mackie" / "broken.yaml").write_text("format: 2\nname: broken\n")
    shelf = read_shelf(own)
    assert [facts.name for facts in shelf.boxes] == ["x-touch"]
    assert len(shelf.faults) == 1
    assert "broken.yaml" in shelf.faults[0]
