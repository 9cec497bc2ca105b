"""Maps that are made from others: what still holds of the base, and which map is asked first."""

from collections.abc import Iterable, Mapping

from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.bindings import Layer, Page
from studiod.surfaces.controls import OUTPUT_KINDS, POSITION_KINDS, PRESSED_KINDS, TURNED_KINDS, Control
from studiod.surfaces.map_bindings import Bound

_HANDS = (POSITION_KINDS, TURNED_KINDS, PRESSED_KINDS, OUTPUT_KINDS)


def arranged(maps: Iterable[SurfaceMap], own: Iterable[SurfaceMap] = ()) -> tuple[SurfaceMap, ...]:
    """Maps in the order in which boxes are looked for.

    A later map of the same name comes in place of the earlier one; one with a base comes just before it. own: those
    that were made on this desk; they come before all others of a box.
    """
    found: list[SurfaceMap] = []
    for facts in (*maps, *own):
        names = [other.name for other in found]
        if facts.name in names:
            found[names.index(facts.name)] = facts
        elif facts.base in names:
            found.insert(names.index(facts.base), facts)
        else:
            found.append(facts)
    alone = [facts for facts in own if not facts.base]
    return (*alone, *(facts for facts in found if facts not in alone))


def is_same_hand(one: Control, other: Control) -> bool:
    """Both are slid, or turned without end, or pressed: what the one is bound to may be bound to the other."""
    return all((one.kind in kinds) is (other.kind in kinds) for kinds in _HANDS)


def bound_in(base: SurfaceMap, controls: Mapping[str, Control]) -> Bound:
    """What of the base's bindings and feedback still fits, now that some of its controls are others, or gone."""

    def page(given: Page) -> Page:
        bindings = {
            name: several
            for name, several in given.bindings.items()
            if name in controls and is_same_hand(controls[name], base.controls[name])
        }
        feedback = {
            name: item
            for name, item in given.feedback.items()
            if name in controls and _shown_by(controls[name]) == _shown_by(base.controls[name])
        }
        return Page(bindings, feedback)

    main = page(Page(base.bindings, base.feedback))
    layers = {}
    for name, layer in base.layers.items():
        if layer.key in controls:
            inner = page(layer)
            layers[name] = Layer(inner.bindings, inner.feedback, layer.key, layer.latches)
    return Bound(main.bindings, main.feedback, layers, {name: page(each) for name, each in base.pages.items()})


def _shown_by(control: Control) -> str:
    return "" if control.show is None else control.show.kind.value
