"""What no setting can know alone: settings that contradict each other, and those that will have no effect."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from studiod.app.config.faults import SettingPath, path_text
from studiod.app.config.schema import Config
from studiod.app.settings import STAGE_INPUTS

MIN_COMMITS_IN_RING = 4  # a disk that is busy for one commit must not meet a ring that is already half full
WORTH_A_WORD_MIB = 512  # half of what the smallest Raspberry Pi has
_SAMPLE_BYTES = 4

Written = Callable[[SettingPath], bool]
"""True for a setting that the user wrote, False for one that is filled in."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Settings that cannot all hold. The first path is where the message points."""

    paths: tuple[SettingPath, ...]
    text: str


def contradictions(config: Config, is_written: Written) -> Iterator[Contradiction]:
    """Every contradiction in `config`; values that were filled in contradict nothing."""
    yield from _inputs(config, is_written)
    yield from _outputs(config, is_written)
    yield from _pins(config)
    yield from _leaders(config)
    yield from _pedals(config)
    tape = config.tape
    shortest_s = MIN_COMMITS_IN_RING * tape.max_loss_s
    if tape.ring_s < shortest_s:
        paths: tuple[SettingPath, ...] = (("tape", "ring_s"), ("tape", "max_loss_s"))
        said = f"tape.ring_s is {tape.ring_s:g}; allowed {shortest_s:g}..120, as tape.max_loss_s is {tape.max_loss_s:g}"
        yield Contradiction(paths, said)
    for word in ("second_library", "copy_to"):
        if getattr(tape, word) is not None and getattr(tape, word).expanduser() == tape.library.expanduser():
            said = f"tape.{word} is tape.library itself; allowed a folder on another disk, or empty"
            yield Contradiction((("tape", word), ("tape", "library")), said)


def _pins(config: Config) -> Iterator[Contradiction]:
    taken: dict[int, SettingPath] = {}
    for number, control in enumerate(config.gpio.controls):
        place: SettingPath = ("gpio", "controls", number)
        if (control.second is not None) != (control.kind == "encoder"):
            said = (
                f"{path_text(place)} is of kind {control.kind}; allowed `second` for an encoder, and for nothing else"
            )
            yield Contradiction((place,), said)
        if control.normally == "closed" and control.kind != "button":
            yield Contradiction(
                (place,), f"{path_text(place)} is of kind {control.kind}; allowed `normally` for a button"
            )
        for word in ("pin", "second"):
            pin = getattr(control, word)
            if pin in taken:
                said = f"{path_text((*place, word))} is {pin}; allowed a pin that {path_text(taken[pin])} has not"
                yield Contradiction(((*place, word), taken[pin]), said)
            elif pin is not None:
                taken[pin] = (*place, word)


def _leaders(config: Config) -> Iterator[Contradiction]:
    leader: SettingPath | None = None
    for number, port in enumerate(config.sync.ports):
        place: SettingPath = ("sync", "ports", number)
        if not port.receive and not port.send:
            yield Contradiction(
                (place,), f"{path_text(place)} does nothing; allowed words in `receive`, `send` or both"
            )
        if not port.leads:
            continue
        if ("clock" in port.receive) == ("mtc" in port.receive):
            said = f"{path_text(place)} leads; allowed one of clock and mtc in its `receive`, to lead by"
            yield Contradiction((place,), said)
        if leader is not None:
            said = (
                f"{path_text((*place, 'leads'))} is true; allowed for one port, and {path_text(leader)} leads already"
            )
            yield Contradiction(((*place, "leads"), leader), said)
        leader = leader or place


def _pedals(config: Config) -> Iterator[Contradiction]:
    for number, pedal in enumerate(config.surfaces.pedals):
        place: SettingPath = ("surfaces", "pedals", number)
        if sum(each is not None for each in (pedal.cc, pedal.note, pedal.control)) != 1:
            yield Contradiction((place,), f"{path_text(place)}: allowed exactly one of cc, note, control")
        if not any((pedal.press, pedal.tap, pedal.hold, pedal.double, pedal.held)):
            yield Contradiction(
                (place,), f"{path_text(place)} does nothing; allowed at least one of press, tap, hold, double, held"
            )


