"""What `studiod run` says when everything is open."""

from typing import Any


def banner(status: dict[str, Any]) -> str:
    """A screen of plain text from /system/status: what is open, where it listens, where takes go, what to type next."""
    port = status["osc"]["port"]
    option = "" if port == 9000 else f" --port {port}"  # noqa: PLR2004 - studioctl's own default
    name = status["zeroconf"]["name"] or status["name"]
    zeroconf = "off" if status["zeroconf"]["fault"] == "switched off" else f"{name}._osc._udp"
    osc = f"{status['osc']['bind']}:{port}, UDP and TCP; zeroconf {zeroconf}" if port else "closed"
    sound = f"{status['device'] or 'none'}, {status['rate_hz']} Hz, blocks of {status['block_frames']}"
    desk = f"{status['strips']} strips, {status['buses']} buses"
    lines = [
        f"studiod {status['version']}",
        f"  sound    {sound} ({status['isa']})",
        f"  desk     {desk}, {status['inputs']} inputs, {status['outputs']} outputs",
        f"  OSC      {osc}",
        f"  takes    {status['session']}/takes",
        *(f"  !        {fault}" for fault in status["faults"]),
        "",
        "In a second terminal (in a source tree: .venv/bin/studioctl):",
        f"  studioctl{option} meters           levels, live",
        f"  studioctl{option} arm 1-4          then: record, stop, play, takes",
        "Ctrl-C stops.",
        "",
    ]
    return "\n".join(lines)
