"""What holds for every test: it leaves no thread behind, and studiod never blocks an event loop.

Run by several workers, tests that meet real servers or kill processes come last, one at a time.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy  # noqa: F401, ICN001 - starts its worker threads at import: they belong to no test
import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.helpers import eventually

# A machine that other work keeps busy is no fault of the code under test.
settings.register_profile("studiod", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("studiod")

_ALONE = ("tests/chaos/", "tests/real/", "tests/rt/")
_TASKS = Path("/proc/self/task")
_THREAD_END_S = 2.0  # a thread that was told to stop needs a slice of a busy machine to do so


class _Lanes(LoadScopeScheduling):  # type: ignore[misc] # it ships no types
    """Deals out whole files, and those that want the machine to themselves as one."""

    def _split_scope(self, nodeid: str) -> str:
        return "alone" if nodeid.startswith(_ALONE) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Of `--numprocesses`."""
    return _Lanes(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that want the machine to themselves come last."""
    items.sort(key=lambda item: item.nodeid.startswith(_ALONE))


def _native_threads() -> dict[str, str]:
    """Name of every thread of this process by id: Python's, the engine's, and those of libraries."""
    names: dict[str, str] = {}
    for task in _TASKS.iterdir():
        try:
            names[task.name] = (task / "comm").read_text().strip()
        except OSError:  # it ended while we looked
            continue
    return names


@pytest.fixture(autouse=True)
def _no_thread_outlives_a_test() -> Iterator[None]:
    before = _native_threads()
    yield

    def all_ended() -> bool:
        return not _native_threads().keys() - before.keys()

    try:
        eventually(all_ended, within_s=_THREAD_END_S)
    except AssertionError:
        python_names = {str(thread.native_id): thread.name for thread in threading.enumerate()}
        left = {tid: python_names.get(tid, name) for tid, name in _native_threads().items() if tid not in before}
        if left:
            pytest.fail(f"threads outlive the test: {', '.join(sorted(left.values()))}")


@pytest.fixture(autouse=True)
def _no_blocking_call_in_the_loop() -> Iterator[BlockBuster]:
    """Raise BlockingError where studiod sleeps, waits or touches the disk inside a running asyncio loop."""
    with blockbuster_ctx("studiod") as blockbuster:
        yield blockbuster
