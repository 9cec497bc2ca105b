"""Programs that mix stems to a file: studiod, ecasound with LADSPA strips, and Ardour's export."""

import contextlib
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studiod.desk.hub import Hub
from studiod.desk.state import save, snapshot_of
from studiod.model.console import console_parameters
from studiod.model.registry import Registry
from tests.bench._measure import Skipped, Spent, run
from tests.bench._workload import RATE_HZ, SENDS, workload
from tests.fakes.desk_rig import layout
from tests.fakes.store import MemoryStore

ECASOUND_FRAMES = 1024
LADSPA_FOLDERS = (Path("/usr/lib/ladspa"), Path("/usr/local/lib/ladspa"))
LADSPA_FILES = ("highpass_iir_1890.so", "single_para_1203.so", "sc4m_1916.so")
STRIP_EFFECTS = (
    "-el:highpass_iir,80,1",  # Hz, second-order stages
    "-el:singlePara,3,120,1",  # dB, Hz, octaves
    "-el:singlePara,-4,{bell},1",
    "-el:singlePara,2.5,2500,1",
    "-el:singlePara,-2,8000,1",
    "-el:sc4m,0,5,100,-24.4,3,1,0",  # peak detector, ms, ms, dBFS, ratio, knee (1 dB is its least), make-up
    "-ea:50",  # percent
    "-chcopy:1,2",
)
ARDOUR_VERSIONS = (9, 8, 7)
ARDOUR_TRIES = 4  # one export in ten of 7.3 dies in free(), in its clean-up (~PortExportChannel)
SCRIPT = Path(__file__).with_name("ardour_session.lua")


@dataclass(frozen=True, slots=True)
class Studiod:
    """studiod: the whole workload, through its own command line."""

    command: tuple[str, ...]
    mix: Path

    @classmethod
    def make(cls, folder: Path, stems: Sequence[Path]) -> "Studiod":
        """Raises Skipped where its command line cannot render."""
        program = str(Path(sys.executable).with_name("studiod"))
        if subprocess.run([program, "render", "--help"], capture_output=True, check=False).returncode != 0:
            raise Skipped("this studiod has no command `render`")
        mix = folder / "studiod.wav"
        config, session = write_session(folder, len(stems))
        options = ("--config", str(config), "--session", str(session), "--bits", "24", "--output", str(mix))
        return cls((program, "render", *options, *map(str, stems)), mix)

    def render(self) -> Spent:
        """Render once."""
        return run(self.command)


@dataclass(frozen=True, slots=True)
class Ecasound:
    """ecasound: a chain of LADSPA plug-ins for each stem, pan, mixed to one file. No sends, no meters, no limiter."""

    command: tuple[str, ...]
    mix: Path

    @classmethod
    def make(cls, folder: Path, stems: Sequence[Path]) -> "Ecasound":
        """Raises Skipped where ecasound or a plug-in is missing."""
        program = shutil.which("ecasound")
        if program is None:
            raise Skipped("ecasound is not installed (Debian: ecasound)")
        if not any(all((place / name).exists() for name in LADSPA_FILES) for place in _ladspa_folders()):
            raise Skipped("the LADSPA plug-ins are not installed (Debian: swh-plugins)")
        mix = folder / "ecasound.wav"
        command = [program, "-q", "-x", "-z:nodb", f"-b:{ECASOUND_FRAMES}"]
        for index, stem in enumerate(stems):
            effects = [effect.format(bell=400 + 3 * index) for effect in STRIP_EFFECTS]
            command += [f"-a:{index}", f"-i:{stem}", *effects, f"-epp:{10 * (index % 11)}"]
        return cls((*command, "-a:all", f"-f:s24_le,2,{RATE_HZ}", f"-o:{mix}"), mix)

    def render(self) -> Spent:
        """Mix the stems once."""
        places = ":".join(str(place) for place in _ladspa_folders())
        return run(self.command, {"LADSPA_PATH": places})


