"""Being in time with another machine: the words for it."""

SOURCES = ("none", "clock", "mtc")
"""What tells where the machine that leads is."""

STATES = ("none", "stopped", "locking", "locked", "free-wheeling", "lost")
"""How it is with the machine that leads; none: there is none."""

TIMECODE_RATES = ("none", "24", "25", "29.97df", "30")
"""Frames a second of its timecode, as the configuration writes them."""

SHORTEST_FREEWHEEL_S, LONGEST_FREEWHEEL_S = 0.1, 60.0
