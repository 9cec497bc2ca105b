"""A virtual machine by QEMU: boots the guest, runs commands in it, pulls its USB devices and puts them back."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.helpers import eventually
from tests.lab.guest import Guest
from tests.lab.wire import JsonWire

OSC_PORTS = (9000, 9001)  # in the guest: two studios at most
# Emulation is 10 to 20 times slower than the host, and the host may be a small shared one.
BOOT_S = 180.0
COMMAND_S = 90.0
# Emulated AVX takes seven times as long as emulated SSE2: the engine's load is 0.06 instead of 0.45.
_PROCESSOR = "max,avx=off,avx2=off,fma=off,f16c=off,vaes=off"
_QEMU_S = 10.0
_BARE = "/opt/lab/bare"
_MEMORY_MB = 1536
# Devices that are pulled and put back: what QEMU is told to make each of them.
USB_DEVICES: Mapping[str, dict[str, str]] = {"snd1": {"driver": "usb-audio", "audiodev": "mute", "bus": "xhci.0"}}


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command in the guest ended, and what it wrote to both streams."""

    code: int
    output: str


@dataclass(frozen=True, slots=True)
class Told:
    """How far a studio was when it was last heard of."""

    frame: int
    """That its engine played next."""
    synced: int
    """Visible frames of its take that were durable."""
    synced_before: int
    """How many it had told of before those."""


