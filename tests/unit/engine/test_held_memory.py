"""What the engine holds in memory: all that its audio thread touches, not the room for texts of other processes."""

import ctypes
import os

from tests.fakes.desk_rig import Rig

_TEXTS = 30 << 20  # orders and playlists


def test_room_for_long_texts_is_no_memory_before_they_are_told() -> None:
    with Rig.make(1, 0, ring_s=0.1) as rig:
        try:
            rig.engine.hold_memory()
        finally:
            ctypes.CDLL(None).munlockall()  # for the tests after this one
        used = os.fstat(rig.fd).st_blocks * 512
        assert used < rig.block.total_bytes - _TEXTS
