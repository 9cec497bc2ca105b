"""A PortAudio stream whose callback is the engine's C function, opened through sounddevice."""

from typing import Any

_HINT = "; `studioctl devices` lists what there is"


class PortAudioUnavailable(OSError):  # noqa: N818 - it reads as the fact it reports
    """No stream can be opened; the message says why and what to do."""


class PortAudio:
    """One stream on the configured devices, or on what is left of them. Everything raises PortAudioUnavailable.

    device, output_device: a name or part of it, None for the system's default (and for the same card).
    """

    def __init__(self, device: str | None, output_device: str | None, rate_hz: int, block_frames: int) -> None:
        self.fault = ""
        """What is missing of what was wished for; empty when nothing is."""
        self.name = ""
        self._rate_hz = rate_hz
        self._block_frames = block_frames
        self._stream: Any = None
        try:
            import sounddevice
        except OSError as fault:
            raise PortAudioUnavailable("PortAudio is not installed: apt install libportaudio2") from fault
        self._sd = sounddevice
        devices = list(sounddevice.query_devices())
        self._input = self._find(devices, device, "input")
        self._output = self._find(devices, output_device or device, "output")
        if self._input is None and self._output is None:
            missing = f"no sound card like {device!r}" if device else "no sound card"
            raise PortAudioUnavailable(f"{missing} is there: plug it in, or change audio.device{_HINT}")
        if self._input is None and device:
            self.fault = f"no inputs: {device!r} is not there; plug it in{_HINT}"
        elif self._output is None and (output_device or device):
            self.fault = f"no outputs: {output_device or device!r} is not there; plug it in{_HINT}"

    def _find(self, devices: list[dict[str, Any]], wish: str | None, direction: str) -> dict[str, Any] | None:
        able = [device for device in devices if device[f"max_{direction}_channels"] > 0]
        if wish is not None:
            exact = [device for device in able if device["name"] == wish]
            return next(iter(exact or [d for d in able if wish.lower() in d["name"].lower()]), None)
        default = self._sd.default.device[0 if direction == "input" else 1]
        return next((device for device in able if device["index"] == default), None)

    def choose(self, inputs: int, outputs: int) -> tuple[int, int]:
        """Channels the stream will have: at most so many."""
        self._inputs = min(inputs, self._input["max_input_channels"]) if self._input else 0
        self._outputs = min(outputs, self._output["max_output_channels"]) if self._output else 0
        return self._inputs, self._outputs

    def start(self, callback: int, user_data: int) -> None:
        """Open the stream with the C `callback` (addresses) and start it."""
        ffi = self._sd._ffi  # noqa: SLF001 - private, pinned, imported in a test (docs/decisions/0003)
        options: dict[str, Any] = {
            "samplerate": self._rate_hz,
            "blocksize": self._block_frames,
            "dtype": "float32",
            "latency": "low",
            "callback": ffi.cast("PaStreamCallback*", callback),
            "userdata": ffi.cast("void*", user_data),
            "wrap_callback": None,
        }
        kind, device, channels = self._shape()
        self.name = " / ".join(dict.fromkeys(d["name"] for d in (self._input, self._output) if d is not None))
        try:
            self._stream = self._sd._StreamBase(kind, device=device, channels=channels, **options)  # noqa: SLF001
            self._stream.start()
        except self._sd.PortAudioError as fault:
            raise PortAudioUnavailable(self._sentence(fault)) from fault

    def _shape(self) -> tuple[str, Any, Any]:
        if self._input is None and self._output is not None:
            return "output", self._output["index"], self._outputs
        if self._output is None and self._input is not None:
            return "input", self._input["index"], self._inputs
        assert self._input is not None  # noqa: S101 - one of the two was found, or __init__ had raised
        assert self._output is not None  # noqa: S101
        return "duplex", (self._input["index"], self._output["index"]), (self._inputs, self._outputs)

    def _sentence(self, fault: Exception) -> str:
        text = str(fault)
        if "sample rate" in text.lower():
            return f"{self.name} does not run at {self._rate_hz} Hz: change audio.rate_hz"
        if "unavailable" in text.lower() or "busy" in text.lower():
            return f"{self.name} is in use by another program: stop that one, or change audio.device{_HINT}"
        return f"{self.name} cannot be opened ({text}): change audio.device or audio.host{_HINT}"

    @property
    def latency(self) -> tuple[int, int] | None:
        """Frames from the world to the stream, and from it to the world; None without a stream."""
        if self._stream is None:
            return None
        told = self._stream.latency  # seconds: of both, or of the only direction there is
        inwards_s, outwards_s = told if isinstance(told, tuple) else (told, 0.0) if self._input else (0.0, told)
        return round(inwards_s * self._rate_hz), round(outwards_s * self._rate_hz)

    def devices(self) -> list[dict[str, Any]]:
        """What PortAudio saw when it was opened."""
        used = {device["index"] for device in (self._input, self._output) if device is not None}
        return [
            {
                "name": device["name"],
                "inputs": device["max_input_channels"],
                "outputs": device["max_output_channels"],
                "host": self._sd.query_hostapis(device["hostapi"])["name"],
                "in_use": device["index"] in used,
            }
            for device in self._sd.query_devices()
        ]
