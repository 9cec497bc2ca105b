"""Under systemd: started by the handbook's commands, ready when it says so, back when it was killed or hangs."""

import pytest

from tests.helpers import eventually
from tests.lab.studio import PATIENCE_S, Studio

pytestmark = pytest.mark.lab


def processes(studio: Studio) -> dict[str, int]:
    return dict(studio.status()["processes"])


def fields(studio: Studio, pid: int) -> dict[str, str]:
    shown = studio.machine.output(f"cat /proc/{pid}/status")
    return dict(line.split(":\t", 1) for line in shown.splitlines() if ":\t" in line)


def test_the_handbook_s_commands_start_the_service(installed: Studio) -> None:
    assert installed.properties("ActiveState", "SubState", "Type", "UnitFileState") == {
        "ActiveState": "active",
        "SubState": "running",
        "Type": "notify",
        "UnitFileState": "enabled",
    }


def test_it_is_active_only_when_it_says_ready_and_tells_what_it_does(installed: Studio) -> None:
    shown = installed.properties("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic", "StatusText")
    # An interpreter and three children came before it: with Type=simple both moments are the same.
    assert int(shown["ActiveEnterTimestampMonotonic"]) - int(shown["ExecMainStartTimestampMonotonic"]) > 100_000
    assert shown["StatusText"]


def test_it_answers_over_the_network_and_says_where_takes_go(installed: Studio) -> None:
    status = installed.status()
    assert status["library"] == "/var/lib/studiod"
    assert set(status["processes"]) == {"supervisor", "engine", "tape", "desk", "ports"}


def test_every_process_is_the_account_s_and_has_no_privilege(installed: Studio) -> None:
    uid = installed.machine.output("id -u studiod")
    for pid in processes(installed).values():
        shown = fields(installed, pid)
        assert shown["Uid"].split() == [uid] * 4
        assert [shown[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")] == ["0" * 16] * 4
        assert (shown["NoNewPrivs"], shown["Seccomp"]) == ("1", "2")


def test_the_audio_thread_runs_in_real_time_without_that_privilege(installed: Studio) -> None:
    assert installed.status()["engine"]["realtime_priority"] > 0


@pytest.mark.parametrize(
    ("device", "code"), [("/dev/snd/timer", 0), ("/dev/snd/seq", 0), ("/dev/vda", 1), ("/dev/ttyS0", 1)]
)
def test_even_root_opens_only_the_studio_s_devices_inside_the_service(
    installed: Studio, device: str, code: int
) -> None:
    group = "/sys/fs/cgroup/system.slice/studiod.service/cgroup.procs"
    assert installed.machine.run(f"echo $$ >{group} && exec true <>{device}").code == (2 if code else 0)


def test_the_watchdog_is_fed_for_longer_than_twice_its_limit(installed: Studio) -> None:
    names = ("WatchdogUSec", "WatchdogTimestampMonotonic", "ActiveEnterTimestampMonotonic", "NRestarts")
    assert installed.properties("WatchdogUSec")["WatchdogUSec"] == "10s"

    def fed_for_s() -> float:
        shown = installed.properties(*names)
        assert shown["NRestarts"] == "0"
        return (int(shown["WatchdogTimestampMonotonic"]) - int(shown["ActiveEnterTimestampMonotonic"])) / 1e6

    eventually(lambda: fed_for_s() > 20.0, PATIENCE_S)


@pytest.mark.parametrize("child", ["engine", "desk"])
def test_a_child_that_hangs_is_replaced_and_the_service_goes_on(installed: Studio, child: str) -> None:
    before = processes(installed)
    installed.machine.output(f"kill -STOP {before[child]}")
    after = installed.wait_for(lambda status: status["processes"][child] != before[child])
    assert installed.properties("ActiveState")["ActiveState"] == "active"
    assert after["uptime_s"] >= 0


def test_a_killed_supervisor_takes_everything_with_it_and_systemd_starts_it_anew(installed: Studio) -> None:
    before = processes(installed)
    restarts = int(installed.properties("NRestarts")["NRestarts"])
    installed.machine.output(f"kill -KILL {before['supervisor']}")
    after = installed.wait_for(lambda status: status["processes"]["supervisor"] != before["supervisor"])
    assert not set(before.values()) & set(after["processes"].values())
    assert int(installed.properties("NRestarts")["NRestarts"]) == restarts + 1


def test_it_stops_in_order_when_it_is_told_to(installed: Studio) -> None:
    installed.status()
    installed.machine.output("systemctl stop studiod")
    shown = installed.properties("Result", "ExecMainStatus", "ExecMainCode", "ActiveState")
    assert shown == {"Result": "success", "ExecMainStatus": "0", "ExecMainCode": "1", "ActiveState": "inactive"}
    assert "killed" not in installed.journal().rsplit("Stopping studiod", 1)[1].lower()
    installed.machine.output("systemctl start studiod")
