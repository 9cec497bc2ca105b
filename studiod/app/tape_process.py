"""The tape process: the machine in the main thread, player and copy in their own: none waits for another's disk."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from studiod.app.settings import Settings
from studiod.link import TAPE, Block
from studiod.model.console import console_parameters
from studiod.model.registry import Registry
from studiod.tape import (
    BlackBox,
    BlackBoxLimits,
    Heard,
    Journals,
    Player,
    TakeCopy,
    TapeMachine,
    TapeOptions,
    Witness,
    clock_identity,
    clock_is_synchronised,
)

PLAYER_IDLE_S = 0.05  # a locate is noticed within this; the rings hold far more
PLAYER_EMPTY_S = 0.1  # and a first playlist within this: waking up costs more than the look
BOX_CLOSE_S = 5.0  # what it holds is whole anyway
BOX_REST_S = 2.0  # after what should not have happened
HEARD_S = 5.0  # of MIDI before a take and its hidden begin: a take that is opened late has it
COPY_CLOSE_S = 5.0  # a slow second disk may take so long to close its take; what it has is whole anyway
_TIME_WAS_SET = Path("/run/systemd/timesync/synchronized")  # systemd-timesyncd(8): there once the clock was set
_log = logging.getLogger(__name__)


def run(block: Block, settings: Settings) -> int:
    """Until SIGTERM; exit status."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    player = Player(block, settings.audio.rate_hz)
    witness = Witness(block)
    heard = Heard(block, settings.tape.pre_record_s + HEARD_S)
    machine = TapeMachine(
        block,
        settings.tape.library.expanduser() / settings.tape.session,
        settings.audio.rate_hz,
        settings.tape.max_loss_s,
        time.monotonic,
        lambda: list(player.faults.values()),
        _options(settings),
        _armed_tracks(block, settings),
        time.time,
        is_clock_synchronised,
        journals=Journals(block, settings.console_layout(), heard, witness.applied),
        heard=heard,
    )
    box = _black_box(block, settings, witness, lambda: machine.is_pressed) if settings.blackbox.on else None
    if box is not None:
        machine.blackbox_status = box.status
    machine.start()
    holding = None if box is None else _start_box(box, stopped)
    playing = threading.Thread(target=_play, args=(player, stopped), name="player")
    playing.start()
    copying = None if machine.copy is None else _start_copy(machine.copy, stopped)
    block.set_ready(TAPE, ready=True)
    while not stopped.is_set():
        machine.turn()
        time.sleep(machine.pause_s)  # half the price of waiting on the event; a signal is seen a few blocks later
    if copying is not None:
        copying.join(timeout=COPY_CLOSE_S)
    if holding is not None:
        holding.join(timeout=BOX_CLOSE_S)
    machine.stop()
    playing.join(timeout=2.0)
    return 0


def is_clock_synchronised() -> bool:
    """Whether a time server has set the system clock; a sandbox that hides the kernel's answer leaves systemd's."""
    answer = clock_is_synchronised()
    return _TIME_WAS_SET.exists() if answer is None else answer


def _options(settings: Settings) -> TapeOptions:
    tape = settings.tape
    second, copy_to = (
        None if folder is None else folder.expanduser() for folder in (tape.second_library, tape.copy_to)
    )
    return TapeOptions(tape.bits, tape.pre_record_s, tape.polyphonic, second, copy_to)


def _armed_tracks(block: Block, settings: Settings) -> Callable[[], int]:
    """How many tracks Record would record now, out of the block's values."""
    layout = settings.console_layout()
    registry = Registry(console_parameters(layout))
    tracks = {registry.slot(f"/strip/{strip + 1}/arm"): 1 for strip in range(layout.strips)}
    tracks |= {registry.slot(f"/strip/{strip + 1}/trimmed/arm"): 1 for strip in range(layout.strips)}
    tracks |= {registry.slot(f"/bus/{bus + 1}/arm"): 1 for bus in range(layout.buses)}
    tracks[registry.slot("/main/arm")] = 2
    return lambda: sum(count for slot, count in tracks.items() if block.number(slot))


def _start_copy(copy: TakeCopy, stopped: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=_copy, args=(copy, stopped), name="copy", daemon=True)
    thread.start()
    return thread


def _copy(copy: TakeCopy, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            copy.turn(copy.block.snapshot(), copy.block.capture_head)
        except Exception:  # noqa: BLE001 - logged; the first copy of the take goes on whatever becomes of the second
            _log.exception("copy")
        time.sleep(copy.pause_s)
    copy.stop()


def _black_box(block: Block, settings: Settings, witness: Witness, has_precedence: Callable[[], bool]) -> BlackBox:
    box = settings.blackbox
    return BlackBox(
        block,
        settings.tape.library.expanduser(),
        clock_identity(os.getppid()),  # the supervisor made the block: frames count on as long as it lives
        BlackBoxLimits(round(box.gigabytes * 1e9), 3600.0 * box.hours),
        float(box.chunk_s),
        box.never,
        time.monotonic,
        time.time,
        is_clock_synchronised,
        has_precedence,
        witness,
    )


def _start_box(box: BlackBox, stopped: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=_hold, args=(box, stopped), name="black box", daemon=True)
    thread.start()
    return thread


def _hold(box: BlackBox, stopped: threading.Event) -> None:
    box.start()
    while not stopped.is_set():
        try:
            box.turn()
        except Exception:  # noqa: BLE001 - logged; takes go on whatever becomes of the black box
            _log.exception("black box")
            stopped.wait(BOX_REST_S)
        time.sleep(box.pause_s)
    box.stop()


def _play(player: Player, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            is_hungry = player.turn()
        except Exception:  # noqa: BLE001 - logged; the take goes on whatever a file did to us
            _log.exception("playback")
            is_hungry = False
        time.sleep(0.001 if is_hungry else PLAYER_IDLE_S if player.has_regions else PLAYER_EMPTY_S)
    player.close()
