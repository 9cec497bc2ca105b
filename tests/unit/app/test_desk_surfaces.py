"""What the desk looks for: which file has the say where several know a box."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from studiod.app.surfaces import looked_for
from studiod.surfaces.choice import Wish
from studiod.surfaces.mackie.desk import MackieDesk, MackieModel
from studiod.surfaces.maps import map_folder
from studiod.surfaces.models import Directed, MapModel, Model
from studiod.surfaces.shelf import read_shelf, read_shelves
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.unit.surfaces.rig import desk


def models(*own: Path, wishes: Sequence[Wish] = ()) -> list[Model]:
    hub, clock, touches = desk(), HandLoop().time, Touches()
    found, faults = looked_for(read_shelves(own), wishes, hub, MackieDesk(hub, clock, touches), clock, touches)
    assert faults == ()
    assert all(isinstance(each, Directed) for each in found)
    return [each.model for each in found if isinstance(each, Directed)]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A person's folder: a copy of a built-in map under its name, and one for a Mackie box."""
    (tmp_path / "mackie").mkdir()
    for file in ("korg-nanokontrol2.yaml", "mackie/behringer-x-touch.yaml"):
        text = (map_folder() / file).read_text(encoding="utf-8")
        (tmp_path / file).write_text(text.replace("maker: Korg", "maker: Me").replace("maker: Behringer", "maker: Me"))
    return tmp_path


def test_everything_built_in_is_looked_for_mackie_before_numbers_of_a_box() -> None:
    found = models()
    kinds = [type(model) for model in found]
    assert kinds == sorted(kinds, key=[MackieModel, MapModel].index)
    assert {"x-touch", "hui", "nanokontrol2"} <= {model.name for model in found}


def test_a_name_is_looked_for_once_and_what_a_person_wrote_comes_first(own: Path) -> None:
    found = models(own)
    names = [model.name for model in found]
    assert len(set(names)) == len(names)
    assert names[:2] == ["x-touch", "nanokontrol2"]
    assert [model.box(model.name).maker for model in found[:2]] == ["Me", "Me"]


def test_a_wish_comes_before_everything_and_takes_its_port_from_all_others(own: Path) -> None:
    found = models(own, wishes=[Wish("*nameless*", "mcu-pro")])
    assert found[0].name == "mcu-pro"


def test_a_broken_file_for_a_mackie_box_costs_only_itself_and_is_told(own: Path) -> None:
    (own / "mackie" / "broken.yaml").write_text("format: 2\nname: broken\n")
    shelf = read_shelf(own)
    assert [facts.name for facts in shelf.boxes] == ["x-touch"]
    assert len(shelf.faults) == 1
    assert "broken.yaml" in shelf.faults[0]
