"""Part of a parameter under the whole way of a control."""

from studiod.model.parameter import ParameterSpec

Span = tuple[float, float]
"""Values in natural units at the two ends of the control; they may run backwards."""


def share_of(spec: ParameterSpec, span: Span | None, travel: float) -> float:
    """Where the control would stand (0..1 inside the span, beyond outside) for the parameter's `travel`."""
    if span is None:
        return travel
    first, last = (spec.to_travel(end) for end in span)
    return (travel - first) / (last - first) if first != last else 0.0


def travel_at(spec: ParameterSpec, span: Span | None, share: float) -> float:
    """Travel of the parameter when the control stands at `share` (0..1)."""
    if span is None:
        return share
    first, last = (spec.to_travel(end) for end in span)
    return first + (last - first) * share
