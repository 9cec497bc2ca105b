"""An engine on a PortAudio device, in a process of its own: PortAudio may hang for ever, and a process can be killed.

    python -m tests.real.sound_box FD STRIPS BUSES DEVICE RATE BLOCK_FRAMES

Attaches to the block behind FD and plays until stdin ends or it is killed. DEVICE may be empty: the default.
stdout: `{"inputs", "outputs", "name", "devices", "latency"}` when the stream runs, or `{"fault"}`, in one line of JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from studiod.app.portaudio import PortAudio, PortAudioUnavailable
from studiod.link import Block
from studiod.model.console import console_parameters
from studiod.model.registry import Registry
from tests.fakes.desk_rig import Rig, layout

ROOT = Path(__file__).parents[2]


class SoundBox:
    """The process, and what it said."""

    def __init__(
        self, rig: Rig, device: str = "", *, rate_hz: int = 48_000, block_frames: int = 256, home: Path | None = None
    ) -> None:
        block = rig.block
        sizes = (block.strips, block.buses, device, rate_hz, block_frames)
        self._words = [sys.executable, "-m", "tests.real.sound_box", str(rig.fd), *map(str, sizes)]
        self._fd = rig.fd
        self._environment = dict(os.environ) | ({"HOME": str(home)} if home is not None else {})
        self._process: subprocess.Popen[str] | None = None
        self.said: dict[str, Any] = {}

    def start(self) -> None:
        """Start it and wait for what it says."""
        self._process = subprocess.Popen(
            self._words,
            cwd=ROOT,
            env=self._environment,
            pass_fds=[self._fd],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the sound box ended without a word"
        self.said = json.loads(line)

    def kill(self) -> None:
        """SIGKILL; may be called twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def main() -> None:
    """Open the device, say so, play."""
    fd, strips, buses = (int(word) for word in sys.argv[1:4])
    device, rate_hz, block_frames = sys.argv[4] or None, int(sys.argv[5]), int(sys.argv[6])
    rig = Rig(Registry(console_parameters(layout(strips, buses))), Block(fd), fd)
    try:
        portaudio = PortAudio(device, None, rate_hz, block_frames)
        inputs, outputs = portaudio.choose(rig.block.inputs, rig.block.outputs)
        portaudio.start(*rig.engine.portaudio_stream(inputs, outputs))
    except PortAudioUnavailable as fault:
        print(json.dumps({"fault": str(fault)}), flush=True)  # noqa: T201 - its stdout is read by the test
        os._exit(1)
    words = {"inputs": inputs, "outputs": outputs, "name": portaudio.name}
    words |= {"devices": portaudio.devices(), "latency": portaudio.latency}
    print(json.dumps(words), flush=True)  # noqa: T201
    sys.stdin.read()
    os._exit(0)  # Pa_Terminate may hang


if __name__ == "__main__":
    main()
