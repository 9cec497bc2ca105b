"""`studiod maps`: check, list, draw, import."""

import json
from pathlib import Path

import pytest

from studiod.app import maps
from studiod.app.cli import parser
from studiod.surfaces.maps import load_map, map_folder

NANO = map_folder() / "korg-nanokontrol2.yaml"
BROKEN = Path(__file__).parents[2] / "data" / "surfaces" / "broken.yaml"
ARDOUR = """\
<ArdourMIDIBindings name="Little Box">
<Binding channel="1" ctl="7" uri="/route/gain B1"/>
<Binding channel="24" ctl="7" uri="/route/gain 24"/>
</ArdourMIDIBindings>
"""


def run(*words: object) -> int:
    return maps.run(parser().parse_args(["maps", *map(str, words)]))


def test_check_tells_every_fault_of_every_file_and_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", NANO, BROKEN) == 1
    told = capsys.readouterr()
    assert told.out == f"{NANO}: good\n"
    assert len(told.err.splitlines()) == len(BROKEN.with_suffix(".expected").read_text().splitlines())
    assert all(line.startswith(f"{BROKEN}:") for line in told.err.splitlines())


def test_check_names_addresses_that_no_desk_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    text = NANO.read_text().replace('toggle: "/strip/{bank+i}/mute"', 'toggle: "/strip/{bank+i}/mut"')
    path.write_text(text)
    assert run("check", path) == 1
    line = 1 + text[: text.index('/mut"')].count("\n")
    told = capsys.readouterr().err.splitlines()
    assert (
        f"{path}:{line}: mute/8 means /strip/1/mut, which the desk does not have. Did you mean /strip/1/mute?" in told
    )
    assert all(sentence.startswith(f"{path}:{line}: ") for sentence in told)


def test_an_address_that_no_desk_has_is_told_where_it_is_written_be_that_in_the_base(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, own = tmp_path / "base.yaml", tmp_path / "own.yaml"
    text = NANO.read_text().replace("name: nanokontrol2", "name: other").replace("bank+i}/mute", "bank+i}/mut")
    base.write_text(text)
    own.write_text("format: 2\nbase: other\nbindings:\n  play: {trigger: /transport/pley}\n")
    assert run("check", own) == 1
    told = capsys.readouterr().err
    assert f"{base}:{1 + text[: text.index('/mut' + chr(34))].count(chr(10))}: mute/1 means /strip/1/mut," in told
    assert f"{own}:4: play means /transport/pley, which the desk does not have" in told


def test_the_maps_that_come_with_studiod_are_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", *sorted(map_folder().glob("*.yaml")), *sorted(map_folder().glob("mackie/*.yaml"))) == 0
    assert capsys.readouterr().err == ""


def test_list_names_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    assert "nanokontrol2" in {row["name"] for row in json.loads(capsys.readouterr().out)}
    assert run("list") == 0
    assert "Korg nanoKONTROL2" in capsys.readouterr().out


def test_list_tells_who_has_which_port_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.yaml").write_text(NANO.read_text().replace("name: nanokontrol2", "name: my-nano"))
    config = tmp_path / "studiod.yaml"
    config.write_text(
        "surfaces:\n  maps: [mine]\n  use:\n"
        '  - {port: "*x-touch compact*", map: x-touch-compact}\n  - {port: "*a-88*", map: none}\n'
    )
    ports = ("nanoKONTROL2 20:0", "X-TOUCH COMPACT 24:0", "A-88 28:0", "BCF2000 32:0", "Thing")
    assert run("list", "--config", config, "--ports", *ports) == 0
    assert capsys.readouterr().out.splitlines() == [
        "nanoKONTROL2 20:0: my-nano (a map of yours; surfaces.use may say nanokontrol2)",
        (
            'X-TOUCH COMPACT 24:0: x-touch-compact (surfaces.use says so for "*x-touch compact*"; '
            "surfaces.use may say x-touch-compact-standard)"
        ),
        'A-88 28:0: none (surfaces.use says so for "*a-88*")',
        "BCF2000 32:0: bcf2000 (built in; surfaces.use may say bcf2000-preset-2)",
        "Thing: none (no map has it)",
    ]
    assert run("list", "--config", config, "--json", "--ports", "BCF2000") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["map"], row["others"]) == ("bcf2000", ["bcf2000-preset-2"])
    assert run("list", "--config", config) == 0
    assert f"yours, in {tmp_path / 'mine'}" in capsys.readouterr().out


def test_a_choice_that_cannot_be_is_told_and_costs_the_others_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "studiod.yaml"
    config.write_text("surfaces:\n  use: [{port: x, map: nanokontrol3}]\n")
    assert run("list", "--config", config, "--ports", "nanoKONTROL2") == 1
    told = capsys.readouterr()
    assert told.out == "nanoKONTROL2: nanokontrol2 (built in)\n"
    assert "there is no map nanokontrol3 for x" in told.err
    config.write_text("surfaces:\n  use: [{port: x, map: Nano}]\n")
    assert run("list", "--config", config) == 2
    assert "studiod.yaml:2: surfaces.use[1].map is 'Nano'" in capsys.readouterr().err


def test_draw_writes_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("draw", NANO, "-o", tmp_path / "a.svg") == 0
    assert (tmp_path / "a.svg").read_text().startswith("<svg")
    assert run("draw", NANO, "-o", tmp_path / "nowhere" / "a.svg") == 1
    assert "cannot be written" in capsys.readouterr().err
    assert run("draw", BROKEN) == 1
    assert run("draw", map_folder() / "mackie" / "behringer-x-touch.yaml") == 0
    assert "V-pot" in capsys.readouterr().out


def test_facts_of_a_mackie_box_are_checked_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "box.yaml"
    path.write_text((map_folder() / "mackie" / "behringer-x-touch.yaml").read_text() + "stripes: 8\n")
    assert run("check", path) == 1
    assert "stripes is unknown" in capsys.readouterr().err


def test_import_tells_per_file_what_it_read_imported_and_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, stranger = tmp_path / "Little Box.map", tmp_path / "b.map"
    source.write_text(ARDOUR)
    stranger.write_text("<a/>")
    assert run("import", source, "--to", tmp_path / "maps", "--json") == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["read"], report["imported"], report["refused"]) == (2, 1, 1)
    assert report["refusals"][0]["line"] == 3
    assert list(load_map(Path(report["written"])).controls) == ["ch1-cc7"]
    assert run("import", source, stranger, tmp_path / "none.map") == 1
    told = capsys.readouterr()
    assert "2 read, 1 imported, 1 refused" in told.out
    source.write_text(ARDOUR.replace("Little Box", "Preset 6"))
    assert run("import", source, "--to", tmp_path / "waits") == 0
    assert "it waits for surfaces.use" in capsys.readouterr().out
    assert "begins with a" in told.err
    assert "No such file" in told.err


def test_import_does_not_write_over_what_a_person_has_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "box.map"
    source.write_text(ARDOUR)
    (tmp_path / "box.yaml").write_text("mine")
    assert run("import", source, "--to", tmp_path) == 1
    assert (tmp_path / "box.yaml").read_text() == "mine"
    assert "File exists" in capsys.readouterr().err
