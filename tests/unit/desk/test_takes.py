"""What the desk reads of takes, and what they put on the timeline."""

import json
from pathlib import Path
from typing import Any

import pytest

from studiod.desk.takes import read_takes, regions
from studiod.link.playlist import Playlist, Region
from tests.fakes.takes import FakeTake, read_json


def test_takes_of_both_versions_are_listed_oldest_first(tmp_path: Path) -> None:
    FakeTake(tmp_path, 10, version=1).write()
    said = {"name": "Chorus", "tags": ["loud"], "rating": 4, "note": "second verse"}
    FakeTake(tmp_path, 2, pre_frames=1000, more=said).write()
    (tmp_path / "takes" / "notes").mkdir()
    two, ten = (take.summary() for take in read_takes(tmp_path))
    assert (two["id"], two["frames"], two["pre_frames"], two["seconds"]) == (2, 2500, 1000, 2.5)
    assert {key: two[key] for key in said} == said
    assert two["files"] == ["strip-01.wav", "strip-02.wav"]
    assert two["tracks"][1]["parts"] == ({"file": "strip-02.wav", "start": -1000, "frames": 3500},)
    assert two["created"] == "2026-11-21T09:15:30+00:00"
    assert (ten["id"], ten["pre_frames"], ten["name"], ten["tags"], ten["rating"]) == (10, 0, "", [], 0)
    json.dumps([two, ten])


def test_what_is_no_take_is_passed_over(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, 1).write()
    lies: tuple[dict[str, Any], ...] = (
        {"created_unix": 1e18},
        {"created_unix": float("nan")},
        {"rate_hz": 0},
        {"tracks": [{"file": "/etc/../x.wav", "name": "", "strip": 1}]},
        {"gaps": [{"start": 0}]},
        {"state": []},
    )
    for number, fields in enumerate(lies, 2):
        folder = tmp_path / "takes" / f"{number:04d}"
        folder.mkdir()
        (folder / "take.json").write_text(json.dumps(read_json(take.folder / "take.json") | fields))
    assert [found.id for found in read_takes(tmp_path)] == [1]
    assert read_takes(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"version": 1}, [(0, "strip-01.wav", 0, 50, 3500, 0)]),
        ({"pre_frames": 1000}, [(0, "strip-01.wav", 1000, 50, 2500, 0)]),
        (
            {"pre_frames": 1000, "cuts": (400, 1500)},
            [(0, "strip-01-2.wav", 600, 50, 500, 0), (0, "strip-01-3.wav", 0, 550, 2000, 0)],
        ),
        ({"is_poly": True}, [(0, "all.wav", 0, 50, 3500, 0), (1, "all.wav", 0, 50, 3500, 1)]),
        ({"state": "recording"}, []),
    ],
)
def test_the_visible_part_of_every_track_stands_where_it_was_recorded(
    tmp_path: Path, form: dict[str, Any], expected: list[tuple[int, str, int, int, int, int]]
) -> None:
    take = FakeTake(tmp_path, tracks=2 if form.get("is_poly") else 1, more={"position": 50}, **form).write()
    found = regions(read_takes(tmp_path), strips=8)
    assert found == tuple(Region(s, take.folder / file, o, p, n, c) for s, file, o, p, n, c in expected)
    assert Playlist.from_json(Playlist(3, 0, found).to_json()).regions == found


def test_strips_that_the_desk_does_not_have_play_nothing(tmp_path: Path) -> None:
    FakeTake(tmp_path).write()
    assert [region.strip for region in regions(read_takes(tmp_path), strips=1)] == [0]
