"""What studiod says of itself, drawn for people."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from studiod.app.control.page import BOLD, DIM, GREEN, RED, YELLOW, Facts, Page, clock, cut, duration, size
from studiod.app.control.studio import armed_labels

_PROCESSES = ("supervisor", "engine", "tape", "desk", "ports")
_COUNTERS = (
    ("xruns", "xrun", "xruns"),
    ("late_blocks", "late block", "late blocks"),
    ("bad_samples", "bad sample", "bad samples"),
    ("dry_frames", "frame not there to be played", "frames not there to be played"),
    ("gaps", "gap", "gaps"),
)
_LOW_SPACE_S = 3600.0  # an hour left is the moment to look for a disk
_FULL_LOAD, _FULL_RING = 0.7, 0.5
_NOTE_COLUMNS = 40
_ASTRAY = ("locked", "locking", "free-wheeling", "lost")


def show_status(status: Facts, page: Page) -> None:
    """An overview of the studio."""
    page.table([(page.style(title, DIM), text) for title, text in _overview(status, page)])
    for fault in _faults(status):
        page.line(f"{page.style('!', RED)} {fault}")
    if status.text("roundtrip", "note"):
        page.line(f"{page.style('!', YELLOW)} {status.text('roundtrip', 'note')}")
    for alarm in status.part("tape").parts("alarms"):
        if alarm.text("level") == "warning":
            page.line(f"{page.style('!', YELLOW)} {alarm.text('text')}")


def _overview(status: Facts, page: Page) -> Iterator[tuple[str, str]]:
    yield "studio", f"studiod {status.text('version')}, up {duration(status.number('uptime_s'))}"
    yield "transport", f"{page.state(status.text('state'))} at {status.text('position')}{_running_take(status, page)}"
    last = status.part("last_take")
    if last.held:
        yield "last take", f"{last.count('id')}: {page.state(last.text('state'))}"
    if status.at("soundcheck"):
        yield "soundcheck", page.style("on: strips hear their tracks, not their inputs", YELLOW)
    if status.at("soundonsound"):
        yield "sound on sound", "on: what is recorded is laid over what is there"
    sync = status.part("sync")
    if sync.held:
        yield "sync", _sync(sync, page)
    yield "armed", ", ".join(armed_labels(status)) or "nothing"
    counts = (("strips", "strips"), ("buses", "buses"), ("inputs", "inputs"), ("outputs", "outputs"))
    yield "desk", ", ".join(f"{status.count(key)} {word}" for key, word in counts)
    rate, block = status.count("rate_hz"), status.count("block_frames")
    yield "audio", f"{_device(status.text('host'), status.text('device'))}, {rate} Hz, blocks of {block} frames"
    if status.at("latency") is not None:
        yield "latency", _latency(status.part("latency")) + _device_latency(status)
    yield "engine", _engine(status, page)
    yield "tape", _tape(status.part("tape"), page)
    yield "takes", _home(status.text("session") or status.text("library"))
    yield "network", _network(status)
    yield "processes", _processes(status, page)


def _device(host: str, device: str) -> str:
    """Both, unless the device's name says the host already."""
    return device if host and host in device else f"{host}: {device}" if device else host


def _device_latency(status: Facts) -> str:
    """What the device adds before the first and behind the last of it; nothing when it does not say."""
    rate = max(status.number("rate_hz"), 1.0)
    told = [status.at(f"{way}_latency") for way in ("input", "output")]
    ways = [_ms(1000.0 * frames / rate) for frames in told if isinstance(frames, int)]
    return f"; the device {ways[0]} in, {ways[1]} out" if len(ways) == len(told) else ""


def _latency(latency: Facts) -> str:
    """How late what leaves is, and why: strips and buses by hardware inserts, main by its limiter on top."""
    strips_ms, buses_ms, main_ms = (latency.number(path, "ms") for path in ("strips", "buses", "main"))
    inserts = f"hardware inserts {_ms(strips_ms)}" if strips_ms else ""
    limiter_ms = main_ms - strips_ms
    limiter = f"limiter {_ms(limiter_ms)}" if strips_ms else "limiter"
    causes = ", ".join(filter(None, (inserts, limiter if limiter_ms > 0.0 else "")))
    why = f" ({causes})" if causes else ""
    if buses_ms == strips_ms:
        return f"main {_ms(main_ms)}{why}, strips and buses {_ms(strips_ms)}"
    return f"main {_ms(main_ms)}{why}, strips {_ms(strips_ms)}, buses {_ms(buses_ms)}"


def _ms(span_ms: float) -> str:
    """`2.3 ms`, `0 ms`; what is not nothing is never shown as nothing."""
    return "0 ms" if span_ms <= 0.0 else f"{max(span_ms, 0.1):.1f} ms"


def _running_take(status: Facts, page: Page) -> str:
    take = status.part("take")
    if not take.held:
        return ""
    lost_s = take.number("lost_s")
    lost = page.style(f", {lost_s:.3f} s lost", RED) if lost_s else ""
    return f", take {take.count('id')}: {clock(take.number('seconds'))}{lost}"


