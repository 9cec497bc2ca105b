"""Lines out of a stream of bytes, however it is cut and whatever a booting board puts before them."""


class LineCutter:
    """Cuts at LF. A line longer than `longest` is dropped whole, up to its LF, and counted in `too_long`."""

    def __init__(self, longest: int) -> None:
        self.too_long = 0
        self._longest = longest
        self._held = b""
        self._skips = False

    def feed(self, raw: bytes) -> list[bytes]:
        """Lines completed by `raw`, in order, without their LF."""
        first, *rest = raw.split(b"\n")
        self._hold(first)
        if not rest:
            return []
        lines = [] if self._skips else [self._held]
        self._held, self._skips = b"", False
        for line in rest[:-1]:
            if len(line) > self._longest:
                self.too_long += 1
            else:
                lines.append(line)
        self._hold(rest[-1])
        return lines

    def _hold(self, piece: bytes) -> None:
        if self._skips:
            return
        self._held += piece
        if len(self._held) > self._longest:
            self._held, self._skips = b"", True
            self.too_long += 1
