"""What lies in systemd/ is taken without a word by the programs that read it, and leaves little to attack."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"
MAX_EXPOSURE_X10 = 30  # systemd-analyze counts in tenths: below 3.0


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def run(*words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    everything = dict(os.environ) | (environment or {})
    return subprocess.run(
        words, env=everything, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60
    )


def runnable(unit: Path, folder: Path) -> Path:
    """Copy `unit` into `folder` with a program that exists everywhere: verify looks for it."""
    copy = folder / unit.name
    copy.write_text(
        re.sub(r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", unit.read_text(), flags=re.MULTILINE)
    )
    return copy


@needs("systemd-analyze")
def test_the_service_is_verified_without_a_word(tmp_path: Path) -> None:
    # systemd-analyze answers 0 for unknown keys and bad values: only its silence is approval.
    done = run("systemd-analyze", "verify", "--man=no", str(runnable(SYSTEMD / "studiod.service", tmp_path)))
    assert (done.stdout, done.returncode) == ("", 0)


@needs("systemd-analyze")
def test_the_service_of_a_person_is_verified_without_a_word(tmp_path: Path) -> None:
    unit = runnable(SYSTEMD / "user" / "studiod.service", tmp_path)
    done = run(
        "systemd-analyze", "--user", "verify", "--man=no", str(unit), environment={"XDG_RUNTIME_DIR": str(tmp_path)}
    )
    assert (done.stdout, done.returncode) == ("", 0)


@needs("systemd-analyze")
def test_the_service_is_exposed_less_than_three(tmp_path: Path) -> None:
    unit = runnable(SYSTEMD / "studiod.service", tmp_path)
    done = run("systemd-analyze", "security", "--offline=true", f"--threshold={MAX_EXPOSURE_X10 - 1}", str(unit))
    assert done.returncode == 0, done.stdout
    assert "Overall exposure level" in done.stdout


@pytest.mark.parametrize(
    "directive", ["PrivateDevices=yes", "RestrictRealtime=yes", "PrivateNetwork=yes", "ProcSubset=pid", "RemoveIPC=yes"]
)
def test_what_would_silence_the_studio_stays_out_of_the_service(directive: str) -> None:
    assert directive not in (SYSTEMD / "studiod.service").read_text().splitlines()


@needs("systemd-sysusers", "systemd-tmpfiles")
def test_the_account_and_its_folders_are_made_in_an_empty_root(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    root = f"--root={tmp_path}"
    # Absolute paths, or the programs look in their own folders.
    account = run("systemd-sysusers", root, str(SYSTEMD / "sysusers.d" / "studiod.conf"))
    assert account.returncode == 0, account.stdout
    groups = dict(line.split(":", 1) for line in (tmp_path / "etc" / "group").read_text().splitlines())
    assert groups["audio"].endswith(":studiod")
    assert groups["dialout"].endswith(":studiod")
    if os.geteuid() != 0:
        pytest.skip("the account was made; giving folders to it needs root")
    folders = run("systemd-tmpfiles", "--create", root, str(SYSTEMD / "tmpfiles.d" / "studiod.conf"))
    assert (folders.stdout, folders.returncode) == ("", 0)
    uid = next(
        line.split(":")[2] for line in (tmp_path / "etc" / "passwd").read_text().splitlines() if "studiod" in line
    )
    library = (tmp_path / "var" / "lib" / "studiod").stat()
    assert (str(library.st_uid), library.st_mode & 0o777) == (uid, 0o750)


@needs("systemd-sysusers")
def test_the_account_is_understood_by_this_machine() -> None:
    done = run("systemd-sysusers", "--dry-run", str(SYSTEMD / "sysusers.d" / "studiod.conf"))
    assert done.returncode == 0, done.stdout


@needs("systemd-tmpfiles")
def test_the_performance_setting_is_quiet_where_there_is_no_governor(tmp_path: Path) -> None:
    conf = SYSTEMD / "tmpfiles.d" / "studiod-performance.conf"
    done = run("systemd-tmpfiles", "--create", f"--root={tmp_path}", str(conf))
    assert (done.stdout, done.returncode) == ("", 0)


def udev_complaints(rules: Path) -> list[str]:
    """What udev says about `rules`, alone in a /run of their own (udev 252 has no `udevadm verify`)."""
    script = (
        'mount -t tmpfs none /run && mkdir -p /run/udev/rules.d && cp -- "$1" /run/udev/rules.d/'
        " && exec udevadm test --action=add /sys/class/net/lo"
    )
    done = run("unshare", "--mount", "sh", "-c", script, "sh", str(rules))
    assert "Reading rules file" in done.stdout, done.stdout
    return [line for line in done.stdout.splitlines() if re.search(rf"{re.escape(rules.name)}:\d+", line)]


@needs("udevadm", "unshare")
@pytest.mark.skipif(os.geteuid() != 0, reason="a private /run needs root")
def test_udev_reads_every_rule_without_a_complaint() -> None:
    assert udev_complaints(SYSTEMD / "udev" / "70-studiod.rules") == []


@needs("udevadm", "unshare")
@pytest.mark.skipif(os.geteuid() != 0, reason="a private /run needs root")
def test_udev_would_complain_about_a_wrong_key(tmp_path: Path) -> None:
    rules = tmp_path / "70-wrong.rules"
    rules.write_text('SUBSYSTM=="sound", MODE="0660"\n')
    assert udev_complaints(rules) != []


def test_limits_name_a_domain_a_type_an_item_and_a_value() -> None:
    lines = (SYSTEMD / "limits.d" / "95-studiod.conf").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    assert {(domain, kind, item) for domain, kind, item, _value in rows} == {
        ("@audio", "-", "rtprio"),
        ("@audio", "-", "memlock"),
        ("@audio", "-", "nice"),
    }