def _sync(sync: Facts, page: Page) -> str:
    """Who leads, and how well that goes; else what is told to others."""
    ports = sync.parts("ports")
    others = [
        port.text("name") for port in ports if port.text("direction") == "out" and port.text("state") == "connected"
    ]
    told = f"leads {', '.join(others)}" if others else ""
    if sync.text("source") in ("", "none"):
        return told or "nobody is there to be in time with"
    state = "locked" if sync.at("locked") else "astray" if sync.text("state") == "locked" else sync.text("state")
    colour = GREEN if sync.at("locked") else YELLOW if sync.text("state") in _ASTRAY else DIM
    parts = [f"{sync.text('port')}: {page.style(state, colour)}" + ("" if sync.at("chase") else ", chase is off")]
    rate = sync.text("rate")
    parts.append(f"{sync.text('source')}" + (f" of {rate} frames" if rate not in ("", "none") else ""))
    if sync.number("tempo_bpm"):
        parts.append(f"{sync.number('tempo_bpm'):.1f} bpm")
    if sync.at("drift_ppm") is not None:
        parts.append(f"drift {sync.number('drift_ppm'):+.0f} ppm")
    if sync.at("offset_ms") is not None and sync.text("state") == "locked":
        parts.append(f"{sync.number('offset_ms'):+.1f} ms ({sync.count('offset_frames'):+d} frames)")
    return ", ".join(filter(None, (*parts, told)))


def _engine(status: Facts, page: Page) -> str:
    engine = status.part("engine")
    load, worst = engine.number("load"), engine.number("worst_load")
    told = f"load {load:.0%}, worst {worst:.0%}"
    parts = [page.style(told, YELLOW) if worst > _FULL_LOAD else told]
    counters = [
        f"{engine.count(key)} {one if engine.count(key) == 1 else many}"
        for key, one, many in _COUNTERS
        if engine.count(key)
    ]
    parts += [page.style(text, YELLOW) for text in counters] or ["no xruns"]
    if status.text("isa"):
        parts.append(status.text("isa"))
    if engine.at("realtime_priority") is not None:
        priority = engine.count("realtime_priority")
        parts.append(f"real-time priority {priority}" if priority else page.style("no real-time priority", YELLOW))
    return ", ".join(parts)


def _tape(tape: Facts, page: Page) -> str:
    parts = [tape.text("state")] if tape.text("state") else []
    if tape.at("free_bytes") is not None:
        free_s = tape.number("free_s")
        room = f", room for {duration(free_s)}" if free_s else ""
        free = f"{size(tape.number('free_bytes'))} free{room}"
        parts.append(page.style(free, YELLOW) if 0.0 < free_s < _LOW_SPACE_S else free)
    for disk in tape.parts("room")[1:]:  # the first is the disk in use
        left_s = disk.number("seconds_left")
        left = f", room for {duration(left_s)}" if left_s else ""
        free = f"{disk.text('use')} {size(disk.number('free_bytes'))} free{left}"
        parts.append(page.style(free, YELLOW) if 0.0 < left_s < _LOW_SPACE_S else free)
    fill = tape.number("ring_fill")
    if fill > _FULL_RING:
        parts.append(page.style(f"the disk is behind: ring {fill:.0%} full", RED))
    return ", ".join(parts)


def _network(status: Facts) -> str:
    osc, zeroconf = status.part("osc"), status.part("zeroconf")
    where = f"OSC on {osc.text('bind')}:{osc.count('port')}"
    name, addresses = zeroconf.text("name"), zeroconf.texts("addresses")
    if not name:
        return f"{where}, not announced: {zeroconf.text('fault') or 'off'}"
    return f"{where}, announced as {name!r}{' at ' if addresses else ''}{', '.join(addresses)}"


def _processes(status: Facts, page: Page) -> str:
    pids, restarts = status.part("processes"), status.part("restarts")
    told = [f"{name} {pids.count(name)}" for name in _PROCESSES if pids.count(name)]
    again = [f"{name} {restarts.count(name)}" for name in _PROCESSES if restarts.count(name)]
    return ", ".join(told) + (page.style(f"; restarts: {', '.join(again)}", YELLOW) if again else "")


def _faults(status: Facts) -> list[str]:
    found = [*status.texts("faults"), *status.texts("tape", "faults")]
    return [fault for fault in dict.fromkeys(found) if fault]


def show_takes(takes: Sequence[Facts], page: Page) -> None:
    """One line for each take, then what is wrong with some."""
    if not takes:
        page.line("no takes yet: studioctl arm 1-4, then studioctl record")
        return
    rows = [_take_row(take, page) for take in takes]
    heads = ["take", "state", "length", "files", "gaps", "begun", "folder"]
    columns = {"by": [_by(take) for take in takes], "said": [said_of(take, page) for take in takes]}
    for head, column in columns.items():
        if any(column):
            rows = [(*row[:-1], what, row[-1]) for row, what in zip(rows, column, strict=True)]
            heads.insert(-1, head)
    page.table(rows, heads, right=(0, 3))
    for take in takes:
        rate = max(take.number("rate_hz"), 1.0)
        for gap in take.parts("gaps"):
            where = clock(gap.number("start") / rate)
            lost = f"{gap.count('frames')} frames ({gap.number('frames') / rate:.3f} s)"
            page.line(page.style(f"take {take.count('id')}: {lost} are silence at {where}", YELLOW))
        strain = counted(take, ("xruns", "late_blocks"))
        if strain:
            page.line(page.style(f"take {take.count('id')}: {strain}", YELLOW))
        _show_faults(take, page)


