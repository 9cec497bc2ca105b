"""The guest: a Debian 12 root, its kernel and its disk, built by the host and kept under .cache/lab.

Each is named by what it was made of, so that what is there and still true is used again.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.lab.shell import digest, missing_programs, run
from tests.lab.wheels import GUEST_PYTHON, build_wheel, dependencies, download

SUITE = "bookworm"
# What docs/how-to/service.md installs, without the compiler that a wheel spares; the rest is for the lab itself.
PACKAGES = (
    "systemd", "systemd-sysv", "udev", "kmod", "dbus", "iproute2",
    "python3", "python3-venv", "libportaudio2", "libasound2", "alsa-utils", "busybox-static",
    "e2fsprogs", "exfatprogs", "dosfstools", "dmsetup",
)  # fmt: skip
# Loaded by hand, in this order, before there is a root. crc32c_generic is asked for by ext4 through the crypto layer.
DISK_MODULES = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4")
# At boot: what the lab talks through, and a sound card that hears what is played to it.
BOOT_MODULES = ("virtio_console", "virtio_net", "9p", "9pnet_virtio", "snd-aloop", "snd-seq", "snd-seq-midi", "autofs4")
# By udev, or by a test.
MORE_MODULES = (
    "xhci_pci", "snd-usb-audio", "libcomposite", "usb_f_midi", "usb_f_acm", "dummy_hcd", "cdc_acm",
    "exfat", "vfat", "nls_cp437", "nls_ascii", "nls_iso8859-1", "nls_utf8", "dm-mod", "dm-flakey",
)  # fmt: skip
# One pair of substreams: what is played to hw:Loopback,1 comes in at hw:Loopback,0. Always card 0.
MODULE_OPTIONS = "options snd-aloop index=0 id=Loopback pcm_substreams=1\noptions dummy_hcd num=2\n"

PROGRAMS = ("mmdebstrap", "mke2fs", "cpio", "qemu-system-x86_64", "setpriv")
_TREE = Path(__file__).parents[2]
_GUEST_FILES = Path(__file__).parent / "inside"
_CACHE = _TREE / ".cache" / "lab"
_DISK_MB = 2000  # sparse; takes need room, the root a quarter of it

# The kernel's package is unpacked, not installed: its scripts would build an initrd of 30 MB, which boots slowly here.
_DOWNLOAD_KERNEL = r"""chroot "$1" sh -euc '
cd /var/cache
apt-get -qq download $(apt-cache depends linux-image-amd64 | sed -n "s/.*Depends: \(linux-image-[^ ]*\)/\1/p")
dpkg-deb -x linux-image-*.deb kernel && rm linux-image-*.deb'"""


@dataclass(frozen=True, slots=True)
class Guest:
    """What a machine boots: three files."""

    kernel: Path
    initrd: Path
    disk: Path


def what_is_missing() -> str:
    """Why this host cannot build and boot the guest, in one sentence; empty when it can."""
    if missing := missing_programs(*PROGRAMS):
        return f"not installed: {', '.join(missing)} (make lab installs them)"
    return ""


def build() -> Guest:
    """The guest with the studiod of this tree in it. About two minutes the first time, seconds while it holds.

    Raises AssertionError with what the failing program said.
    """
    base = _base()
    wheel = build_wheel(_CACHE / "wheel")
    files = sorted(path for path in _GUEST_FILES.iterdir() if path.is_file())
    disk = _CACHE / f"disk-{digest([base.name, wheel, *files])}.img"
    if not disk.exists():
        _forget("disk-*")
        _build_disk(base / "root", wheel, disk)
    return Guest(base / "vmlinuz", base / "initrd.gz", disk)


def _base() -> Path:
    """Folder of root, vmlinuz and initrd.gz: everything but studiod itself."""
    recipe: list[str | bytes | Path] = [
        SUITE,
        *PACKAGES,
        *DISK_MODULES,
        *BOOT_MODULES,
        *MORE_MODULES,
        *dependencies(),
        Path(__file__),
        _GUEST_FILES / "init",
    ]
    base = _CACHE / f"base-{digest(recipe)}"
    if base.exists():
        return base
    _forget("base-*")
    part = base.with_suffix(".part")
    root = part / "root"
    part.mkdir(parents=True)
    run(
        "mmdebstrap", "--variant=apt", f"--include={','.join(PACKAGES)}", f"--customize-hook={_DOWNLOAD_KERNEL}",
        SUITE, root,
    )  # fmt: skip
    _install_kernel(root, part)
    _install_dependencies(root)
    part.rename(base)
    return base


