"""What the other processes see is what was configured, setting by setting."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from studiod.app.config.load import load_config, to_json
from studiod.app.config.schema import STAGE_NAMES, Config
from studiod.app.settings import STAGE_INPUTS, STAGE_OUTPUTS, Settings
from studiod.model.console import console_parameters
from studiod.model.registry import Registry

CONFIG = Path(__file__).parents[3] / "config"
EXAMPLES = ["band16.yaml", "duo.yaml", "stage32.yaml", "studiod.yaml"]


def config_of(**overrides: object) -> Config:
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    return load_config(None, named, environment={}).config


def settings_of(config: Config) -> Settings:
    return Settings.from_json(to_json(config))


def as_plain(value: object) -> object:
    """A model or a dataclass as dicts and tuples; every field of it, whatever the other side knows."""
    if isinstance(value, BaseModel):
        return {name: as_plain(getattr(value, name)) for name in type(value).model_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return tuple(as_plain(item) for item in value)
    return value


@pytest.mark.parametrize("name", EXAMPLES)
def test_settings_hold_every_field_of_the_configuration(name: str) -> None:
    config = load_config(CONFIG / name, environment={}).config
    assert as_plain(settings_of(config)) == as_plain(config)


def test_settings_hold_what_is_not_the_default(tmp_path: Path) -> None:
    config = config_of(
        desk={
            "buses": [{"role": "fx"}],
            "matrices": ["Hall", {"output": 0}],
            "mono_output": 4,
            "monitor_outputs": [5, 6],
            "talkback_input": 3,
        },
        audio={"host": "portaudio", "device": "UMC", "output_device": "PCM", "inputs": 4, "outputs": 6},
        surfaces={
            "enable": False,
            "maps": [str(tmp_path)],
            "use": [{"port": "*X-TOUCH*", "map": "none"}],
            "pedals": [{"port": "keys", "cc": 64, "normally": "closed", "tap": "/transport/punch"}],
        },
        midi={"api": "jack", "tracks": 2},
        serial={"ports": [{"port": "usb-Arduino*"}, {"port": "/dev/ttyAMA0", "protocol": "midi", "baud": 38400}]},
        gpio={"controls": [{"name": "foot/1", "pin": 17}, {"name": "jog", "kind": "encoder", "pin": 22, "second": 23}]},
        sync={
            "start": "01:00:00",
            "ports": [{"port": "*TR-8*", "send": ["clock"]}, {"port": "v", "receive": ["mtc"], "rate": "29.97df"}],
        },
        tape={"library": str(tmp_path / "ta kes \u266b"), "bits": 16},
    )
    settings = settings_of(config)
    assert as_plain(settings) == as_plain(config)
    assert settings.tape.library == tmp_path / "ta kes \u266b"
    assert settings.surfaces.maps == (tmp_path,)


def test_settings_can_be_hashed_so_nothing_in_them_can_change() -> None:
    assert hash(settings_of(config_of())) == hash(settings_of(config_of()))


def test_the_document_for_other_processes_is_one_line() -> None:
    assert "\n" not in to_json(config_of(studio__name="B\u00fchne"))


def test_the_layout_makes_a_parameter_table() -> None:
    layout = settings_of(config_of(desk__strips=["Kick", {"name": "Bass", "input": 5}], desk__buses=1)).console_layout()
    assert (layout.strips, layout.buses) == (2, 1)
    assert layout.strip_inputs == (1, 5)
    assert layout.strip_names == ("Kick", "Bass")
    assert layout.bus_names == ("Monitor 1",)
    registry = Registry(console_parameters(layout))
    assert registry["/strip/2/name"].default_text == "Bass"


def test_the_layout_knows_roles_matrices_patch_points_and_the_monitor() -> None:
    desk = {
        "buses": ["Ears", {"role": "group"}, {"name": "Verb", "role": "fx", "output": 20}],
        "matrices": ["Foyer"],
        "monitor_outputs": [7, 0],
        "talkback_input": 30,
    }
    layout = settings_of(config_of(desk=desk)).console_layout()
    assert layout.bus_roles == ("aux", "group", "fx")
    assert layout.bus_names == ("Ears", "Group 2", "Verb")
    assert layout.matrix_names == ("Foyer",)
    assert (layout.inputs, layout.outputs, layout.has_monitor) == (30, 20, True)
    registry = Registry(console_parameters(layout))
    assert registry["/matrix/1/name"].default_text == "Foyer"
    assert registry["/bus/3/main/on"].default == 1.0
    assert registry["/strip/1/direct/output"].choices[-1] == "20"


def test_a_desk_without_monitor_outputs_has_no_monitor_section() -> None:
    layout = settings_of(config_of()).console_layout()
    assert (layout.has_monitor, layout.matrices, set(layout.bus_roles)) == (False, 0, {"aux"})


def test_the_default_desk_is_the_stage() -> None:
    layout = settings_of(config_of()).console_layout()
    assert layout.strip_names == STAGE_NAMES
    assert layout.strip_inputs == tuple(range(1, STAGE_INPUTS + 1))


def test_there_is_room_for_every_input_and_output_before_a_device_is_open() -> None:
    small = settings_of(config_of(desk__strips=2, desk__buses=0))
    assert (small.input_channels, small.output_channels) == (STAGE_INPUTS, STAGE_OUTPUTS)
    large = settings_of(config_of(desk__strips=[{"input": 40}], desk__buses=[{"output": 30}]))
    assert (large.input_channels, large.output_channels) == (40, 30)
    for more, room in (
        ({"desk__talkback_input": 20}, (20, STAGE_OUTPUTS)),
        ({"desk__mono_output": 21}, (STAGE_INPUTS, 21)),
        ({"desk__monitor_outputs": [0, 22]}, (STAGE_INPUTS, 22)),
        ({"desk__matrices": [{"output": 23}]}, (STAGE_INPUTS, 23)),
    ):
        wide = settings_of(config_of(**more))
        assert (wide.input_channels, wide.output_channels) == room
    told = settings_of(config_of(audio__inputs=4, audio__outputs=2))
    assert (told.input_channels, told.output_channels) == (4, 2)


def without_port(document: dict[str, Any]) -> None:
    del document["osc"]["port"]


def with_more(document: dict[str, Any]) -> None:
    document["osc"]["more"] = 1


def with_a_text_port(document: dict[str, Any]) -> None:
    document["osc"]["port"] = "9000"


def with_a_true_input(document: dict[str, Any]) -> None:
    document["desk"]["strips"][2]["input"] = True


def with_text_for_strips(document: dict[str, Any]) -> None:
    document["desk"]["strips"] = "Kick"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (without_port, "settings.osc "),
        (with_more, "settings.osc "),
        (with_a_text_port, "settings.osc.port "),
        (with_a_true_input, r"settings.desk.strips\[3\].input "),
        (with_text_for_strips, "settings.desk.strips "),
    ],
)
def test_a_document_of_another_version_is_refused_by_name(change: Callable[[dict[str, Any]], None], place: str) -> None:
    document = json.loads(to_json(config_of()))
    change(document)
    with pytest.raises(ValueError, match=rf"^{place}.*: is every process of the same version\?$"):
        Settings.from_json(json.dumps(document))
