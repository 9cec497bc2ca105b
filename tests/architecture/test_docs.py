"""The handbook says what the code does."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from studiod.app.docs import main, pages
from studiod.app.table_page import parameter_page
from studiod.model.parameter import Kind, ParameterSpec
from studiod.model.taper import FADER_JOINTS, Fader
from tests.architecture.tree import ROOT

DOCS = ROOT / "docs"
LAW_PAGE = (DOCS / "reference" / "fader-law.md").read_text(encoding="utf-8")


def test_the_generated_pages_are_up_to_date() -> None:
    assert main(["--check", "--docs", str(DOCS)]) == 0


def test_a_stale_page_is_named_and_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "--docs", str(tmp_path)]) == 1
    assert "parameters.md is not what the parameter table says" in capsys.readouterr().out
    assert main(["--docs", str(tmp_path)]) == 0
    assert main(["--check", "--docs", str(tmp_path)]) == 0


def test_rows_that_differ_are_not_folded_away() -> None:
    one, other = (ParameterSpec(f"/strip/{n}/x", Kind.TOGGLE, "X", "X", default=float(n == 2)) for n in (1, 2))
    with pytest.raises(ValueError, match="/strip/2/x differs"):
        parameter_page([one, other])


def test_the_drawing_is_a_drawing() -> None:
    drawing = ET.fromstring(pages()["reference/fader-law.svg"])  # noqa: S314 - our own
    assert drawing.tag.endswith("svg")


def test_the_marks_in_the_page_are_those_of_the_law() -> None:
    marks = re.findall(r"^\| ([01]\.\d{4}) \| (-?\d+|-inf) \|$", LAW_PAGE, re.MULTILINE)
    assert len(marks) > 8
    assert [(travel, Fader().value(float(travel))) for travel, _ in marks] == [(t, float(level)) for t, level in marks]


def test_the_joints_and_formulas_in_the_page_are_those_of_the_law() -> None:
    rows = re.findall(r"^\| ([\d.]+) \| ([+-]\d+) dB \| level = (\d+) travel - (\d+) \|$", LAW_PAGE, re.MULTILINE)
    assert [(float(travel), float(level)) for travel, level, _, _ in rows] == list(FADER_JOINTS[1:])
    for travel, _, slope, offset in rows:
        inside = float(travel) - 0.01
        assert Fader().value(inside) == pytest.approx(float(slope) * inside - float(offset))


def test_every_link_between_pages_leads_somewhere() -> None:
    links = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
    found = [
        (page, target) for page in DOCS.rglob("*.md") for target in links.findall(page.read_text(encoding="utf-8"))
    ]
    assert found
    assert [f"{page.name} -> {target}" for page, target in found if not (page.parent / target).exists()] == []
