"""What the handbook tells people to type is right."""

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from studiod.app.config.load import load_config
from studiod.surfaces.fit import misfits
from studiod.surfaces.maps import load_map
from studiod.surfaces.pedals import Pedal, pedal_faults
from tests.unit.surfaces.rig import desk
from tests.unit.surfaces.serial.lines_rig import BUILT_IN

PAGE = (Path(__file__).parents[4] / "docs" / "how-to" / "home-made-controller.md").read_text("utf-8")
BLOCKS = [
    textwrap.dedent(block) for block in re.findall(r"(?:^ {4,}\S.*\n|^ {4,}\S.*\n(?=\n {4,}))+", PAGE, re.MULTILINE)
]
CONFIGS = [block for block in BLOCKS if re.match(r"(serial|gpio|surfaces):", block)]
MAPS = [block for block in BLOCKS if block.startswith("format:")]
MOMENTS = ("press", "tap", "hold", "double", "held")


def test_there_is_something_to_type() -> None:
    assert (len(CONFIGS), len(MAPS)) == (5, 1)


@pytest.mark.parametrize("text", CONFIGS)
def test_its_configurations_load_and_its_pedals_do_what_the_desk_has(text: str, tmp_path: Path) -> None:
    path = tmp_path / "studiod.yaml"
    path.write_text(text, encoding="utf-8")
    config = load_config(path, environment={}).config
    assert config.serial.ports or config.gpio.controls or config.surfaces.pedals
    acts = [
        {word: getattr(pedal, word) for word in MOMENTS if getattr(pedal, word)} for pedal in config.surfaces.pedals
    ]
    assert pedal_faults([Pedal("*", each, cc=64) for each in acts], desk().registry) == ()


@pytest.mark.parametrize("text", MAPS)
def test_its_maps_fit_the_desk(text: str, tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text, encoding="utf-8")
    assert misfits(load_map(path), desk().registry) == ()


def test_every_name_it_tells_of_is_in_a_map() -> None:
    known = {name for facts in BUILT_IN for name in facts.controls}
    rows = [
        row.split("|")[1]
        for row in PAGE.splitlines()
        if re.match(r" *\| `(fader|mute|play|jog|bank|foot|rec|name|encoder|lamp)", row)
    ]
    told = {name for row in rows for name in re.findall(r"`([a-z0-9/]+)`", row)}
    assert len(told) > 30
    assert told <= known


def test_its_record_lamp_is_what_the_maps_say() -> None:
    (line,) = [line for line in BLOCKS if line.startswith("feedback:\n  rec:")]
    states = yaml.safe_load(line)["feedback"]["rec"]["states"]
    assert set(states) - {"else"} <= set(desk().registry["/transport/tally"].choices)
