"""The desk process as a whole: what it does when a part of it goes astray."""

import os
import subprocess
import sys
from pathlib import Path

from studiod.app.bells import Bells
from studiod.app.config.load import load_config, to_json
from studiod.app.run import make_block
from studiod.app.settings import Settings
from studiod.link import TAPE, Block

SOON_S = 30.0


def test_a_part_that_went_astray_takes_the_desk_along_so_that_another_is_started(tmp_path: Path) -> None:
    values = {"tape.library": str(tmp_path), "osc.port": 0, "osc.zeroconf": False, "surfaces.enable": False}
    text = to_json(load_config(None, values, environment={}).config)
    fds = (make_block(Settings.from_json(text), text), *Bells.make().fds)
    Block(fds[0]).store_status(TAPE, "{")  # what no tape says
    command = [sys.executable, "-m", "studiod.app.child", "desk", str(os.getpid()), *map(str, fds)]
    try:
        ended = subprocess.run(command, pass_fds=fds, capture_output=True, text=True, timeout=SOON_S, check=False)
    finally:
        for fd in fds:
            os.close(fd)
    assert ended.returncode == 1
    assert "went astray" in ended.stderr
