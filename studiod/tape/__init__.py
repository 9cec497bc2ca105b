"""The tape: every take on disk, and what plays from it. Import it from here, never the compiled half."""

from studiod.tape._tape import RingView

__all__ = ["RingView"]