def counted(facts: Facts, keys: Sequence[str]) -> str:
    """How many there are of each of the engine's counters `keys`; nothing for none."""
    told = ((facts.count(key), one, many) for key, one, many in _COUNTERS if key in keys)
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in told if count)


def _show_faults(take: Facts, page: Page) -> None:
    number, told = take.count("id"), take.texts("faults")
    for sentence in told:
        page.line(page.style(f"take {number}: {sentence}", YELLOW))
    more = take.count("fault_count") - len(told)
    if more > 0:
        page.line(page.style(f"take {number}: and {more} more: studioctl proof {number}", YELLOW))


def _take_row(take: Facts, page: Page) -> tuple[str, ...]:
    gaps = len(take.parts("gaps"))
    return (
        str(take.count("id")),
        page.state(take.text("state")),
        clock(take.number("seconds")),
        str(len(take.texts("files"))),
        str(gaps) if gaps else "none",
        take.text("created").replace("T", " ")[:19],  # to the second
        _home(take.text("path")),
    )


def _by(take: Facts) -> str:
    """Who began a take, and who ended it if that was somebody else; a peer with a name by that alone."""
    begun, ended = (take.text(key).partition(" (")[0] for key in ("recorded_by", "stopped_by"))
    return begun if not ended or ended == begun else f"{begun or '?'}, ended by {ended}"


def said_of(take: Facts, page: Page) -> str:
    """What people say of a take or a session: name, rating, tags, how its note begins."""
    star = "★" if page.is_unicode else "*"
    words = [take.text("name"), star * min(take.count("rating"), 5), ", ".join(take.texts("tags"))]
    note = take.text("note").partition("\n")[0]
    words.append(f"({cut(note, _NOTE_COLUMNS)})" if note else "")
    return "  ".join(filter(None, words))


def show_devices(found: Facts, page: Page) -> None:
    """What the machine has, and what studiod uses of it."""
    page.line(f"{page.style('in use', DIM)}  {_device(found.text('host'), found.text('device')) or 'nothing'}")
    audio = [
        (
            device.text("name"),
            device.text("host"),
            _known(device, "inputs"),
            _known(device, "outputs"),
            page.style("in use", GREEN) if device.at("in_use") else "",
        )
        for device in found.parts("audio")
    ]
    _list("sound cards", audio, ("card", "host", "inputs", "outputs", ""), page, right=(2, 3))
    midi = [
        (
            each.text("name"),
            "speaks" if each.text("direction") == "in" else "listens",
            each.text("usb"),
            "; ".join(filter(None, (each.text("fault"), *_misconduct(each)))),
        )
        for each in found.parts("midi")
    ]
    _list("MIDI ports", midi, ("port", "", "USB", ""), page)
    serial = [
        (each.text("name"), each.text("kind"), each.text("usb"), each.text("fault"))
        for each in found.parts("serial")
        if each.text("direction") == "in"
    ]
    if serial:  # who has configured none need not read of it
        _list("serial lines", serial, ("line", "speaks", "USB", "fault"), page)
    surfaces = [
        (
            each.text("name"),
            page.state(each.text("state")),
            f"strips from {each.count('first_strip')}",
            each.text("port"),
            each.text("note"),
        )
        for each in found.parts("surfaces")
    ]
    _list("surfaces", surfaces, ("surface", "state", "", "port", ""), page)
    if found.text("midi_fault"):
        page.line(f"{page.style('!', RED)} {found.text('midi_fault')}")


def _misconduct(port: Facts) -> Iterator[str]:
    """What is wrong with what a MIDI port says."""
    if broken := port.count("broken"):
        yield f"{broken} broken messages" if broken > 1 else "1 broken message"
    if flood_s := port.count("flood_s"):
        yield f"flooded for {flood_s} s"


def _known(device: Facts, key: str) -> str:
    return str(device.count(key)) if device.at(key) is not None else "?"


def _list(
    title: str, rows: Sequence[tuple[str, ...]], heads: tuple[str, ...], page: Page, right: tuple[int, ...] = ()
) -> None:
    if rows:
        page.line(page.style(title, BOLD))
        page.table([("", *row) for row in rows], ("", *heads), right=tuple(column + 1 for column in right))
    else:
        page.line(f"{page.style(title, BOLD)}: none")


def _home(path: str) -> str:
    """`path` as people write it, with ~ for their own folder."""
    home = str(Path.home())
    return f"~{path[len(home) :]}" if home != "/" and path.startswith(home + "/") else path
