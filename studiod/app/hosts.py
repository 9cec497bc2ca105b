"""Which host calls the engine: opened by wish, watched, replaced when its device goes, taken back when it returns."""

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studiod.app.portaudio import PortAudio, PortAudioUnavailable
from studiod.app.settings import Settings
from studiod.app.supervisor import REATTACH
from studiod.engine import Engine
from studiod.link import ENGINE, Block
from studiod.link.status import tell_status
from studiod.model.transport import TransportState

SILENT_S, SILENT_BLOCKS = 0.2, 10  # no callback for longer than both: look closer (DESIGN: heartbeat)
GONE_S = 2.0  # no callback for this long: gone, whatever the system says
RETRY_S = 1.0
MANY_CRASHES = 2
_CARDS = Path("/proc/asound/cards")
_log = logging.getLogger(__name__)


class Hosts:
    """The engine's host, from first opening to parting. `watch` is called many times a second."""

    def __init__(self, engine: Engine, block: Block, settings: Settings, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._block = block
        self._settings = settings
        self._clock = clock
        self._portaudio: PortAudio | None = None
        self._device: str | None = None
        self._fault = ""
        self._blocks = -1
        self._moved_at = clock()
        self._retry_at = 0.0
        self._cards = _cards()
        self._is_stand_in = False  # the virtual stage plays because there was no card
        self._devices: list[dict[str, Any]] = []

    def open(self) -> None:
        """Open what is configured; without it the engine goes on with silence and says why."""
        wish = self._settings.audio.host
        tries = {"auto": ("jack", "portaudio", "virtual")}.get(wish, (wish,))
        faults: list[str] = []
        for host in tries:
            if host == "virtual" and wish == "auto" and self._cards:
                break  # there is a card, only not for us: a band nobody invited must not be in the take
            try:
                self._forbid_crashes(host)
                self._open(host, is_wish=wish != "auto")
            except OSError as fault:
                faults.append(str(fault))
                continue
            if wish == "auto" and host == "virtual":
                self._is_stand_in = True
                _log.info("no sound device is open (%s): the virtual stage plays", "; ".join(faults))
            return
        self._fault = "; ".join(faults)
        _log.error("%s", self._fault)
        self._engine.start_internal()

    def _forbid_crashes(self, host: str) -> None:
        """Write down what is being opened; raises OSError when engines before this one died of it."""
        told = json.loads(self._block.status(ENGINE) or "{}")
        crashes = told.get("crashes", 0) + 1 if told.get("opening") == host else 0
        if crashes >= MANY_CRASHES:
            raise OSError(
                f"{host} crashed {crashes} times while it was opened: check the sound system, then restart studiod"
            )
        tell_status(self._block, ENGINE, {"opening": host, "crashes": crashes})

    def _open(self, host: str, *, is_wish: bool) -> None:
        audio, block = self._settings.audio, self._block
        if host == "virtual":
            virtual = self._settings.virtual
            self._engine.start_virtual(
                virtual.sources, virtual.tempo_bpm, block.inputs, block.outputs, virtual.loopback_frames
            )
            self._device = f"virtual stage ({virtual.sources})"
        elif host == "jack":
            self._open_jack()
        else:
            if not is_wish and not self._cards:
                raise PortAudioUnavailable("this machine has no sound card")
            self._portaudio = PortAudio(audio.device, audio.output_device, audio.rate_hz, audio.block_frames)
            inputs, outputs = self._portaudio.choose(block.inputs, block.outputs)
            callback, user_data = self._engine.portaudio_stream(inputs, outputs)
            self._portaudio.start(callback, user_data)
            self._device = self._portaudio.name
            self._fault = self._portaudio.fault
        self._moved_at = self._clock()

    def _open_jack(self) -> None:
        audio = self._settings.audio
        rate_hz, _, captures, playbacks = self._engine.open_jack("studiod", audio.jack_server)
        if rate_hz != audio.rate_hz:
            raise OSError(f"JACK runs at {rate_hz} Hz, audio.rate_hz is {audio.rate_hz}: make them the same")
        if not audio.jack_connect:
            captures, playbacks = [], []
        self._engine.start_jack(self._block.inputs, self._block.outputs, captures, playbacks)
        self._device = f"JACK {audio.jack_server or 'server'}"

    def watch(self) -> int | None:
        """Look after the device; an exit status when the process must be started anew to open it."""
        now = self._clock()
        host = self._engine.host
        snapshot = self._block.snapshot()
        if host == "virtual":
            is_card_here = self._is_stand_in and _cards() not in ("", self._cards)
            return REATTACH if is_card_here and snapshot.state != TransportState.RECORDING else None
        if snapshot.blocks != self._blocks:
            self._blocks, self._moved_at = snapshot.blocks, now
        if host == "internal":
            return self._look_for_return(now)
        silent_s = now - self._moved_at
        if host == "jack" and (self._engine.is_lost or silent_s > GONE_S):
            self._lose("the JACK server has ended: silence until it is back")
        elif host == "portaudio" and silent_s > max(SILENT_S, SILENT_BLOCKS * snapshot.period_ns / 1e9):
            if silent_s > GONE_S or _cards() != self._cards:
                # PortAudio cannot be trusted to close a lost device: it may hang for ever. A new process can.
                _log.warning("%s is gone: the engine starts anew with what is left", self._device)
                return REATTACH
        elif host == "portaudio" and self._portaudio is not None and self._portaudio.fault and _cards() != self._cards:
            return REATTACH  # a card came, and one is missed
        return None

    def _lose(self, why: str) -> None:
        self._fault = why
        _log.warning("%s", why)
        self._engine.start_internal()
        self._retry_at = self._clock() + RETRY_S

    def _look_for_return(self, now: float) -> int | None:
        if now < self._retry_at:
            return None
        self._retry_at = now + RETRY_S
        wish = self._settings.audio.host
        if wish == "jack" or (self._device or "").startswith("JACK"):
            try:
                self._open_jack()
            except OSError as fault:
                self._fault = f"{fault}; silence until then"
            else:
                _log.info("%s is back", self._device)
                self._fault = ""
        elif _cards() != self._cards:
            return REATTACH
        return None

    def leave(self) -> None:
        """Part from the host, without a click. PortAudio is left to the end of the process: closing it may hang."""
        if self._engine.host != "internal":
            time.sleep(self._engine.fade_out())
        self._engine.stop()

    def status(self) -> dict[str, Any]:
        """For the outside; latencies in frames, None while no device says how late it is."""
        inwards, outwards = self._latency() or (None, None)
        return {
            "host": self._engine.host,
            "device": self._device,
            "input_latency": inwards,
            "output_latency": outwards,
            "fault": self._fault,
            "devices": self._portaudio.devices() if self._portaudio is not None else _card_list(),
            "pid": os.getpid(),
        }

    def _latency(self) -> tuple[int, int] | None:
        """Frames from the world to us, and from us to the world."""
        host = self._engine.host
        if host == "portaudio":
            return None if self._portaudio is None else self._portaudio.latency
        return self._engine.jack_latency if host == "jack" else (0, 0) if host == "virtual" else None


def _cards() -> str:
    """The sound cards the kernel knows, as text; empty without any."""
    try:
        text = _CARDS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "" if "no soundcards" in text else text


def _card_list() -> list[dict[str, Any]]:
    names = [line.split("]: ", 1)[1].strip() for line in _cards().splitlines() if "]: " in line]
    return [{"name": name, "host": "ALSA", "in_use": False} for name in names]
