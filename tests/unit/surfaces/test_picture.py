"""The picture of a surface: every control is on it once, on its place, and it is whole SVG."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from studiod.surfaces.base import Act, BankKind, Binding, When
from studiod.surfaces.captions import caption, captions
from studiod.surfaces.mackie import figure
from studiod.surfaces.mackie.facts import Glass, Role, load_all
from studiod.surfaces.maps import load_map, load_maps, map_folder
from studiod.surfaces.picture import draw
from tests.unit.surfaces.mapped import HEAD

SVG = "{http://www.w3.org/2000/svg}"
MAPS, _ = load_maps(map_folder())
BOXES, _ = load_all(map_folder() / "mackie")


def controls_on(picture: str) -> list[str]:
    """Names of the controls that are drawn."""
    root = ET.fromstring(picture)  # noqa: S314 - we drew it
    return [str(group[0].text).partition(":")[0] for group in root.iter(f"{SVG}g") if group.get("class") == "c"]


def spots(picture: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of every part, captions apart."""
    root = ET.fromstring(picture)  # noqa: S314 - we drew it
    sizes = {group.get("id"): extent(group) for group in root.iter(f"{SVG}g") if group.get("id")}
    found = []
    for use in root.iter(f"{SVG}use"):
        left, top, right, bottom = sizes[use.get("href", "")[1:]]
        x, y = float(use.get("x", 0)), float(use.get("y", 0))
        found.append((x + left, y + top, x + right, y + bottom))
    return found


def extent(group: ET.Element) -> tuple[float, float, float, float]:
    """What rectangles and circles of a shape take up."""
    boxes = []
    for rect in group.iter(f"{SVG}rect"):
        x, y = float(rect.get("x", 0)), float(rect.get("y", 0))
        boxes.append((x, y, x + float(rect.get("width", 0)), y + float(rect.get("height", 0))))
    for circle in group.iter(f"{SVG}circle"):
        x, y, radius = float(circle.get("cx", 0)), float(circle.get("cy", 0)), float(circle.get("r", 0))
        boxes.append((x - radius, y - radius, x + radius, y + radius))
    if not boxes:  # a ring or a meter, all path
        return (-5.0, 0.0, 5.0, 30.0)
    return (
        min(box[0] for box in boxes), min(box[1] for box in boxes),
        max(box[2] for box in boxes), max(box[3] for box in boxes),
    )  # fmt: skip


@pytest.mark.parametrize("facts", MAPS, ids=[facts.name for facts in MAPS])
def test_every_control_is_on_the_picture_once(facts: object) -> None:
    from studiod.surfaces.base import SurfaceMap  # noqa: PLC0415

    assert isinstance(facts, SurfaceMap)
    assert sorted(controls_on(draw(facts))) == sorted(facts.controls)


EVERY_PICTURE = {facts.name: draw(facts) for facts in MAPS} | {facts.name: figure.draw(facts) for facts in BOXES}


@pytest.mark.parametrize("name", EVERY_PICTURE)
def test_nothing_lies_on_anything_else_or_outside_the_box(name: str) -> None:
    picture = EVERY_PICTURE[name]
    _, _, width, height = map(float, ET.fromstring(picture).get("viewBox", "").split())  # noqa: S314 - we drew it
    parts = sorted(spots(picture))
    assert all(left >= 0 and top >= 0 and right <= width and bottom <= height for left, top, right, bottom in parts)
    for place, (_, top, right, bottom) in enumerate(parts):
        for other in parts[place + 1 :]:
            if other[0] >= right:
                break
            assert other[1] >= bottom or other[3] <= top


