"""Tables and pictures of surfaces in the handbook are those of the maps."""

import shutil
from pathlib import Path

import pytest

from studiod.app.surface_pages import MARK, PAGE, main
from tests.architecture.tree import ROOT

DOCS = ROOT / "docs"


def copy(folder: Path) -> Path:
    """A handbook with nothing but these pages."""
    (folder / "reference").mkdir()
    shutil.copy(DOCS / PAGE, folder / PAGE)
    shutil.copytree(DOCS / "surfaces", folder / "surfaces")
    return folder


def test_what_is_committed_is_what_the_maps_say() -> None:
    assert main(["--check", "--docs", str(DOCS)]) == 0


def test_a_stale_a_missing_and_a_strange_picture_are_named_and_put_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    docs = copy(tmp_path)
    (docs / "surfaces" / "nanokontrol2.svg").write_text("<svg/>")
    (docs / "surfaces" / "midimix.svg").unlink()
    (docs / "surfaces" / "gone.svg").write_text("<svg/>")
    by_hand, _, table = (docs / PAGE).read_text().partition(MARK)
    (docs / PAGE).write_text(f"{by_hand}One more line by hand.\n\n{MARK}{table.replace('Korg', 'Krog')}")
    assert main(["--check", "--docs", str(docs)]) == 1
    told = capsys.readouterr().out
    assert {name for name in ("nanokontrol2", "midimix", "gone", "reference/surfaces.md", "apc40") if name in told} == {
        "nanokontrol2", "midimix", "gone", "reference/surfaces.md",
    }  # fmt: skip
    assert main(["--docs", str(docs)]) == 0
    assert main(["--check", "--docs", str(docs)]) == 0
    assert not (docs / "surfaces" / "gone.svg").exists()
    assert "One more line by hand." in (docs / PAGE).read_text()


def test_a_page_without_its_mark_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs = copy(tmp_path)
    (docs / PAGE).write_text("# All by hand\n")
    assert main(["--docs", str(docs)]) == 1
    assert "has no line" in capsys.readouterr().err
    assert (docs / PAGE).read_text() == "# All by hand\n"