def _install_kernel(root: Path, base: Path) -> None:
    """Keep of the kernel's package what this hardware needs: the whole of it would fill half of the disk."""
    unpacked = root / "var/cache/kernel"
    version = next((unpacked / "lib/modules").iterdir()).name
    shutil.move(next((unpacked / "boot").glob("vmlinuz-*")), base / "vmlinuz")
    run("chroot", root, "depmod", "-b", "/var/cache/kernel", version)
    early = _with_what_they_need(root, version, DISK_MODULES)
    for module in early + _with_what_they_need(root, version, BOOT_MODULES + MORE_MODULES):
        kept = root / "usr" / module.relative_to(unpacked)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module, kept)
    for index in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(unpacked / "lib/modules" / version / index, root / "usr/lib/modules" / version)
    run("chroot", root, "depmod", version)
    _build_initrd(base, root / "bin/busybox", early)
    shutil.rmtree(unpacked)


def _with_what_they_need(root: Path, version: str, names: tuple[str, ...]) -> list[Path]:
    """Files of the modules in the order in which they load."""
    asked = ("modprobe", "--show-depends", "--ignore-install", "-d", "/var/cache/kernel", "-S", version, "-a")
    rows = [line.split() for line in run("chroot", root, *asked, *names).splitlines()]
    files = [root / row[1].lstrip("/") for row in rows if row[:1] == ["insmod"]]
    return list(dict.fromkeys(files))


def _build_initrd(base: Path, busybox: Path, modules: list[Path]) -> None:
    tree = base / "initrd"
    for folder in ("bin", "modules", "dev", "root"):
        (tree / folder).mkdir(parents=True)
    shutil.copy(busybox, tree / "bin/busybox")
    for number, module in enumerate(modules):
        shutil.copy(module, tree / "modules" / f"{number:02}-{module.name}")
    shutil.copy(_GUEST_FILES / "init", tree / "init")
    run("sh", "-euc", "find . | cpio --quiet -o -H newc | gzip -1 > ../initrd.gz", cwd=tree)
    shutil.rmtree(tree)


def _install_dependencies(root: Path) -> None:
    """Make /opt/studiod as the how-to does, with everything in it that is not ours."""
    wheelhouse = root / "var/cache/wheels"
    download(dependencies(), wheelhouse)
    run("chroot", root, f"python{GUEST_PYTHON}", "-m", "venv", "/opt/studiod")
    _pip(root, "--find-links", "/var/cache/wheels", *dependencies())
    shutil.rmtree(wheelhouse)


def _build_disk(base_root: Path, wheel: Path, disk: Path) -> None:
    root = disk.with_suffix(".root")
    run("cp", "-a", "--reflink=auto", base_root, root)
    shutil.copy(wheel, root / "var/cache")
    _pip(root, "--no-deps", f"/var/cache/{wheel.name}")
    (root / "etc/machine-id").write_text(
        f"{digest([disk.name]):0>32}\n"
    )  # an empty one asks for a first boot's questions
    (root / "etc/hostname").write_text("lab\n")
    (root / "etc/modules-load.d/lab.conf").write_text("".join(f"{name}\n" for name in BOOT_MODULES))
    (root / "etc/modprobe.d/lab.conf").write_text(MODULE_OPTIONS)
    places = {"agent.py": "opt/lab", "teller.py": "opt/lab", "bare": "opt/lab"}
    for name, folder in (places | {"usb-box": "usr/local/bin", "sudo": "usr/local/bin"}).items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(_GUEST_FILES / name, root / folder)
    shutil.copy(_GUEST_FILES / "lab-agent.service", root / "etc/systemd/system")
    run("chroot", root, "systemctl", "enable", "lab-agent.service")
    run(
        "chroot",
        root,
        "systemctl",
        "mask",
        "apt-daily.timer",
        "apt-daily-upgrade.timer",
        "getty@tty1.service",
        "systemd-binfmt.service",
    )
    run("chroot", root, "systemctl", "set-default", "multi-user.target")
    part = disk.with_suffix(".part")
    run("mke2fs", "-q", "-F", "-t", "ext4", "-d", root, part, f"{_DISK_MB}M")
    part.rename(disk)
    shutil.rmtree(root)


def _pip(root: Path, *words: str) -> None:
    # The host's pip settings (indexes, certificates) mean nothing inside.
    bare = {"PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": "", "PIP_CERT": "", "PIP_ROOT_USER_ACTION": "ignore"}
    run("chroot", root, "/opt/studiod/bin/pip", "install", "--no-index", *words, environment=bare)


def _forget(pattern: str) -> None:
    """Remove what an older tree left: a root has a quarter of a gigabyte."""
    for old in _CACHE.glob(pattern):
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink()
