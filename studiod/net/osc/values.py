"""OSC arguments and what the hub holds: one from the other, by the parameter's spec alone."""

from studiod.desk.hub import Hub
from studiod.model.parameter import Kind, ParameterSpec, Refused
from studiod.model.transport import timecode
from studiod.net.osc.packet import Argument, Message, message

TRAVEL = "/travel"


def reading(hub: Hub, spec: ParameterSpec) -> tuple[Argument, ...]:
    """Arguments that tell the value of `spec` now; a meter that nothing measures is nil."""
    if spec.kind is Kind.METER:
        measured = hub.meter(spec.address)
        if spec.unit == "s" and measured:  # a position: also as people say it
            return (*measured, timecode(round(measured[0] * hub.rate_hz), hub.rate_hz))
        return measured or (None,)
    if spec.kind is Kind.TEXT:
        return (hub.text(spec.address),)
    value = hub.value(spec.address)
    if spec.kind is Kind.TOGGLE:
        return (int(value),)
    if spec.kind is Kind.CHOICE:
        return (spec.choices[int(value)],)
    return (value,)


def reading_message(hub: Hub, spec: ParameterSpec, address: str) -> Message:
    """What `address`, of `spec` or of its travel, says now."""
    if address == spec.address:
        return message(address, *reading(hub, spec))
    return message(address, hub.travel(spec.address))


def write(hub: Hub, spec: ParameterSpec, arguments: tuple[Argument, ...], origin: str) -> None:
    """Store the one argument as the value of `spec`. Raises Refused; types are never guessed."""
    argument = _only(spec.address, arguments, spec.allowed)
    match spec.kind, argument:
        case Kind.TEXT, str():
            hub.write_text(spec.address, argument, origin)
        case Kind.TOGGLE | Kind.CHOICE, str():
            hub.write(spec.address, spec.parse(argument), origin)
        case Kind.TOGGLE, bool():
            hub.write(spec.address, float(argument), origin)
        case _, int() | float() if not isinstance(argument, bool) and spec.kind is not Kind.TEXT:
            hub.write(spec.address, float(argument), origin)
        case _:
            raise Refused(f"{spec.address}: {_kind_of(argument)} is not its type; allowed {spec.allowed}")


def write_travel(hub: Hub, spec: ParameterSpec, arguments: tuple[Argument, ...], origin: str) -> None:
    """Store the value at a travel of 0..1. Raises Refused."""
    address = spec.address + TRAVEL
    argument = _only(address, arguments, "0..1")
    if isinstance(argument, bool) or not isinstance(argument, int | float):
        raise Refused(f"{address}: {_kind_of(argument)} is not its type; allowed 0..1")
    hub.write_travel(spec.address, float(argument), origin)


def fire(hub: Hub, spec: ParameterSpec, arguments: tuple[Argument, ...], origin: str) -> None:
    """Do what the trigger `spec` does. Raises Refused.

    A trigger without an argument of its own takes what a button sends: anything but 0 fires, 0 is its release.
    """
    numbers: list[float] = []
    for argument in arguments:
        if not isinstance(argument, int | float) or (spec.unit and isinstance(argument, bool)):
            raise Refused(f"{spec.address}: {_kind_of(argument)} is not its type; allowed {spec.allowed}")
        numbers.append(float(argument))
    if spec.unit or len(numbers) != 1:
        hub.fire(spec.address, *numbers, origin=origin)
    elif numbers[0]:
        hub.fire(spec.address, origin=origin)


def _only(address: str, arguments: tuple[Argument, ...], allowed: str) -> Argument:
    if len(arguments) != 1:
        raise Refused(f"{address}: takes one argument, got {len(arguments)}; allowed {allowed}")
    return arguments[0]


def _kind_of(argument: Argument) -> str:
    for kind, words in (
        (bool, "true or false"),
        (int, "a number"),
        (float, "a number"),
        (str, "text"),
        (bytes, "a blob"),
    ):
        if isinstance(argument, kind):
            return words
    return "that"
