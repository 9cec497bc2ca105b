"""Build of the compiled parts: sources in ext/, modules in studiod.*; everything else is in pyproject.toml."""

from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup

# No contraction: fused multiply-adds are written out, so that a ramp that moves and one that rests round alike.
# No -ffast-math: NaN tests and signed zeros mean something here.
FLAGS = ["-std=gnu11", "-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off", "-Wall", "-Wextra"]
# what Cython's own C cannot avoid
QUIET = ["-Wno-unused-parameter", "-Wno-unused-function", "-Wno-cast-function-type", "-Wno-sign-compare"]
HEADERS = [str(path) for pattern in ("*.h", "*.pxd", "dsp/*") for path in sorted(Path("ext").glob(pattern))]
VARIANTS = [str(path) for path in sorted(Path("ext").glob("variant_*.c"))]


def extension(name: str, source: str, *more: str) -> Extension:
    """One compiled module; it is built anew when any header of ext/ changes."""
    return Extension(
        name,
        [f"ext/{source}", *more],
        include_dirs=["ext"],
        depends=HEADERS,
        extra_compile_args=[*FLAGS, *QUIET],
        libraries=["m", "dl", "pthread"],
    )


setup(
    # The maps of boxes lie beside the code in the sources, and inside the package where it is installed.
    packages=[*find_packages(include=["studiod*"]), "studiod.firmware_maps"],
    package_dir={"studiod.firmware_maps": "firmware-maps"},
    package_data={
        "studiod": ["*.pyi", "**/*.pyi", "py.typed"],
        "studiod.firmware_maps": ["*.yaml", "*.md", "mackie/*.yaml", "mackie/*.md", "firmware/*.*", "firmware/*/*.ino"],
    },
    ext_modules=cythonize(
        [
            extension("studiod.link._block", "_block.pyx"),
            extension("studiod.link._events", "_events.pyx"),
            extension("studiod.engine._engine", "_engine.pyx", *VARIANTS),
            extension("studiod.engine._generators", "_generators.pyx"),
            extension("studiod.engine._limiter", "_limiter.pyx"),
            extension("studiod.engine._meters", "_meters.pyx"),
            extension("studiod.ports._jack_midi", "_jack_midi.pyx"),
            extension("studiod.tape._tape", "_tape.pyx"),
        ],
        include_path=["ext"],
        compiler_directives={"language_level": 3},
    ),
    options={"build_ext": {"parallel": True}},  # one module a core
)