@pytest.mark.parametrize("name", EVERY_PICTURE)
def test_what_is_written_fits_where_it_stands(name: str) -> None:
    root = ET.fromstring(EVERY_PICTURE[name])  # noqa: S314 - we drew it
    captions = [text for group in root.iter(f"{SVG}g") for text in group.iter(f"{SVG}text")]
    assert captions
    for text in captions:
        told = re.search(r"font-size:([\d.]+)px", text.get("style", ""))
        size = float(told[1]) if told else 10.0 if str(text.get("class")).startswith("w") else 9.0
        assert size >= 7.0
        assert 0.5 * size * len(text.text or "") <= 76.0


def test_a_picture_follows_the_theme_of_its_reader() -> None:
    assert "prefers-color-scheme:dark" in draw(MAPS[0])


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        (Binding("a", Act.ADDRESS, "/strip/{strip+3}/fader"), ("level", "strip 3")),
        (Binding("a", Act.ADDRESS, "/strip/{strip+3}/send/{send+2}/level"), ("send 2", "strip 3")),
        (Binding("a", Act.ADDRESS, "/strip/{selected}/eq/2/gain"), ("eq 2 gain", "selected")),
        (Binding("a", Act.ADDRESS, "/main/fader"), ("level", "main")),
        (Binding("a", Act.TOGGLE, "/loop/on"), ("loop", "")),
        (Binding("a", Act.TOGGLE, "/strip/{strip+1}/main/on"), ("to main", "strip 1")),
        (Binding("a", Act.TOGGLE, "/mutegroup/4/on"), ("mute", "group 4")),
        (Binding("a", Act.MOMENTARY, "/talkback/on"), ("talkback", "")),
        (Binding("a", Act.TRIGGER, "/transport/locate", argument=0.0), ("to start", "")),
        (Binding("a", Act.TRIGGER, "/marker/next"), ("marker \u203a", "")),
        (Binding("a", Act.RADIO, "/monitor/source", word="main"), ("main", "source monitor")),
        (Binding("a", Act.STEP, "/main/fader", by=-0.5), ("level \u2212", "main")),
        (Binding("a", Act.SET, "/strip/1/pan", word="0"), ("pan 0", "strip 1")),
        (Binding("a", Act.BANK, bank_by=-8), ("\u2039 8 strips", "")),
        (Binding("a", Act.BANK, bank=BankKind.SEND, bank_by=1), ("send \u203a", "")),
        (Binding("a", Act.BANK_TO, bank_by=9), ("from strip", "9")),
        (Binding("a", Act.SELECT, "{strip+2}"), ("select", "strip 2")),
        (Binding("a", Act.SELECT, "next"), ("select \u203a", "")),
        (Binding("a", Act.PAGE, word="sends"), ("sends", "page")),
        (Binding("a", Act.NUDGE, by=-2.0), ("\u2039 wind", "")),
    ],
)  # fmt: skip
def test_a_caption_says_what_it_does_and_to_what(binding: Binding, words: tuple[str, str]) -> None:
    assert caption(binding) == words


def test_a_second_meaning_is_told_with_its_moment() -> None:
    tap = Binding("a", Act.TRIGGER, "/transport/punch", when=When.TAP)
    hold = Binding("a", Act.TRIGGER, "/transport/stop", when=When.HOLD)
    assert captions((tap, hold)) == ("punch", "hold: stop")


def test_a_mackie_box_shows_what_its_file_says_it_has() -> None:
    box = next(facts for facts in BOXES if facts.name == "x-touch")
    assert {"level/8", "level/main", "V-pot/1", "meter/8", "name/1", "jog", "play"} <= set(
        controls_on(figure.draw(box))
    )
    bare = replace(box, has_vpots=False, has_meters=False, glass=Glass.NONE, has_jog=False, strips=2, has_master=False)
    names = set(controls_on(figure.draw(bare)))
    assert {"level/2", "rec/1"} <= names
    assert not names & {"level/3", "level/main", "V-pot/1", "meter/1", "name/1", "jog"}
    extender = set(controls_on(figure.draw(replace(box, role=Role.EXTENDER))))
    assert "play" not in extender


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
