"""Korg's greeting: ask the box for its scene, set what the map wants in it, send it back. Pure bytes."""

from studiod.surfaces.base import KorgSceneHello

_START, _END = 0xF0, 0xF7
_REQUEST = bytes((0x1F, 0x10, 0x00))
_ACCEPTED, _REJECTED = bytes((0x5F, 0x23)), bytes((0x5F, 0x24))
_DUMP_PREFIX = bytes((0x7F, 0x7F))
_DUMP_HEAD = 6  # 7F 7F 02, the length in two bytes, 40
_GROUP = 7  # eight-bit bytes to one byte of their high bits


def unpack(packed: bytes) -> bytes:
    """Eight-bit bytes out of groups: a byte of high bits (lowest: first byte), then up to seven seven-bit bytes."""
    plain = bytearray()
    for start in range(0, len(packed), _GROUP + 1):
        high, *rest = packed[start : start + _GROUP + 1]
        plain += bytes(low | (high >> place & 1) << 7 for place, low in enumerate(rest))
    return bytes(plain)


def pack(plain: bytes) -> bytes:
    """The inverse of `unpack`; every byte is 0..127."""
    packed = bytearray()
    for start in range(0, len(plain), _GROUP):
        group = plain[start : start + _GROUP]
        packed.append(sum((byte >> 7) << place for place, byte in enumerate(group)))
        packed += bytes(byte & 0x7F for byte in group)
    return bytes(packed)


class KorgScene:
    """One greeting, from request to acceptance. A box that never answers leaves it waiting: that harms nothing."""

    def __init__(self, facts: KorgSceneHello) -> None:
        self._facts = facts
        self._head = bytes((_START,)) + facts.header
        self._strange: list[int] = []
        self.is_settled = False
        """The box just took the scene, or never needed it; true until the next message."""
        self.is_over = False
        """Nothing more is to be said: it took the scene, or will not."""
        self.note = (
            "the box has not answered the question for its lamp mode: lamps work only if its LED mode is External"
        )

    def request(self) -> bytes:
        """The message that asks for the scene."""
        return self._head + _REQUEST + bytes((_END,))

    def is_mine(self, message: bytes) -> bool:
        """It belongs to the greeting, not to a control."""
        return message.startswith(self._head)

    def answer(self, message: bytes) -> bytes | None:
        """What to send back to `message`, if anything; `note` and `is_settled` say how it stands. Never raises."""
        self.is_settled = False
        body = message[len(self._head) : -1]
        if body.startswith(_DUMP_PREFIX):
            return self._scene(body[:_DUMP_HEAD], unpack(body[_DUMP_HEAD:]))
        if body.startswith(_ACCEPTED):
            self._settle()
        elif body.startswith(_REJECTED):
            self.is_over = True
            self.note = "the box refused its lamp mode: set LED mode to External in the maker's editor"
        return None

    def _scene(self, prefix: bytes, scene: bytes) -> bytes | None:
        if len(scene) != self._facts.scene_bytes:
            self.is_over = True
            self.note = (
                f"the box sent a scene of {len(scene)} bytes where {self._facts.scene_bytes} are known: "
                "its lamp mode is left alone"
            )
            return None
        self._strange = [place for place, value in self._facts.expect_bytes.items() if scene[place] != value]
        wanted = bytearray(scene)
        for place, value in self._facts.set_bytes.items():
            wanted[place] = value
        if bytes(wanted) == scene:
            self._settle()
            return None
        return self._head + prefix + pack(bytes(wanted)) + bytes((_END,))

    def _settle(self) -> None:
        self.is_settled = self.is_over = True
        self.note = "the box is in another control mode: start it in the mode its map names" if self._strange else ""
