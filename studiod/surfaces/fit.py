"""Does a map fit the desk? Addresses it names that the desk lacks, or that cannot be used like that."""

from studiod.model.parameter import Kind, ParameterSpec
from studiod.model.registry import Registry
from studiod.surfaces.bank import PLACEHOLDER
from studiod.surfaces.base import Act, Binding, Feedback, SurfaceMap
from studiod.surfaces.checked_yaml import did_you_mean


def misfits(facts: SurfaceMap, registry: Registry) -> tuple[str, ...]:
    """A sentence for each binding and feedback of `facts` that cannot work. A desk with few strips is no fault."""
    used = [item for item in facts.bindings.values() if item.act is not Act.BANK]
    faults = [_misfit(item, registry) for item in used] + [_misfit(item, registry) for item in facts.feedback.values()]
    return tuple(f"{facts.name}: {fault}" for fault in dict.fromkeys(faults) if fault)


def _misfit(item: Binding | Feedback, registry: Registry) -> str:
    address = PLACEHOLDER.sub("1", item.address)
    if address not in registry:
        hint = did_you_mean(address, (spec.address for spec in registry))
        return f"{item.control} means {address}, which the desk does not have{hint}"
    spec = registry[address]
    fault = _shown(item, spec) if isinstance(item, Feedback) else _used(item, spec)
    return f"{item.control} {fault}" if fault else ""


def _used(binding: Binding, spec: ParameterSpec) -> str:
    if binding.act is Act.TRIGGER and spec.kind is Kind.TRIGGER:
        if bool(spec.unit) is (binding.argument is not None):
            return ""
        return f"fires {spec.address} {'without its' if spec.unit else 'with an'} argument"
    if binding.act is Act.TOGGLE and spec.kind is Kind.TOGGLE:
        return ""
    if binding.act is Act.ADDRESS and spec.taper is not None:
        return ""
    return f"uses {spec.address} as {binding.act.value}, but that is a {spec.kind.value}"


def _shown(feedback: Feedback, spec: ParameterSpec) -> str:
    if not spec.is_numeric:
        return f"shows {spec.address}, but that is a {spec.kind.value}"
    unknown = [word for word in feedback.lit if word not in spec.choices]
    return f"is lit at {', '.join(unknown)}; {spec.address} knows {spec.allowed}" if unknown else ""
