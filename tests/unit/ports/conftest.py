"""What tests of ports stand on."""

from collections.abc import Iterator

import pytest

from tests.fakes.desk_rig import Rig
from tests.fakes.port_studio import Studio


@pytest.fixture
def studio() -> Iterator[Studio]:
    """A patchbay, and the desk's side of it."""
    with Rig.make(strips=1, buses=0) as rig:
        yield Studio(rig)
