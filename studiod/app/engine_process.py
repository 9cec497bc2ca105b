"""The engine process: the graph on its device, a watch on that device, and the way back when it returns."""

import logging
import signal
import threading
import time

from studiod.app.hosts import Hosts
from studiod.app.settings import Settings
from studiod.engine import BUILD, Engine, engine_targets
from studiod.link import ENGINE, Block
from studiod.link.status import tell_status
from studiod.model.console import console_parameters
from studiod.model.registry import Registry

WATCH_S = 0.05
STATUS_S = 0.5
_log = logging.getLogger(__name__)


def make_engine(block: Block, settings: Settings) -> Engine:
    """The engine of this configuration. Raises ValueError for a layout that cannot be built."""
    layout = settings.console_layout()
    inputs = [source - 1 if source <= block.inputs else -1 for source in layout.strip_inputs]
    desk = settings.desk
    return Engine(
        block,
        engine_targets(Registry(console_parameters(layout))),
        inputs,
        [bus.output - 1 for bus in desk.buses],
        [output - 1 for output in desk.main_outputs],
        matrix_outputs=[matrix.output - 1 for matrix in desk.matrices],
        mono_output=desk.mono_output - 1,
        monitor_outputs=[output - 1 for output in desk.monitor_outputs],
        talkback_input=desk.talkback_input - 1,
    )


def run(block: Block, settings: Settings) -> int:
    """Until SIGTERM, or until a device comes or goes that needs a new process; exit status."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    engine = make_engine(block, settings)
    hosts = Hosts(engine, block, settings, time.monotonic)
    hosts.open()
    _tell(block, hosts, engine)
    block.set_ready(ENGINE, ready=True)
    threading.Thread(target=engine.hold_memory, name="memory", daemon=True).start()
    told_at = 0.0
    while not stopped.wait(WATCH_S):
        status = hosts.watch()
        engine.measure()
        engine.hold_armed()
        if time.monotonic() - told_at > STATUS_S or status is not None:
            told_at = time.monotonic()
            _tell(block, hosts, engine)
        if status is not None:
            hosts.leave()
            return status
    hosts.leave()
    return 0


def _tell(block: Block, hosts: Hosts, engine: Engine) -> None:
    tell_status(block, ENGINE, hosts.status() | {"isa": engine.isa, "build": BUILD})
