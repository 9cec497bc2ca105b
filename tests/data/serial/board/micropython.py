"""As much of MicroPython's micropython as firmware-maps/firmware needs."""


def kbd_intr(byte: int) -> None:
    """Which byte on the line interrupts: none does here."""
    assert byte == -1
