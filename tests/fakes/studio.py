"""A studio without sound: studiod's own OSC door, hub and parameter table, and a transport that only pretends.

It runs in a thread of its own, on a free port of loopback, between `start` and `stop`.
"""

import asyncio
import json
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

from studiod.app import transport_door
from studiod.desk.hub import Hub
from studiod.desk.markers import Markers
from studiod.desk.rules import lay_rules
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Refused
from studiod.model.registry import Registry
from studiod.model.transport import TransportPhase, TransportState, timecode
from studiod.net.access import Peer
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument
from studiod.net.osc.server import OscServer
from tests.fakes.store import MemoryStore

RATE_HZ = 48_000
LIMITER_FRAMES = 112
STRIP_NAMES = ("Kick", "Snare", "Hat", "Bass", "Guitar", "Keys", "Voice", "Room")
BUS_NAMES = ("Drummer", "Singer")
_NOISE_DB, _MEAN_NOISE_DB = -90.0, -96.0
QUIET = {
    "strip": (_NOISE_DB, _MEAN_NOISE_DB, 0.0, 0.0),
    "main": (_NOISE_DB, _NOISE_DB, _MEAN_NOISE_DB, _MEAN_NOISE_DB, 0.0, 0.0),
    "loudness": (-math.inf, -math.inf, -math.inf, 0.0, -math.inf),
}
"""What the meters of each kind say while nobody plays, as the desk says it; other sums have one reduction."""
_LATE_S = 0.03  # the engine answers a command in its next blocks, not at once
_SESSION = "/library/session"
Answer = TypeVar("Answer")


@dataclass
class Take:
    """One pass of recording."""

    id: int
    files: list[str]
    seconds: float = 0.0
    state: str = "recording"
    position_s: float = 0.0
    gaps: list[dict[str, int]] = field(default_factory=list)
    xruns: int = 0
    recorded_by: str = ""
    stopped_by: str = ""

    def fact(self) -> dict[str, object]:
        """As /take/list says it."""
        return {
            "id": self.id,
            "state": self.state,
            "position": round(self.position_s * RATE_HZ),
            "frames": round(self.seconds * RATE_HZ),
            "seconds": self.seconds,
            "rate_hz": RATE_HZ,
            "files": self.files,
            "gaps": self.gaps,
            "xruns": self.xruns,
            "path": f"{_SESSION}/takes/{self.id:04d}",
            "created": "2026-11-21T02:30:00+00:00",
            "recorded_by": self.recorded_by,
            "stopped_by": self.stopped_by,
        }