class Machine:
    """One boot of the guest. The disk is not written: each boot begins with what was built.

    share: folder of the host that the guest sees as /share, as root. drives: unix sockets (NBD) of /dev/vdb, /dev/vdc
    and so on. is_bare: without systemd and cards. osc_ports: TCP ports of this host, to OSC_PORTS of the guest.
    """

    def __init__(self, guest: Guest, share: Path, drives: Sequence[Path] = (), *, is_bare: bool = False) -> None:
        self.share = share
        self.osc_ports = [_free_port() for _ in OSC_PORTS]
        self._drives = drives
        self._is_bare = is_bare
        self._guest = guest
        # A short name: the path of a socket has room for 108 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="lab-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._control: JsonWire | None = None
        self._agent: JsonWire | None = None
        self._questions = 0

    def start(self) -> None:
        """Boot, and wait for the guest's hand. Raises AssertionError with the end of its console."""
        with (self._folder / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._control = self._connect("control")
            self._control.hear(_QEMU_S)
            self.command("qmp_capabilities")
            self._agent = self._connect("agent")
            self._agent.hear(BOOT_S)
        except (AssertionError, OSError) as fault:
            said = (self._folder / "qemu.log").read_text(errors="replace") + self.console()
            self.stop()
            raise AssertionError(f"the guest does not boot: {fault}\n{said}") from None

    def kill(self) -> None:
        """End it at once, as a power cut does: what its memory held is gone. What it told stays until `stop`."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """End it at once; may be called twice."""
        self.kill()
        for wire in (self._control, self._agent):
            if wire is not None:
                wire.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, command: str, within_s: float = COMMAND_S) -> Ran:
        """Run `command` by sh as root in the guest, and wait for it; code 124 when it takes longer than `within_s`.

        Raises AssertionError with the end of the console when the guest stands still.
        """
        assert self._agent is not None, "the machine is not started"
        self._questions += 1
        self._agent.say({"number": self._questions, "command": command, "within_s": within_s})
        try:
            while (answer := self._agent.hear(within_s + COMMAND_S))["number"] != self._questions:
                pass  # of a question that nobody waits for any more
        except OSError as fault:
            raise AssertionError(f"the guest does not answer: {fault}: {command}\n{self.console()}") from None
        return Ran(answer["code"], answer["output"])

    def output(self, command: str, within_s: float = COMMAND_S) -> str:
        """What `command` wrote, without the end of the last line. Raises AssertionError when it fails."""
        ran = self.run(command, within_s)
        assert ran.code == 0, f"in the guest: {command}: {ran.code}\n{ran.output}"
        return ran.output.rstrip("\n")

    def put(self, path: Path) -> None:
        """Give the guest a copy of a file or a folder, as /share/NAME."""
        if path.is_dir():
            shutil.copytree(path, self.share / path.name, dirs_exist_ok=True)
        else:
            shutil.copy(path, self.share)

    def pull(self, device: str) -> None:
        """Pull a device of USB_DEVICES out of its socket."""
        self.command("device_del", id=device)

    def plug(self, device: str) -> None:
        """Put it back in."""
        self.command("device_add", id=device, **USB_DEVICES[device])

    def command(self, name: str, **arguments: str) -> None:
        """Tell QEMU. Raises AssertionError with its answer when it refuses."""
        assert self._control is not None, "the machine is not started"
        self._control.say({"execute": name, "arguments": arguments})
        # Events come in between, such as the news that a device has gone.
        while "return" not in (answer := self._control.hear(_QEMU_S)):
            assert "error" not in answer, f"{name} {arguments}: {answer}"

    def console(self, characters: int = 3000) -> str:
        """The end of what the kernel and systemd printed."""
        log = self._folder / "console.log"
        return log.read_text(errors="replace")[-characters:] if log.exists() else ""

    def told(self) -> dict[str, Told]:
        """What the teller in the guest (inside/teller.py) said of each studio; also when it was just cut off."""
        lines = (self._folder / "told").read_text(errors="replace").split("\n")[:-1]  # the last may be torn
        told: dict[str, Told] = {}
        for name, frame, synced in map(str.split, lines):
            before = told.get(name, Told(0, 0, 0))
            is_same = int(synced) == before.synced
            told[name] = Told(int(frame), int(synced), before.synced_before if is_same else before.synced)
        return told

    def _command(self) -> list[str]:
        here = self._folder
        words = "console=ttyS0 root=/dev/vda rw panic=-1 quiet systemd.show_status=0 net.ifnames=0 mitigations=off"
        words += " transparent_hugepage=never"  # a process would weigh 2 MiB more or less as the kernel likes
        words += f" FIRST={_BARE}" * self._is_bare
        ports = [
            f"hostfwd=tcp:127.0.0.1:{out}-:{inside}" for out, inside in zip(self.osc_ports, OSC_PORTS, strict=True)
        ]
        drives = [f"file=nbd:unix:{path},format=raw,if=virtio,cache=writeback" for path in self._drives]
        devices = [f"{made['driver']},id={name},audiodev={made['audiodev']}" for name, made in USB_DEVICES.items()]
        return [
            # Its end is ours, whatever ends us: a time limit around the tests too.
            "setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-reboot",
            "-accel", "tcg,thread=multi,tb-size=512", "-cpu", _PROCESSOR, "-smp", "2", "-m", str(_MEMORY_MB),
            "-kernel", str(self._guest.kernel), "-initrd", str(self._guest.initrd), "-append", words,
            "-drive", f"file={self._guest.disk},format=raw,if=virtio,snapshot=on,cache=unsafe",
            *(word for drive in drives for word in ("-drive", drive)),
            "-serial", f"file:{here / 'console.log'}",
            "-qmp", f"unix:{here / 'control'},server=on,wait=off",
            "-chardev", f"socket,path={here / 'agent'},server=on,wait=off,id=agent",
            "-device", "virtio-serial", "-device", "virtserialport,chardev=agent,name=studiod.lab",
            "-chardev", f"file,path={here / 'told'},id=teller",
            "-device", "virtserialport,chardev=teller,name=studiod.teller",
            "-virtfs", f"local,path={self.share},mount_tag=share,security_model=none",
            "-netdev", f"user,id=net,restrict=on,{','.join(ports)}",
            "-device", "virtio-net-pci,netdev=net,romfile=",
            "-device", "qemu-xhci,id=xhci", "-audiodev", "none,id=mute",
            *(word for device in devices for word in ("-device", device)),
        ]  # fmt: skip

    def _connect(self, name: str) -> JsonWire:
        """Raises AssertionError when QEMU does not open its end."""
        path = self._folder / name
        process = self._process
        assert process is not None
        eventually(lambda: path.exists() or process.poll() is not None, _QEMU_S)
        assert process.poll() is None, "QEMU ended at once"
        return JsonWire(path)


def _free_port() -> int:
    """A TCP port that nobody holds now; QEMU takes it a moment later."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