@dataclass(frozen=True, slots=True)
class Ardour:
    """Ardour: its own equaliser and compressor, fader and four sends on every track, exported from its command line.

    The bells that stand idle in its equaliser are off; there is no high-pass and no limiter.
    """

    command: tuple[str, ...]
    home: Path
    mix: Path

    @classmethod
    def make(cls, folder: Path, stems: Sequence[Path], frames: int) -> "Ardour":
        """A session with `stems`, each `frames` long, in `folder`. Raises Skipped where Ardour is missing."""
        for version in ARDOUR_VERSIONS:
            lua, export = shutil.which(f"ardour{version}-lua"), shutil.which(f"ardour{version}-export")
            if lua is not None and export is not None:
                break
        else:
            raise Skipped("Ardour is not installed, or not with its command line (Debian: ardour)")
        home, session, mix = folder / "ardour-home", folder / "ardour", folder / "ardour.wav"
        home.mkdir()
        words = [session, session.name, RATE_HZ, len(stems), *SENDS]
        run([lua, str(SCRIPT), *map(str, words)], _at_home(home))
        document = session / f"{session.name}.ardour"
        if not document.exists():
            raise RuntimeError(f"{Path(lua).name} made no session")
        put_stems(document, stems, frames)
        return cls((export, "-b", "24", "-o", str(mix), str(session), session.name), home, mix)

    def render(self) -> Spent:
        """Export the session once. Raises RuntimeError when it fails ARDOUR_TRIES times."""
        for _ in range(ARDOUR_TRIES - 1):
            with contextlib.suppress(RuntimeError):
                return run(self.command, _at_home(self.home))
        return run(self.command, _at_home(self.home))


def put_stems(document: Path, stems: Sequence[Path], frames: int) -> None:
    """Write mono files of `frames` frames at RATE_HZ onto the tracks of a session of Ardour, one each, from 0.

    Raises ValueError when the session has another number of tracks.
    """
    tree = ET.parse(document)  # noqa: S314 - made by our own script a moment ago
    session = tree.getroot()
    sources, regions, playlists, locations, tempo = (
        _part(session, name) for name in ("Sources", "Regions", "Playlists", "Locations", "TempoMap")
    )
    tracks = [playlist for playlist in playlists if playlist.get("type") == "audio"]
    if len(tracks) != len(stems):
        raise ValueError(f"{document} has {len(tracks)} tracks for {len(stems)} stems")
    end = f"a{frames * (int(tempo.get('superclocks-per-second', '0')) // RATE_HZ)}"
    serial = int(session.get("id-counter", "0")) + 1
    for stem, track in zip(stems, tracks, strict=True):
        source, whole, piece = (str(serial + step) for step in range(3))
        serial += 3
        ET.SubElement(
            sources,
            "Source",
            {"name": str(stem), "origin": str(stem), "id": source, "type": "audio", "flags": "", "channel": "0"},
        )
        region = {
            "name": stem.stem,
            "type": "audio",
            "start": "a0",
            "length": f"{end}@a0",
            "sync-position": "a0",
            "ancestral-start": "a0",
            "ancestral-length": f"{end}@a0",
            "stretch": "1",
            "shift": "1",
            "opaque": "1",
            "external": "1",
            "scale-amplitude": "1",
            "fade-in-active": "0",
            "fade-out-active": "0",
            "envelope-active": "0",
            "layering-index": "0",
            "first-edit": "nothing",
            "source-0": source,
            "master-source-0": source,
            "channels": "1",
        }
        ET.SubElement(regions, "Region", {**region, "id": whole, "whole-file": "1", "automatic": "1"})
        ET.SubElement(track, "Region", {**region, "id": piece, "whole-file": "0", "automatic": "0"})
    span = {"id": str(serial), "name": "session", "start": "a0", "end": end, "flags": "IsSessionRange", "locked": "0"}
    ET.SubElement(locations, "Location", span)
    session.set("id-counter", str(serial + 1))
    tree.write(document, encoding="UTF-8", xml_declaration=True)


def write_session(folder: Path, strips: int) -> tuple[Path, Path]:
    """A configuration of `strips` strips, and a session folder whose saved state is W(strips)."""
    config, session = folder / "desk.yaml", folder / "session"
    config.write_text(f"desk: {{strips: {strips}, buses: {len(SENDS)}}}\n", encoding="utf-8")
    hub = Hub(Registry(console_parameters(layout(strips, len(SENDS)))), MemoryStore(), RATE_HZ)
    for address, words in workload(strips).items():
        hub.write(address, hub.registry[address].parse(words), "bench")
    save(session, snapshot_of(hub))
    return config, session


def _part(session: ET.Element, name: str) -> ET.Element:
    found = session.find(name)
    if found is None:
        raise ValueError(f"the session has no {name}")
    return found


def _at_home(home: Path) -> dict[str, str]:
    """An environment in which Ardour finds and leaves nothing of the person's own."""
    return {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}


def _ladspa_folders() -> list[Path]:
    given = os.environ.get("LADSPA_PATH", "")
    return [Path(place) for place in given.split(":") if place] + list(LADSPA_FOLDERS)
