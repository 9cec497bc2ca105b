"""Long texts made short: playlists repeat themselves, and every take keeps its own."""

import base64
import zlib

_NAMES = "surrogatepass"  # a file may be called by bytes that are no UTF-8
_PLAIN = ("", "[", "{")  # how JSON begins; what is packed begins with the `e` of zlib's first bytes


def packed(text: str) -> str:
    """JSON `text` in a tenth of its length, in letters and digits."""
    return base64.b64encode(zlib.compress(text.encode(errors=_NAMES), 1)).decode()


def unpacked(text: str) -> str:
    """What was given to `packed`; JSON that never was comes back as it is. Raises ValueError for what is neither."""
    if text[:1] in _PLAIN:
        return text
    try:
        return zlib.decompress(base64.b64decode(text, validate=True)).decode(errors=_NAMES)
    except zlib.error as fault:
        raise ValueError(f"what is packed is not whole: {fault}") from None
