"""A folder with a configuration in it."""

from pathlib import Path

import pytest

from studiod.app.config.faults import ConfigError
from studiod.app.config.load import LoadedConfig, load_config


class Folder:
    """A folder with one configuration in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path / "desk.yaml"

    def load(self, text: str, **overrides: object) -> LoadedConfig:
        self.file.write_text(text, encoding="utf-8")
        options = {f"--{name.replace('_', '-')}": value for name, value in overrides.items()}
        return load_config(self.file, options, environment={})

    def faults(self, text: str, **overrides: object) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            self.load(text, **overrides)
        return str(caught.value).replace(f"{self.file}:", "").splitlines()
