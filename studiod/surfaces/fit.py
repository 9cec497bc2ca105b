"""Does a map fit the desk? Addresses it names that the desk lacks, or that cannot be used like that."""

import itertools
from collections.abc import Iterator

from studiod.model.parameter import Flag, Kind, ParameterSpec, Refused
from studiod.model.registry import Registry
from studiod.surfaces.bank import PLACEHOLDER
from studiod.surfaces.base import Act, Binding, Feedback, Page, ShowKind, SurfaceMap
from studiod.surfaces.bindings import ON_DESK
from studiod.surfaces.checked_yaml import did_you_mean

_NUMBERED = frozenset({Kind.TOGGLE, Kind.CHOICE})


def misfits(facts: SurfaceMap, registry: Registry) -> tuple[str, ...]:
    """A sentence, with file:line, for each binding and feedback of `facts` that cannot work.

    A desk with few strips is no fault. What stands in no file has the map's name before it.
    """
    faults = [(item.place or facts.name, _misfit(item, facts, registry)) for item in _items(facts)]
    return tuple(f"{place}: {fault}" for place, fault in dict.fromkeys(faults) if fault)


def _items(facts: SurfaceMap) -> Iterator[Binding | Feedback]:
    pages = (Page(facts.bindings, facts.feedback), *facts.pages.values(), *facts.layers.values())
    for page in pages:
        for binding in itertools.chain.from_iterable(page.bindings.values()):
            if binding.act in ON_DESK:
                yield binding
        yield from (item for item in page.feedback.values() if item.address)


def _misfit(item: Binding | Feedback, facts: SurfaceMap, registry: Registry) -> str:
    address = PLACEHOLDER.sub("1", item.address)
    if address not in registry:
        hint = did_you_mean(address, (spec.address for spec in registry))
        return f"{item.control} means {address}, which the desk does not have{hint}"
    spec = registry[address]
    fault = _shown(item, spec, facts) if isinstance(item, Feedback) else _used(item, spec)
    return f"{item.control} {fault}" if fault else ""


def _used(binding: Binding, spec: ParameterSpec) -> str:
    if binding.act is Act.TRIGGER and spec.kind is Kind.TRIGGER:
        if bool(spec.unit) is (binding.argument is not None):
            return ""
        return f"fires {spec.address} {'without its' if spec.unit else 'with an'} argument"
    is_fine = {
        Act.TOGGLE: spec.kind is Kind.TOGGLE,
        Act.MOMENTARY: spec.kind is Kind.TOGGLE,
        Act.RADIO: spec.kind is Kind.CHOICE,
        Act.STEP: spec.is_numeric,
        Act.SET: spec.is_numeric,
        Act.ADDRESS: spec.taper is not None,
    }.get(binding.act, False)
    if not is_fine or Flag.READ_ONLY in spec.flags:
        told = f"{spec.kind.value} that is only read" if is_fine else spec.kind.value
        return f"uses {spec.address} as {binding.act.value}, but that is a {told}"
    if binding.act in (Act.RADIO, Act.SET):
        try:
            spec.parse(binding.word)
        except Refused as refusal:
            return f"sets {refusal}"
    if binding.act is Act.STEP and spec.kind in _NUMBERED and binding.by != int(binding.by):
        return f"steps {spec.address} by {binding.by:g}; allowed whole places"
    return ""


def _shown(feedback: Feedback, spec: ParameterSpec, facts: SurfaceMap) -> str:
    show = facts.controls[feedback.control].show
    kind = show.kind if show is not None else None
    if kind is ShowKind.DISPLAY and (spec.is_numeric or spec.kind in (Kind.TEXT, Kind.METER)):
        return ""
    if kind is ShowKind.METER and spec.kind is Kind.METER:
        return ""
    if not spec.is_numeric:
        return f"shows {spec.address}, but that is a {spec.kind.value}"
    words = (*feedback.lit, *feedback.blink, *(word for word in feedback.states if word != "else"))
    known = spec.choices if spec.kind is Kind.CHOICE else ("on", "off") if spec.kind is Kind.TOGGLE else words
    unknown = [word for word in words if word not in known]
    return f"is lit at {', '.join(unknown)}; {spec.address} knows {spec.allowed}" if unknown else ""
