"""What the controls of a box mean at this moment: its page, its layers, its windows."""

from typing import TYPE_CHECKING

from studiod.model.registry import Registry
from studiod.surfaces.bank import Banks
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.bindings import Binding, Feedback

if TYPE_CHECKING:
    from collections.abc import Mapping


class View:
    """The page that is shown, the layers that are on, and the windows of one box. It survives the box's absence."""

    def __init__(self, facts: SurfaceMap, registry: Registry) -> None:
        self.banks = Banks(facts.banks, registry)
        self._facts = facts
        self._pages = tuple(facts.pages)
        self._page = 0
        self._on: set[str] = set()
        self._layers_of: dict[str, list[tuple[str, bool]]] = {}
        for name, layer in facts.layers.items():
            self._layers_of.setdefault(layer.key, []).append((name, layer.latches))
        self.bindings: Mapping[str, tuple[Binding, ...]] = {}
        self.feedback: Mapping[str, Feedback] = {}
        self._compose()

    def turn_page(self, word: str) -> bool:
        """Show the `next` or `previous` page, or the one of that name; True when it is another."""
        before = self._page
        if word in ("next", "previous"):
            self._page = (self._page + (1 if word == "next" else -1)) % max(len(self._pages), 1)
        elif word in self._pages:
            self._page = self._pages.index(word)
        return self._changed(self._page != before)

    def press(self, key: str) -> bool:
        """A button went down: switch the layers it holds or latches; True when one changed."""
        before = set(self._on)
        for name, latches in self._layers_of.get(key, ()):
            if latches and name in self._on:
                self._on.discard(name)
            else:
                self._on.add(name)
        return self._changed(self._on != before)

    def release(self, key: str) -> bool:
        """A button came up: end the layers it held; True when one changed."""
        before = set(self._on)
        self._on -= {name for name, latches in self._layers_of.get(key, ()) if not latches}
        return self._changed(self._on != before)

    @property
    def page(self) -> str:
        """The page that is shown; empty for a box without pages."""
        return self._pages[self._page] if self._pages else ""

    @property
    def layers(self) -> frozenset[str]:
        """The layers that are on."""
        return frozenset(self._on)

    def home_of(self, control: str) -> tuple[str, ...]:
        """Where the file says what the control means now: `("pages", "pan")`, `("layers", "shift")`, or at the top."""
        on = [name for name, layer in self._facts.layers.items() if name in self._on and control in layer.bindings]
        if on:
            return "layers", on[-1]
        is_on_page = bool(self.page) and control in self._facts.pages[self.page].bindings
        return ("pages", self.page) if is_on_page else ()

    def recall(self, other: "View") -> None:
        """Stand where `other` stands, as far as there is such a page, window and latched layer here."""
        self.banks.recall(other.banks)
        self.turn_page(other.page)
        latched = {name for several in self._layers_of.values() for name, latches in several if latches}
        self._on |= latched & other.layers
        self._compose()

    def says(self, feedback: Feedback) -> bool | None:
        """Whether what `feedback` tells of the box itself is so; None when it tells of the desk."""
        if feedback.page:
            return bool(self._pages) and self._pages[self._page] == feedback.page
        if feedback.layer:
            return feedback.layer in self._on
        if feedback.selected:
            return self.banks.resolve(feedback.selected) == str(self.banks.selected)
        if feedback.bank_at is not None:
            kind, first = feedback.bank_at
            return self.banks[kind].offset + 1 == first
        return None

    def _changed(self, changed: bool) -> bool:  # noqa: FBT001 - passes a fact through
        if changed:
            self._compose()
        return changed

    def _compose(self) -> None:
        bindings, feedback = dict(self._facts.bindings), dict(self._facts.feedback)
        over = [self._facts.pages[self._pages[self._page]]] if self._pages else []
        over += [layer for name, layer in self._facts.layers.items() if name in self._on]
        for page in over:
            for control in page.bindings:  # what it was bound to is not what it shows any more
                feedback.pop(control, None)
            bindings.update(page.bindings)
            feedback.update(page.feedback)
        self.bindings, self.feedback = bindings, feedback
