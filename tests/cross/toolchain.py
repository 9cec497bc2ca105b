"""Builds a C program for this machine and for aarch64, and runs it: natively, or under qemu."""

import ast
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build_flags() -> tuple[str, ...]:
    """FLAGS of setup.py, by which the extension itself is built: what is checked here is what plays there."""
    for statement in ast.parse((ROOT / "setup.py").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "FLAGS":
            return tuple(ast.literal_eval(statement.value))
    raise AssertionError("setup.py has no FLAGS")


FLAGS = (*build_flags(), "-Werror", f"-I{ROOT / 'ext'}", "-pthread")
QEMU = ("qemu-aarch64-static", "qemu-aarch64")
# The processors of Raspberry Pi 3, 4 and 5.
AARCH64_CPUS = ("cortex-a53", "cortex-a72", "cortex-a76")


@dataclass(frozen=True)
class Target:
    """A machine to build for: its compiler, and what goes before the program to run it."""

    name: str
    compiler: str | None
    runner: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """What is not installed; empty when everything is."""
        if self.compiler is None:
            return "a compiler"
        wanted = (self.compiler, *self.runner[:1])
        return ", ".join(tool for tool in wanted if shutil.which(tool) is None)

    def build(self, folder: Path, name: str, *sources: Path) -> Path:
        """Compile `sources` into `folder`; a warning is an error. Raises AssertionError with what the compiler said."""
        program = folder / f"{name}-{self.name}"
        self._call(*FLAGS, *self.flags, *map(str, sources), "-o", str(program), "-lm")
        return program

    def compile(self, folder: Path, source: Path) -> Path:
        """The object file of one source, as `build` makes it."""
        made = folder / f"{source.stem}-{self.name}.o"
        self._call(*FLAGS, *self.flags, "-c", str(source), "-o", str(made))
        return made

    def _call(self, *words: str) -> None:
        assert self.compiler is not None
        done = subprocess.run((self.compiler, *words), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{self.compiler} {' '.join(words)}\n{done.stderr}"

    def run(self, program: Path, *arguments: str, cpu: str | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run `program`, on an emulated `cpu` if the target is emulated."""
        runner = (*self.runner, "-cpu", cpu) if cpu is not None else self.runner
        return subprocess.run((*runner, str(program), *arguments), capture_output=True, check=False, timeout=100)


def _qemu() -> str:
    return next((name for name in QEMU if shutil.which(name)), QEMU[0])


def native() -> Target:
    """This machine."""
    return Target("native", "gcc" if shutil.which("gcc") else "cc")


def sanitized() -> Target:
    """This machine, watched by ThreadSanitizer. It does not know fences: -Wno-tsan says so once, here."""
    return Target("tsan", "gcc", flags=("-fsanitize=thread", "-g", "-Wno-tsan"))


def aarch64() -> Target:
    """A 64-bit ARM: this machine if it is one, else an emulated one."""
    if platform.machine() == "aarch64":
        return Target("aarch64", native().compiler)
    # Static: no sysroot is needed to run it.
    return Target("aarch64", "aarch64-linux-gnu-gcc", (_qemu(),), ("-static",))
