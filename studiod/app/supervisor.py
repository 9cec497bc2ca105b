"""The supervisor: starts the children, and again what died or hangs; stops them in mirror order. Stdlib only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from studiod.app.life import PROCESSES, Life
from studiod.app.notify import Notifier, WatchdogGate

ENGINE, TAPE, DESK, PORTS = 1, 2, 3, 4
START_ORDER = (ENGINE, TAPE, DESK, PORTS)
STOP_ORDER = (DESK, PORTS, ENGINE, TAPE)
# The tape may wait for a disk as long as the ring holds, and twice that. A desk is back before systemd (10 s) gives up.
HANG_S = {ENGINE: 3.0, TAPE: 40.0, DESK: 3.0, PORTS: 3.0}
AGAIN = 2  # times as long for one that was killed for it: the machine may be slow
GRACE_S = 15.0  # a child that has not beaten yet is starting; a machine too slow for that is given more each time
STOP_S = {ENGINE: 3.0, TAPE: 12.0, DESK: 5.0, PORTS: 2.0}
TURN_S = 0.25
HEAD_START_S = 0.1  # sound first: three starts at once on two cores make each of them late
CALM_S = 30.0  # a child that beats for so long is in order
FALSE_STARTS, PAUSE_S = 3, 1.0  # a child that never gets to work is not started as fast as the machine can
REATTACH = 75  # a child asks to be started anew: sysexits' "try again"


@dataclass
class Child:
    """One child process and how it is doing."""

    number: int
    process: subprocess.Popen[bytes] | None = None
    beats: int = 0
    beaten_at: float = 0.0
    has_beaten: bool = False
    false_starts: int = 0
    has_hung: bool = False
    """It was killed for it, and has not beaten for CALM_S since."""
    started_at: float = 0.0
    not_before: float = 0.0

    @property
    def name(self) -> str:
        """engine, tape, desk or ports."""
        return PROCESSES[self.number]

    @property
    def patience_s(self) -> float:
        """How long it may be silent before it counts as hanging; longer after a try on a machine that is too slow."""
        if not self.has_beaten:
            return GRACE_S * (1 + self.false_starts)
        return HANG_S[self.number] * (AGAIN if self.has_hung else 1)

    def beat(self, beats: int, now: float) -> None:
        """It is alive."""
        self.beats, self.beaten_at, self.has_beaten = beats, now, True
        if now - self.started_at > CALM_S:
            self.has_hung = False


class Supervisor:
    """Keeps the children of one shared block alive until asked to stop.

    fds: the block, and the bells between desk and ports. parts: who is to run.
    """

    def __init__(self, fds: tuple[int, ...], parts: Sequence[str]) -> None:
        self._fds = fds
        self._life = Life(fds[0])
        self._children = [Child(number) for number in START_ORDER if PROCESSES[number] in parts]
        self._notifier = Notifier.from_environment()
        self._gate = WatchdogGate.for_limit(self._notifier.watchdog_s) if self._notifier.watchdog_s else None
        self._is_ready = False

    def run(self) -> int:
        """Until SIGTERM or SIGINT; exit status."""
        signals = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        self._life.began(0, os.getpid())
        for child in self._children[1:]:
            child.not_before = time.monotonic() + HEAD_START_S
        while True:
            for child in self._children:
                if child.process is None and time.monotonic() >= child.not_before:
                    self._start(child)
            caught = signal.sigtimedwait(signals, self._wait_s())
            if caught is not None and caught.si_signo in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                break
            self._look(time.monotonic())
        self._stop()
        return 0

    def _wait_s(self) -> float:
        """Until the next turn, or the next start that is due."""
        due = [child.not_before for child in self._children if child.process is None]
        return max(min([TURN_S, *(at - time.monotonic() for at in due)]), 0.0)

    def _start(self, child: Child) -> None:
        environment = {
            name: text for name, text in os.environ.items() if name not in ("NOTIFY_SOCKET", "WATCHDOG_USEC")
        }
        command = [sys.executable, "-m", "studiod.app.child", child.name, str(os.getpid()), *map(str, self._fds)]
        child.process = subprocess.Popen(  # noqa: S603 - our own module
            command, pass_fds=self._fds, env=environment, stdin=subprocess.DEVNULL
        )
        child.started_at = child.beaten_at = time.monotonic()
        child.has_beaten = False
        child.beats = self._life.beats(child.number)
        self._life.began(child.number, child.process.pid)

    def _look(self, now: float) -> None:
        """Reap the dead, kill the hung, tell systemd."""
        for child in self._children:
            if child.process is None:
                continue
            status = child.process.poll()
            if status is not None:
                self._mourn(child, status, now)
                continue
            beats = self._life.beats(child.number)
            if beats != child.beats:
                child.beat(beats, now)
            elif now - child.beaten_at > child.patience_s:
                _say(f"{child.name} hangs: killed, it starts again")
                child.has_hung |= child.has_beaten
                child.beaten_at = now
                child.process.kill()
        if not self._is_ready and all(self._life.is_ready(child.number) for child in self._children):
            self._is_ready = True
            self._notifier.ready("sound is running")
        alive = [self._sign_of_life(child, now) for child in self._children if child.number in {ENGINE, DESK}]
        if self._is_ready and self._gate is not None and self._gate.may_feed(now, *alive):
            self._notifier.feed()

    def _sign_of_life(self, child: Child, now: float) -> float:
        """What moves while the child does; one that is starting is in our care: systemd would stop the sound for it."""
        return self._life.beats(child.number) if child.has_beaten else now

    def _mourn(self, child: Child, status: int, now: float) -> None:
        child.process = None
        child.false_starts = 0 if self._life.is_ready(child.number) else child.false_starts + 1
        self._life.ended(child.number)
        if status == REATTACH:
            return
        how = f"signal {-status}" if status < 0 else f"status {status}"
        _say(f"{child.name} ended ({how}); it starts again")
        if child.false_starts >= FALSE_STARTS:
            child.not_before = now + PAUSE_S

    def _stop(self) -> None:
        """Mirror of the start, and the tape last, so that the take ends whole."""
        self._notifier.stopping("closing takes")
        for child in sorted(self._children, key=lambda child: STOP_ORDER.index(child.number)):
            if child.process is None:
                continue
            child.process.terminate()
            try:
                child.process.wait(STOP_S[child.number])
            except subprocess.TimeoutExpired:
                _say(f"{child.name} does not stop: killed")
                child.process.kill()
                child.process.wait()
            self._life.ended(child.number)
        self._notifier.close()


def _say(text: str) -> None:
    sys.stderr.write(f"studiod: {text}\n")
    sys.stderr.flush()


def main() -> int:
    """`python -m studiod.app.supervisor BLOCK-FD BELL-FD BELL-FD PART,... [what was typed]`."""
    return Supervisor(tuple(map(int, sys.argv[1:4])), sys.argv[4].split(",")).run()


if __name__ == "__main__":
    sys.exit(main())
