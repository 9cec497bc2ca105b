"""Where the desk's values live outside the desk: the shared block, from which a restarted desk or engine takes them."""

from studiod.link import Block, Operation
from studiod.model.registry import Registry


class BlockStore:
    """The hub's ValueStore over the shared block. Claims the desk's end of the rings; raises SideTaken."""

    def __init__(self, block: Block) -> None:
        block.claim_desk()
        self._block = block

    def store_number(self, slot: int, value: float, engine_value: float) -> None:
        """Keep `value` (natural units) and what the engine makes of it."""
        self._block.store_number(slot, value, engine_value)

    def store_text(self, slot: int, text: str) -> None:
        """Keep a name."""
        self._block.store_text(slot, text)

    def send(self, slot: int, engine_value: float) -> bool:
        """Queue a value for the engine; False when the ring is full."""
        return self._block.push_control(Operation.SET, slot, engine_value, 0, 0)


def values_in(block: Block, registry: Registry) -> tuple[list[tuple[str, float]], list[tuple[str, str]]]:
    """Every number and text a desk before this one left in the block."""
    numbers = [(spec.address, block.number(slot)) for slot, spec in enumerate(registry.numbers)]
    texts = [(spec.address, block.text(slot)) for slot, spec in enumerate(registry.texts)]
    return numbers, texts


def store_defaults(block: Block, registry: Registry, rate_hz: int) -> None:
    """Put every parameter's default into a new block, so that an engine may start before the desk does."""
    for slot, spec in enumerate(registry.numbers):
        block.store_number(slot, spec.default, spec.engine_value(spec.default, rate_hz))
    for slot, spec in enumerate(registry.texts):
        block.store_text(slot, spec.default_text)
