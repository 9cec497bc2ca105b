from typing import Final, Self

from typing_extensions import disjoint_base

from studiod.link._block import Block
from studiod.link.words import PortEvent

HEARD: Final[int]
SAID: Final[int]

@disjoint_base
class EventWriter:
    def __new__(cls, block: Block, ring: int) -> Self: ...
    def post(self, port: int, kind: int, frame: int, ns: int, message: bytes) -> bool: ...

@disjoint_base
class EventReader:
    def __new__(cls, block: Block, ring: int, from_oldest: bool = False) -> Self: ...
    @property
    def missed(self) -> int: ...
    def read(self, most: int = 4096) -> list[PortEvent]: ...