def warnings(config: Config) -> Iterator[str]:
    """A sentence for every setting that is right but will do nothing, or more than expected."""
    defaults = type(config.audio)()
    for word, hosts in (
        ("device", ("auto", "portaudio")),
        ("output_device", ("auto", "portaudio")),
        ("rate_hz", ("auto", "portaudio", "virtual")),
        ("block_frames", ("auto", "portaudio", "virtual")),
        ("jack_server", ("auto", "jack")),
        ("jack_connect", ("auto", "jack")),
    ):
        if config.audio.host not in hosts and getattr(config.audio, word) != getattr(defaults, word):
            yield f"audio.{word} has no effect with audio.host {config.audio.host}"
    desk = config.desk
    inputs = config.audio.inputs or max(STAGE_INPUTS, desk.talkback_input, *(strip.input for strip in desk.strips))
    mebibytes = inputs * config.audio.rate_hz * config.tape.ring_s * _SAMPLE_BYTES / (1 << 20)
    if mebibytes > WORTH_A_WORD_MIB:
        yield (
            f"tape.ring_s {config.tape.ring_s:g} takes {mebibytes:.0f} MiB of memory "
            f"for {inputs} inputs at {config.audio.rate_hz} Hz; a shorter ring takes less"
        )
    if config.tape.pre_record_s > config.tape.ring_s:
        yield (
            f"tape.pre_record_s {config.tape.pre_record_s:g} is more than tape.ring_s {config.tape.ring_s:g} holds: "
            "takes begin with what it does hold"
        )
    taken: dict[int, str] = {}
    for path, output in _routes(config):
        if output and taken.setdefault(output, path_text(path)) != path_text(path):
            yield f"output {output} plays {taken[output]} and {path_text(path)}: give each its own, or 0"


def _inputs(config: Config, is_written: Written) -> Iterator[Contradiction]:
    inputs = config.audio.inputs
    wanted: list[tuple[SettingPath, int]] = [
        (("desk", "strips", i, "input"), strip.input) for i, strip in enumerate(config.desk.strips)
    ]
    for path, number in (*wanted, (("desk", "talkback_input"), config.desk.talkback_input)):
        if inputs is not None and number > inputs and is_written(path):
            said = f"{path_text(path)} is {number}; allowed 0..{inputs}, as audio.inputs is {inputs}"
            yield Contradiction((path, ("audio", "inputs")), said)


def _routes(config: Config) -> Iterator[tuple[SettingPath, int]]:
    """Every setting that takes an output, and which."""
    desk = config.desk
    for word, pair in (("main_outputs", desk.main_outputs), ("monitor_outputs", desk.monitor_outputs)):
        yield from ((("desk", word, i), output) for i, output in enumerate(pair))
    yield ("desk", "mono_output"), desk.mono_output
    yield from ((("desk", "buses", i, "output"), bus.output) for i, bus in enumerate(desk.buses))
    yield from ((("desk", "matrices", i, "output"), matrix.output) for i, matrix in enumerate(desk.matrices))


def _outputs(config: Config, is_written: Written) -> Iterator[Contradiction]:
    taken: dict[int, SettingPath] = {}
    outputs = config.audio.outputs
    for path, output in _routes(config):
        if output == 0 or not is_written(path):
            continue
        if outputs is not None and output > outputs:
            said = f"{path_text(path)} is {output}; allowed 0..{outputs}, as audio.outputs is {outputs}"
            yield Contradiction((path, ("audio", "outputs")), said)
        if output in taken:
            other = path_text(taken[output])
            said = f"{path_text(path)} is {output}, which {other} has already; allowed a free one, or 0"
            yield Contradiction((path, taken[output]), said)
        taken.setdefault(output, path)
