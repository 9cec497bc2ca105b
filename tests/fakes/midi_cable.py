"""A MIDI cable in a process of its own: what goes into its JACK input comes out of its output, and is written down."""

import json
import sys
import time

import rtmidi

from studiod.ports.hang_up import hang_up


def main() -> None:
    """Lay the cable; answer each line with what went through since the last: [nanoseconds, hex] each. End ends it."""
    heard: list[tuple[int, str]] = []
    midi_out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="cable")
    midi_in = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="cable")
    midi_in.ignore_types(sysex=False, timing=False, active_sense=True)

    def carry(event: tuple[list[int], float], _: object) -> None:
        message = bytes(event[0])
        heard.append((time.monotonic_ns(), message.hex(" ")))
        midi_out.send_message(message)

    midi_in.set_callback(carry)
    midi_out.open_virtual_port("far")
    midi_in.open_virtual_port("near")
    sys.stdout.write("laid\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        told, heard[:] = heard[:], []
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    hang_up(midi_in)
    midi_out.delete()


if __name__ == "__main__":
    main()