class FakeStudio:
    """Eight strips, two buses; takes are as long as `take_s`, whatever time passes.

    is_stuck: commands are taken and nothing follows, as when the engine hangs.
    """

    def __init__(self, strips: int = 8, buses: int = 2) -> None:
        self.strips, self.buses = strips, buses
        self.port = 0
        """The port it listens on; a stopped studio that is started again takes the same."""
        self.is_stuck = False
        self.take_s = 10.0
        self.takes: list[Take] = []
        self.markers = Markers(RATE_HZ)
        self.faults: list[str] = []
        self.insert_frames = 0
        """Round trip of the longest hardware insert."""
        self.roundtrip_note = ""
        """What the studio says of a round trip that is not measured."""
        self.device_latency: tuple[int, int] | None = None
        """Frames in and out, as a device tells them."""
        self.position_s = 0.0
        self.sync: dict[str, object] | None = None
        """As the studio tells it where the configuration names machines."""
        self.keeping: int | None = None
        self.kept_run = 0
        """Run that was asked for last; 0: the present one."""
        self.keep_fault = ""
        """Why the black box will make no take."""
        self.levels: dict[str, tuple[float, ...]] = {
            "/meter/strip/1": (-6.0, -12.5, 0.0, 3.2),
            "/meter/strip/2": (0.5, -9.0, 0.0, 0.0),
            "/meter/bus/1": (-20.0, -30.0, 2.1),
            "/meter/main": (-3.0, -4.0, -10.0, -11.0, 1.5, 0.8),
            "/meter/loudness": (-18.2, -18.9, -19.4, 5.25, -1.3),
        }
        self._closing_take: Take | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: OscServer | None = None
        layout = ConsoleLayout(strips, buses, tuple(range(1, strips + 1)), STRIP_NAMES[:strips], BUS_NAMES[:buses])
        self.hub = Hub(Registry(console_parameters(layout)), MemoryStore(), RATE_HZ)
        lay_rules(self.hub, layout)
        self._wire()

    def start(self) -> "FakeStudio":
        """Listen; returns itself."""
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(opened)), name="fake studio")
        self._thread.start()
        opened.result(10.0)
        return self

    def stop(self) -> None:
        """Hang up on everyone and end the thread; may be called twice."""
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop_event.set)
            self._thread.join(10.0)
        self._thread = None

    def call(self, work: Callable[[], Answer]) -> Answer:
        """What `work` returns, done in the studio's own thread."""
        if self._loop is None:
            return work()
        done: Future[Answer] = Future()
        self._loop.call_soon_threadsafe(lambda: done.set_result(work()))
        return done.result(10.0)

    def value(self, address: str) -> float:
        """The number at `address`."""
        return self.call(lambda: self.hub.value(address))

    def write(self, address: str, value: float) -> None:
        """Move something at the desk itself."""
        self.call(lambda: self.hub.write(address, value, "hand"))

    @property
    def state(self) -> str:
        """What the transport does."""
        return TransportState(int(self.hub.value("/transport/state"))).word

    def press_marker(self, name: str = "") -> None:
        """As the transport does."""
        self.markers.add(round(self.position_s * RATE_HZ), name)

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _run(self, opened: "Future[None]") -> None:
        self._loop = asyncio.get_running_loop()
        self._stop_event = asyncio.Event()
        try:
            self.hub.on_first_change = lambda: self._soon(self.hub.turn)
            self.endpoint = OscEndpoint(self.hub, self._loop)
            for address, answer in (
                ("/system/status", self._status),
                ("/system/devices", self._devices),
                ("/take/list", lambda: [take.fact() for take in self.takes]),
                ("/blackbox/status", self._blackbox),
            ):
                self.endpoint.register(address, _answering(answer))
            self.endpoint.register("/blackbox/keep", self._keep)
            self.endpoint.register("/blackbox/keep/run", self._keep_run)
            transport_door.register(self.endpoint, self)
            self._server = OscServer(self.endpoint, "127.0.0.1", self.port)
            await self._server.start()
            self.port = self._server.port
        except BaseException as fault:
            opened.set_exception(fault)
            raise
        opened.set_result(None)
        await self._stop_event.wait()
        self._server.close()
        self._loop = None

    def _soon(self, work: Callable[[], None], delay_s: float = 0.0) -> None:
        if self._loop is not None:
            self._loop.call_later(delay_s, work)

    def _wire(self) -> None:
        for spec in self.hub.registry:
            if spec.address.startswith("/meter/"):
                self.hub.on_meter(spec.address, self._reader(spec.address))
        self.hub.on_meter("/transport/position", lambda: (self.position_s,))
        self.hub.on_trigger("/marker/delete", self.markers.delete)
        for word, action in (
            ("record", self._record),
            ("play", self._play),
            ("stop", lambda: self._become(TransportState.STOPPED)),
            ("locate", self._locate),
        ):
            self.hub.on_trigger(f"/transport/{word}", action)

    def _reader(self, address: str) -> Callable[[], tuple[float, ...]]:
        quiet = QUIET.get(address.split("/")[2], (_NOISE_DB, _MEAN_NOISE_DB, 0.0))
        return lambda: self.levels.get(address, quiet)

    def _armed(self) -> list[str]:
        strips = [str(n) for n in range(1, self.strips + 1) if self.hub.value(f"/strip/{n}/arm")]
        buses = [f"bus:{n}" for n in range(1, self.buses + 1) if self.hub.value(f"/bus/{n}/arm")]
        strips += [f"trimmed:{n}" for n in range(1, self.strips + 1) if self.hub.value(f"/strip/{n}/trimmed/arm")]
        return [*strips, *buses, *(["main"] if self.hub.value("/main/arm") else [])]

    def _record(self) -> None:
        armed = self._armed()
        if not armed:
            raise Refused("nothing is armed: arm a strip first (studioctl arm 1-4)")
        if self._counts_in():
            return
        if not self.is_stuck and self.state != "recording":
            files = [f"strip-{word}.wav" for word in armed]
            self.takes.append(Take(len(self.takes) + 1, files, position_s=self.position_s))
        self._become(TransportState.RECORDING)

    def _play(self) -> None:
        if not self._counts_in():
            self._become(TransportState.PLAYING)

    def _counts_in(self) -> bool:
        """With a count-in it counts for ever."""
        counts = bool(self.hub.value("/transport/countin"))
        self.hub.publish("/transport/phase", float(TransportPhase.COUNTIN if counts else TransportPhase.NONE))
        return counts

    def _keep(self, arguments: tuple[Argument, ...], _peer: Peer) -> tuple[Argument, ...]:
        seconds, *inputs = arguments
        assert isinstance(seconds, float)
        if self.keeping is not None:
            raise Refused(f"/blackbox/keep: take {self.keeping} is still being kept")
        number = len(self.takes) + 1
        self.keeping = number
        take = Take(number, [f"input-{n!r}.wav" for n in inputs or range(1, 9)], seconds, "good")
        if not self.is_stuck:
            self._soon(lambda: self._kept(take), _LATE_S)
        return (number, f"keeping the last {timecode(round(take.seconds * RATE_HZ), RATE_HZ)} as take {number}")

    def _keep_run(self, arguments: tuple[Argument, ...], peer: Peer) -> tuple[Argument, ...]:
        run, *rest = arguments
        if run not in {5, 6}:
            raise Refused(f"/blackbox/keep/run: the black box holds nothing of run {run!r}; allowed 5, 6")
        self.kept_run = int(run)
        return self._keep(tuple(rest), peer)

    def _blackbox(self) -> dict[str, object]:
        run = {
            "clock_synchronised": True,
            "ended_unix": 1_795_252_530,
            "rate_hz": RATE_HZ,
            "inputs": [[1, 9], [11, 12]],
        }
        return {
            "state": "on",
            "fault": "",
            "held_s": 4000.0,
            "size_bytes": 5_500_000_000,
            "limit_bytes": 8_000_000_000,
            "held_runs": [
                {**run, "run": 5, "held_s": 1234.5, "is_now": False},
                {**run, "run": 6, "held_s": 3960.0, "is_now": True},
            ],
            "pending": self.keeping,
            "keep_fault": self.keep_fault,
        }

    def _kept(self, take: Take) -> None:
        self.keeping = None
        if not self.keep_fault:
            self.takes.append(take)

    def _become(self, state: TransportState) -> None:
        if not self.is_stuck:
            self._soon(lambda: self._arrive(state), _LATE_S)

    def _arrive(self, state: TransportState) -> None:
        if self.state == "recording" and state is TransportState.STOPPED:
            take = self.takes[-1]
            take.seconds = self.take_s
            self.position_s += self.take_s
            self._soon(lambda: setattr(take, "state", "good"), _LATE_S)  # its files are closed a little later
            self._soon(lambda: setattr(self, "position_s", take.position_s), 2 * _LATE_S)
        self.hub.publish("/transport/state", float(state))

    def _locate(self, seconds: float) -> None:
        if not self.is_stuck:
            self._soon(lambda: setattr(self, "position_s", seconds), _LATE_S)

    def _status(self) -> dict[str, object]:
        running = self.takes[-1] if self.takes and self.takes[-1].state == "recording" else None
        return {
            "name": "studiod",
            "version": "0.1.0",
            "host": "virtual",
            "device": None,
            "rate_hz": RATE_HZ,
            "block_frames": 256,
            "isa": "avx2",
            "strips": self.strips,
            "buses": self.buses,
            "inputs": 8,
            "outputs": 8,
            "strip_names": [self.hub.text(f"/strip/{n}/name") for n in range(1, self.strips + 1)],
            "bus_names": [self.hub.text(f"/bus/{n}/name") for n in range(1, self.buses + 1)],
            "state": self.state,
            "phase": TransportPhase(int(self.hub.value("/transport/phase"))).word,
            "position_s": self.position_s,
            "position": timecode(round(self.position_s * RATE_HZ), RATE_HZ),
            "armed": self._armed(),
            "take": {"id": running.id, "frames": 0, "seconds": 0.0, "lost_s": 0.0} if running else None,
            "last_take": self._last_take(),
            "soundcheck": bool(self.hub.value("/soundcheck")),
            "sync": self.sync,
            "processes": {"supervisor": 101, "engine": 102, "tape": 103, "desk": 104},
            "restarts": {"engine": 1, "tape": 0, "desk": 0, "ports": 0},
            "osc": {"port": self.port, "bind": "127.0.0.1"},
            "zeroconf": {"name": "studiod", "services": ["_osc._udp"], "addresses": ["192.168.1.7"], "fault": ""},
            "library": "/library",
            "session": _SESSION,
            "tape": {
                "state": "idle",
                "free_bytes": 5e10,
                "free_s": 7200.0,
                "ring_fill": 0.0,
                "faults": [],
                "room": [
                    {"use": "library", "folder": "/library", "free_bytes": 5e10, "seconds_left": None},
                    {"use": "copy", "folder": "/usb", "free_bytes": 2e9, "seconds_left": 540.0},
                ],
            },
            "engine": {
                "xruns": 2,
                "late_blocks": 0,
                "bad_samples": 0,
                "dry_frames": 0,
                "load": 0.08,
                "worst_load": 0.21,
                "realtime_priority": 70,
                "gaps": 0,
            },
            "latency": {
                "strips": _late(self.insert_frames),
                "buses": _late(self.insert_frames),
                "main": _late(self.insert_frames + LIMITER_FRAMES),
            },
            "roundtrip": {"frames": 0, "source": "none", "note": self.roundtrip_note},
            "input_latency": self.device_latency[0] if self.device_latency else None,
            "output_latency": self.device_latency[1] if self.device_latency else None,
            "uptime_s": 4000.0,
            "faults": self.faults,
        }

    def _last_take(self) -> dict[str, object] | None:
        closed = [take for take in self.takes if take.state != "recording"]
        return {"id": closed[-1].id, "state": closed[-1].state} if closed else None

    def _devices(self) -> dict[str, object]:
        return {
            "host": "portaudio",
            "device": "Scarlett 18i8",
            "audio": [
                {"name": "Scarlett 18i8", "inputs": 18, "outputs": 8, "host": "ALSA", "in_use": True},
                {"name": "HDMI", "host": "ALSA", "in_use": False},
            ],
            "midi_fault": "no MIDI: there is no JACK server",
            "midi": [
                {"name": "Old Keys", "direction": "in", "usb": "", "fault": "", "broken": 7, "flood_s": 0},
                {"name": "Wild Box", "direction": "in", "usb": "", "fault": "", "broken": 1, "flood_s": 12},
            ],
            "serial": [
                {
                    "name": "/dev/serial/by-id/usb-Pots",
                    "direction": way,
                    "kind": "deej",
                    "fault": "another program uses it",
                }
                for way in ("in", "out")
            ],
            "surfaces": [
                _surface("nano", "nanoKONTROL2:0", "connected"),
                _surface("nano 2", "", "away", first_strip=9),
            ],
        }


def _surface(name: str, port: str, state: str, first_strip: int = 1) -> dict[str, object]:
    return {
        "name": name,
        "maker": "Korg",
        "model": "nanoKONTROL2",
        "state": state,
        "port": port,
        "first_strip": first_strip,
        "refused": 0,
        "note": "",
    }


def _late(frames: int) -> dict[str, float]:
    return {"frames": frames, "ms": round(1000.0 * frames / RATE_HZ, 3)}


def _answering(answer: Callable[[], object]) -> Callable[[tuple[Argument, ...], Peer], tuple[Argument, ...]]:
    return lambda _arguments, _peer: (json.dumps(answer()),)
