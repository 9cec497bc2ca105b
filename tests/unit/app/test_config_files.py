"""Every file in config/ loads, one is broken on purpose, and what is written from the schema is up to date."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from studiod.app.config import export
from studiod.app.config.faults import ConfigError
from studiod.app.config.load import load_config

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "config"
GOOD = sorted(path.name for path in CONFIG.glob("*.yaml") if path.name != "broken.yaml")

BROKEN = """\
config/broken.yaml:7: studio.name is given twice, in lines 6 and 7; keep one
config/broken.yaml:10: audio.host is 'portadio'; allowed auto, virtual, portaudio, jack. Did you mean portaudio?
config/broken.yaml:11: audio.rate_hz is 48; allowed 44100, 48000, 88200, 96000, 176400, 192000. Did you mean 48000?
config/broken.yaml:12: audio.blok_frames is no setting; allowed host, device, output_device, rate_hz, block_frames, \
inputs, outputs, jack_server, jack_connect, roundtrip_frames. Did you mean block_frames?
config/broken.yaml:14: audio.port is no setting; allowed host, device, output_device, rate_hz, block_frames, \
inputs, outputs, jack_server, jack_connect, roundtrip_frames. Did you mean osc.port?
config/broken.yaml:19: desk.strips[2].name is 808; allowed text of at most 64 bytes, printable. Did you mean "808"?
config/broken.yaml:20: desk.strips[3].input is 9; allowed 0..4, as audio.inputs is 4
config/broken.yaml:24: desk.buses[3].output is 3, which desk.buses[2].output has already; allowed a free one, or 0
config/broken.yaml:27: tape.max_loss_s is 250; allowed 0.05..5. Did you mean 0.25?
config/broken.yaml:28: tape.ring_s is '20'; allowed 5..120. Did you mean 20?
config/broken.yaml:31: osc.allow[1] is '192.168.1.5/24', which is one address in a network; \
allowed a network such as 192.168.1.0/24 or fe80::/10. Did you mean 192.168.1.0/24?
config/broken.yaml:32: osc.zeroconf is 'yes'; allowed true or false. Did you mean true?
config/broken.yaml:34: log is 'debug'; allowed a group of settings: level"""


def test_the_examples_are_there() -> None:
    assert GOOD == ["band16.yaml", "duo.yaml", "stage32.yaml", "studiod.yaml"]


@pytest.mark.parametrize("name", GOOD)
def test_an_example_loads_without_a_word(name: str) -> None:
    assert load_config(CONFIG / name, environment={}).warnings == ()


@pytest.mark.parametrize("name", [*GOOD, "broken.yaml"])
def test_an_example_tells_editors_its_schema(name: str) -> None:
    assert (CONFIG / name).read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")


def test_the_documented_default_is_the_default() -> None:
    assert load_config(CONFIG / "studiod.yaml", environment={}).config == load_config(None, environment={}).config


def test_the_documented_default_names_every_setting() -> None:
    text = (CONFIG / "studiod.yaml").read_text(encoding="utf-8")
    config = load_config(None, environment={}).config
    for group, section in config.model_dump().items():
        _, _, rest = text.partition(f"\n{group}:")
        block = re.split(r"\n(?=\S)", rest)[0]
        assert [name for name in section if f"\n  {name}:" not in block] == [], group


def test_the_broken_example_says_exactly_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(ConfigError) as caught:
        load_config(Path("config/broken.yaml"), environment={})
    assert str(caught.value) == BROKEN


@pytest.mark.parametrize("name", export.FILES)
def test_what_is_written_from_the_schema_is_up_to_date(name: str) -> None:
    written = (ROOT / name).read_text(encoding="utf-8")
    assert written == export.FILES[name](), "run: python -m studiod.app.config.export"


def test_the_export_writes_checks_and_is_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export.main(["--check", "--root", str(tmp_path)]) == 1
    assert list(tmp_path.iterdir()) == []
    assert export.main(["--root", str(tmp_path)]) == 0
    assert export.main(["--check", "--root", str(tmp_path)]) == 0
    assert "config/schema.json: written" in capsys.readouterr().out


def test_every_setting_and_every_section_is_explained() -> None:
    definitions = json.loads((CONFIG / "schema.json").read_text(encoding="utf-8"))["$defs"]
    settings = {
        f"{group}.{name}": item for group, part in definitions.items() for name, item in part["properties"].items()
    }
    assert len(settings) > 30
    assert [name for name, item in {**definitions, **settings}.items() if not item.get("description")] == []


def test_nothing_but_the_configuration_itself_loads_pydantic_or_yaml() -> None:
    code = "import sys, studiod.app.settings, studiod.app.config, studiod.app.config.faults; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert {"pydantic", "yaml", "numpy"}.isdisjoint(modules)
