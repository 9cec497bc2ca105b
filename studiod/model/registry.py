"""Every parameter by address, and the slot each number has in the shared block."""

from collections.abc import Iterable, Iterator

from studiod.model.parameter import Kind, ParameterSpec


class UnknownAddress(LookupError):  # noqa: N818 - it reads as the fact it reports
    """No parameter has this address."""


class Registry:
    """An immutable table: specs in order, by address, by slot.

    Numbers (level, freq, toggle, ...) have slots 0..numbers-1; texts have slots 0..texts-1 of their own.
    """

    def __init__(self, specs: Iterable[ParameterSpec]) -> None:
        self.specs: tuple[ParameterSpec, ...] = tuple(specs)
        self._by_address = {spec.address: spec for spec in self.specs}
        if len(self._by_address) != len(self.specs):
            twice = next(
                s.address for i, s in enumerate(self.specs) if s.address in {o.address for o in self.specs[:i]}
            )
            raise ValueError(f"{twice} is in the parameter table twice")
        self.numbers: tuple[ParameterSpec, ...] = tuple(s for s in self.specs if s.is_numeric)
        self.texts: tuple[ParameterSpec, ...] = tuple(s for s in self.specs if s.kind is Kind.TEXT)
        self._number_slots = {spec.address: slot for slot, spec in enumerate(self.numbers)}
        self._text_slots = {spec.address: slot for slot, spec in enumerate(self.texts)}

    def __iter__(self) -> Iterator[ParameterSpec]:
        return iter(self.specs)

    def __len__(self) -> int:
        return len(self.specs)

    def __contains__(self, address: object) -> bool:
        return address in self._by_address

    def __getitem__(self, address: str) -> ParameterSpec:
        try:
            return self._by_address[address]
        except KeyError:
            raise UnknownAddress(f"{address}: no such parameter") from None

    def number_slot(self, address: str) -> int:
        """Slot of a number. Raises UnknownAddress for texts, triggers, meters and strangers."""
        try:
            return self._number_slots[address]
        except KeyError:
            raise UnknownAddress(f"{address}: {self._not_a('number', address)}") from None

    def text_slot(self, address: str) -> int:
        """Slot of a text. Raises UnknownAddress for others."""
        try:
            return self._text_slots[address]
        except KeyError:
            raise UnknownAddress(f"{address}: {self._not_a('text', address)}") from None

    def slot(self, address: str) -> int:
        """Slot of a number or a text, each counted in its own row. Raises UnknownAddress for others."""
        for slots in (self._number_slots, self._text_slots):
            if address in slots:
                return slots[address]
        raise UnknownAddress(f"{address}: {self._not_a('number or text', address)}")

    def _not_a(self, row: str, address: str) -> str:
        return f"is no {row}" if address in self else "no such parameter"
