"""The shim of tests/data/iofault.c, for processes that are to meet a faulty disk."""

import subprocess
from pathlib import Path


def compiled_shim(folder: Path) -> Path:
    """The shim as a library in `folder`, for LD_PRELOAD."""
    library = folder / "iofault.so"
    source = Path(__file__).parents[1] / "data" / "iofault.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-o", library, source, "-ldl"], check=True)
    return library


def faulty_disk(folder: Path, path: str, spec: str) -> dict[str, str]:
    """Environment of a process for which files with `path` in their name fail as `spec` says."""
    return {"LD_PRELOAD": str(compiled_shim(folder)), "IOFAULT_PATH": path, "IOFAULT_SPEC": spec}
