"""What a board says while it starts is not meant for us."""

BOOT_S = 2.0  # bootloaders of Arduino boards are through by then
SILENCE_S = 0.25  # a bootloader that talks begins sooner after its reset


class BootNoise:
    """Opening a serial port resets most boards, and some talk while they start: that is dropped.

    What comes counts after a silence, or when the board has had its time: a box that sends MIDI clock is never silent.
    """

    def __init__(self, now_s: float) -> None:
        self._opened_s = self._last_s = now_s
        self._is_over = False

    def is_noise(self, now_s: float) -> bool:
        """Whether bytes that come at `now_s` (steady seconds) are to be dropped."""
        if not self._is_over:
            self._is_over = now_s - self._last_s >= SILENCE_S or now_s - self._opened_s >= BOOT_S
            self._last_s = now_s
        return not self._is_over
