"""The picture of a surface: every control is on it once, on its place, and it is whole SVG."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from studiod.surfaces.maps import load_map, load_maps, map_folder
from studiod.surfaces.picture import draw
from tests.unit.surfaces.mapped import HEAD

SVG = "{http://www.w3.org/2000/svg}"
MAPS, _ = load_maps(map_folder())


def controls_on(picture: str) -> list[str]:
    """Names of the controls that are drawn."""
    root = ET.fromstring(picture)  # noqa: S314 - we drew it
    return [str(group[0].text).partition(":")[0] for group in root.iter(f"{SVG}g")]


@pytest.mark.parametrize("facts", MAPS, ids=[facts.name for facts in MAPS])
def test_every_control_is_on_the_picture_once(facts: object) -> None:
    from studiod.surfaces.base import SurfaceMap  # noqa: PLC0415

    assert isinstance(facts, SurfaceMap)
    assert sorted(controls_on(draw(facts))) == sorted(facts.controls)


def test_the_face_says_what_is_where(tmp_path: Path) -> None:
    path = tmp_path / "faced.yaml"
    path.write_text(
        HEAD + "controls:\n  a: {kind: fader, cc: 1}\n  b: {kind: pad, cc: 2}\n  c: {kind: pedal, cc: 3}\n"
        "bindings:\n  a: {address: /main/fader}\nface:\n  - [b, ., a]\n  - [c]\n",
        encoding="utf-8",
    )
    facts = load_map(path)
    assert facts.face == ((("b",), (), ("a",)), (("c",),))
    picture = draw(facts)
    assert controls_on(picture) == ["b", "a", "c"]
    assert "/main/fader" in picture


def test_names_of_people_cannot_break_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    text = HEAD.replace("maker: Test", "maker: '<Test> & \"Söhne\"'")
    path.write_text(text + "controls:\n  a: {kind: button, cc: 1}\nbindings: {}\n", encoding="utf-8")
    assert controls_on(draw(load_map(path))) == ["a"]
