"""The one parameter table: every parameter of a desk of a given size. Everything else derives from it."""

from studiod.model.console.layout import MAX_BUSES, MAX_MATRICES, MAX_MIDI_TRACKS, MAX_STRIPS, ConsoleLayout
from studiod.model.console.midi import EVERY_CHANNEL, EVERY_PORT, midi_rows
from studiod.model.console.section import section_rows
from studiod.model.console.strip import MONITOR_BOTH, MONITOR_CHOICES, strip_rows
from studiod.model.console.sums import bus_rows, main_rows, matrix_rows
from studiod.model.console.sync import sync_rows
from studiod.model.console.transport import transport_rows
from studiod.model.parameter import ParameterSpec

__all__ = [
    "EVERY_CHANNEL",
    "EVERY_PORT",
    "MAX_BUSES",
    "MAX_MATRICES",
    "MAX_MIDI_TRACKS",
    "MAX_STRIPS",
    "MONITOR_BOTH",
    "MONITOR_CHOICES",
    "ConsoleLayout",
    "console_parameters",
]


def console_parameters(layout: ConsoleLayout) -> tuple[ParameterSpec, ...]:
    """Every parameter of the desk, in the order that gives the engine its slots."""
    return (
        *(spec for strip in range(1, layout.strips + 1) for spec in strip_rows(strip, layout)),
        *(spec for bus in range(1, layout.buses + 1) for spec in bus_rows(bus, layout)),
        *(spec for matrix in range(1, layout.matrices + 1) for spec in matrix_rows(matrix, layout)),
        *main_rows(layout),
        *section_rows(layout),
        *transport_rows(),
        *(spec for track in range(1, layout.midi_tracks + 1) for spec in midi_rows(track)),
        *sync_rows(),
    )
