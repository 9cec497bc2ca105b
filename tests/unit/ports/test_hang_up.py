"""When ports that called back are let go; what it is good for shows in tests/real/test_hang_up.py."""

from dataclasses import dataclass, field
from typing import Any, cast

from studiod.ports.hang_up import HangUps, hang_up


@dataclass
class Port:
    done: list[str] = field(default_factory=list)

    def cancel_callback(self) -> None:
        self.done.append("cancelled")

    def delete(self) -> None:
        self.done.append("deleted")


def test_a_port_is_silent_at_once_and_gone_a_second_later() -> None:
    now, first, second = [0.0], Port(), Port()
    leaving = HangUps(lambda: now[0])
    leaving.add(cast("Any", first))
    now[0] = 0.9
    leaving.add(cast("Any", second))
    leaving.sweep()
    assert first.done == second.done == ["cancelled"]
    now[0] = 1.1
    leaving.sweep()
    assert (first.done, second.done) == (["cancelled", "deleted"], ["cancelled"])
    leaving.close()
    leaving.close()
    assert second.done == ["cancelled", "deleted"]


def test_who_cannot_come_back_later_waits() -> None:
    port = Port()
    hang_up(cast("Any", port), last_call_s=0.0)
    assert port.done == ["cancelled", "deleted"]
