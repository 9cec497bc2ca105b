"""The tape process: the machine in the main thread, the player in its own: neither waits for the other's disk."""

import logging
import signal
import threading
import time

from studiod.app.settings import Settings
from studiod.link import TAPE, Block
from studiod.tape import Player, TapeMachine

PLAYER_IDLE_S = 0.05  # a locate is noticed within this; the rings hold far more
_log = logging.getLogger(__name__)


def run(block: Block, settings: Settings) -> int:
    """Until SIGTERM; exit status."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    player = Player(block, settings.audio.rate_hz)
    machine = TapeMachine(
        block,
        settings.tape.library.expanduser() / settings.tape.session,
        settings.audio.rate_hz,
        settings.tape.max_loss_s,
        time.monotonic,
        lambda: list(player.faults.values()),
    )
    machine.start()
    playing = threading.Thread(target=_play, args=(player, stopped), name="player")
    playing.start()
    block.set_ready(TAPE, ready=True)
    while not stopped.is_set():
        machine.turn()
        time.sleep(machine.pause_s)  # half the price of waiting on the event; a signal is seen a few blocks later
    machine.stop()
    playing.join(timeout=2.0)
    return 0


def _play(player: Player, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            is_hungry = player.turn()
        except Exception:  # noqa: BLE001 - logged; the take goes on whatever a file did to us
            _log.exception("playback")
            is_hungry = False
        time.sleep(0.001 if is_hungry else PLAYER_IDLE_S)
    player.close()
