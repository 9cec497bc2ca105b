"""Questions anyone may ask of a running studio, answered in JSON: status, devices, takes."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studiod import __version__
from studiod.app import lane_list, take_list
from studiod.app.latencies import Latencies
from studiod.app.settings import Settings
from studiod.desk.hub import Hub
from studiod.desk.transport import Transport
from studiod.link import DESK, ENGINE, PORTS, PROCESS_NAMES, SUPERVISOR, TAPE, Block, Snapshot
from studiod.link.ports import MIDI_PORT, PortInfo, PortList
from studiod.link.take import RECORDING
from studiod.model.transport import TransportPhase, TransportState, timecode
from studiod.net.osc.answers import Handler
from studiod.net.osc.endpoint import OscEndpoint

if TYPE_CHECKING:
    from studiod.net.discovery import Discovery
    from studiod.net.osc.server import OscServer
    from studiod.surfaces.conduct import Conduct
    from studiod.surfaces.manager import SurfaceManager
    from studiod.surfaces.sync.desk import SyncDesk


class Queries:
    """Knows all parts of the desk process and says how they stand."""

    def __init__(self, block: Block, settings: Settings, hub: Hub, transport: Transport, latencies: Latencies) -> None:
        self.server: OscServer | None = None
        self.discovery: Discovery | None = None
        self.surfaces: SurfaceManager | None = None
        self.sync: SyncDesk | None = None
        self.conduct: Conduct | None = None
        self.faults: list[str] = []
        """What went wrong at the start of the desk, with its remedy."""
        self.network_fault = ""
        self.session_fault = ""
        self._block = block
        self._settings = settings
        self._hub = hub
        self._transport = transport
        self._latencies = latencies

    @property
    def _parts(self) -> tuple[int, ...]:
        """The processes there are, besides the supervisor."""
        return (ENGINE, TAPE, DESK, PORTS) if self._settings.has_ports else (ENGINE, TAPE, DESK)

    def register(self, endpoint: OscEndpoint) -> None:
        """Answer the questions that are no parameters. One string of JSON each, but for names and numbers."""
        documents: dict[str, Callable[[], object]] = {
            "/system/status": self.status,
            "/system/devices": self.devices,
            "/system/faults": lambda: self.status()["faults"],
            "/take/last": lambda: self._transport.takes[-1].summary() if self._transport.takes else None,
            "/take/current": self._take,
        }
        take_list.register(endpoint, lambda: self._transport.takes)
        lane_list.register(endpoint, lambda: self._transport.takes, self._strip_names)
        for address, document in documents.items():
            endpoint.register(address, _answering(document))
        endpoint.register("/transport/settled", lambda _arguments, _peer: (int(self._transport.is_settled),))
        endpoint.register("/system/name", lambda _arguments, _peer: (self._settings.studio.name,))
        endpoint.register("/system/version", lambda _arguments, _peer: (__version__,))

    def status(self) -> dict[str, Any]:
        """How everything stands."""
        block, settings = self._block, self._settings
        snapshot = block.snapshot()
        engine = _told(block, ENGINE)
        layout = settings.console_layout()
        library = settings.tape.library.expanduser()
        return {
            "name": settings.studio.name,
            "version": __version__,
            "host": engine.get("host", "none"),
            "device": engine.get("device"),
            "input_latency": engine.get("input_latency"),
            "output_latency": engine.get("output_latency"),
            "isa": engine.get("isa"),
            "rate_hz": block.rate_hz,
            "block_frames": block.block_frames,
            "strips": layout.strips,
            "buses": layout.buses,
            "midi_tracks": layout.midi_tracks,
            "inputs": block.inputs,
            "outputs": block.outputs,
            "strip_names": self._strip_names(),
            "bus_names": [self._hub.text(f"/bus/{n + 1}/name") for n in range(layout.buses)],
            "state": TransportState(snapshot.state).word,
            "phase": TransportPhase(int(self._hub.value("/transport/phase"))).word,
            "settled": self._transport.is_settled,
            "position_s": snapshot.position / block.rate_hz,
            "position": timecode(snapshot.position, block.rate_hz),
            "armed": self._armed(layout.strips, layout.buses),
            "take": self._take(),
            "last_take": self._last_take(),
            "soundcheck": bool(self._hub.value("/soundcheck")),
            "soundonsound": bool(self._hub.value("/transport/soundonsound")),
            "sync": asdict(self.sync.status()) if self.sync is not None else None,
            "processes": {PROCESS_NAMES[n]: block.pid(n) for n in (SUPERVISOR, *self._parts)},
            "restarts": {PROCESS_NAMES[n]: max(block.starts(n) - 1, 0) for n in self._parts},
            "osc": {"port": self.server.port if self.server else 0, "bind": settings.osc.bind},
            "zeroconf": self._zeroconf(),
            "library": str(library),
            "session": str(library / settings.tape.session),
            "tape": self._tape_state(),
            "engine": _engine_state(snapshot, block.gap_count),
            "latency": _latency(snapshot, block.rate_hz),
            "roundtrip": asdict(self._latencies.now(block)),
            "uptime_s": round(snapshot.frame / block.rate_hz, 1),
            "faults": self._all_faults(engine),
        }

    def devices(self) -> dict[str, Any]:
        """Sound cards, MIDI ports and surfaces."""
        engine = _told(self._block, ENGINE)
        surfaces, ports = self.surfaces, PortList.from_json(self._block.status(PORTS))
        return {
            "host": engine.get("host", "none"),
            "device": engine.get("device"),
            "audio": engine.get("devices", []),
            "midi_fault": "" if self._settings.midi.api == "none" else ports.fault,
            "midi": [asdict(port) | self._misconduct(port) for port in ports.ports if port.kind == MIDI_PORT],
            "serial": [asdict(port) for port in ports.ports if port.kind != MIDI_PORT],
            "surfaces": [asdict(status) for status in surfaces.status()] if surfaces is not None else [],
        }

    def _strip_names(self) -> list[str]:
        return [self._hub.text(f"/strip/{n + 1}/name") for n in range(self._settings.console_layout().strips)]

    def _misconduct(self, port: PortInfo) -> dict[str, int]:
        """How often a port said what is no message, and how long more than a cable carries."""
        conduct = self.conduct
        if conduct is None:
            return {"broken": 0, "flood_s": 0}
        return {"broken": conduct.broken(port.id), "flood_s": conduct.flood_s(port.id)}

    def _armed(self, strips: int, buses: int) -> list[str]:
        hub = self._hub
        armed = [str(n) for n in range(1, strips + 1) if hub.value(f"/strip/{n}/arm")]
        armed += [f"trimmed:{n}" for n in range(1, strips + 1) if hub.value(f"/strip/{n}/trimmed/arm")]
        armed += [f"bus:{n}" for n in range(1, buses + 1) if hub.value(f"/bus/{n}/arm")]
        armed += ["main"] if hub.value("/main/arm") else []
        tracks = self._settings.midi.tracks
        return [*armed, *(f"midi:{n}" for n in range(1, tracks + 1) if hub.value(f"/midi/{n}/arm"))]

    def _take(self) -> dict[str, Any] | None:
        take = self._transport.tape.get("take")
        if take is None:
            return None
        rate_hz = self._block.rate_hz
        return {
            "id": take["id"],
            "frames": take["frames"],
            "seconds": round(take["frames"] / rate_hz, 3),
            "lost_s": round(take["lost"] / rate_hz, 3),
        }

    def _last_take(self) -> dict[str, Any] | None:
        closed = [take for take in self._transport.takes if take.state != RECORDING]
        return {"id": closed[-1].id, "state": closed[-1].state} if closed else None

    def _zeroconf(self) -> dict[str, Any]:
        if self.discovery is None:
            return {"name": "", "services": [], "addresses": [], "fault": "switched off"}
        told = self.discovery.status()
        return {
            "name": told.name,
            "services": list(told.services),
            "addresses": list(told.addresses),
            "fault": told.fault,
        }

    def _tape_state(self) -> dict[str, Any]:
        tape = self._transport.tape
        free = tape.get("free_bytes")
        tracks = max(len(self._armed(self._block.strips, self._block.buses)), 1)
        per_second = self._block.rate_hz * self._settings.tape.bits // 8 * tracks
        state = "recording" if tape.get("take") else "ready" if self._transport.has_begun else "starting"
        return {
            "state": "fault" if tape.get("library_fault") else state,
            "free_bytes": free,
            "free_s": None if free is None else free // per_second,
            "ring_fill": tape.get("ring_fill", 0.0),
            "lost_frames": tape.get("lost_frames", 0),
            "repaired": tape.get("repaired", []),
            "faults": [
                *([tape["library_fault"]] if tape.get("library_fault") else []),
                *tape.get("failed", {}).values(),
                *tape.get("playback_faults", []),
                *(alarm["text"] for alarm in tape.get("alarms", []) if alarm["level"] == "alarm"),
            ],
            "alarms": tape.get("alarms", []),
            "seconds_left": tape.get("seconds_left"),
            "room": tape.get("room", []),
            "blackbox": tape.get("blackbox") or None,
        }

    def _all_faults(self, engine: dict[str, Any]) -> list[str]:
        found = [
            *self.faults,
            self.network_fault,
            self.session_fault,
            engine.get("fault", ""),
            self._transport.fault,
            *self._tape_state()["faults"],
            (self._transport.tape.get("blackbox") or {}).get("fault", ""),
        ]
        resets = self._block.snapshot().resets
        if resets:
            found.append(
                f"{resets} times a channel of the desk went astray and began anew: sound was no number on its way; "
                "look for a fault in what is plugged in"
            )
        found += [
            f"the {PROCESS_NAMES[number]} does not run: it is being started again"
            for number in self._parts
            if number != DESK and not self._block.is_ready(number)
        ]
        return list(dict.fromkeys(fault for fault in found if fault))


def _answering(document: Callable[[], object]) -> Handler:
    return lambda _arguments, _peer: (json.dumps(document(), ensure_ascii=False),)


def _told(block: Block, process: int) -> dict[str, Any]:
    text = block.status(process)
    return json.loads(text) if text else {}


def _latency(snapshot: Snapshot, rate_hz: int) -> dict[str, Any]:
    """How late every way through the desk is, besides the sound card itself: frames and milliseconds."""
    frames = {
        "strips": snapshot.strip_latency,
        "buses": snapshot.strip_latency,
        "main": snapshot.strip_latency + snapshot.main_latency,
    }
    return {path: {"frames": n, "ms": round(1000.0 * n / rate_hz, 3)} for path, n in frames.items()}


def _engine_state(snapshot: Snapshot, gaps: int) -> dict[str, Any]:
    period = snapshot.period_ns or 1
    return {
        "blocks": snapshot.blocks,
        "frame": snapshot.frame,
        "xruns": snapshot.xruns,
        "late_blocks": snapshot.late_blocks,
        "bad_samples": snapshot.bad_samples,
        "dry_frames": snapshot.dry_frames,
        "resets": snapshot.resets,
        "load": round(snapshot.block_ns / period, 4),
        "worst_load": round(snapshot.worst_ns / period, 4),
        "realtime_priority": snapshot.realtime_priority,
        "gaps": gaps,
    }
