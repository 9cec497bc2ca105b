"""A port is let go in the middle of what it says, while the interpreter is busy: each call comes whole, nobody dies."""

import os
import subprocess
import sys

import pytest

from tests.real.jackd import has_jackd, jack_server

pytestmark = [pytest.mark.real, pytest.mark.skipif(not has_jackd(), reason="jackd2 is not installed")]
FLOOD = """
import sys, threading, rtmidi
out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="flood")
out.open_virtual_port("out")
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set())).start()
while not ended.wait(0.001):
    for number in range(20):
        out.send_message([0xE0, number, 0])
out.delete()
"""
LISTEN = """
import json, sys, threading, time, rtmidi
from studiod.ports.hang_up import hang_up

WANTED, MOST = 3, 200  # calls that come while their port is let go; times it is tried
LAST_CALL_S = 0.2

def keep_busy():
    while not ended.is_set():
        for _ in range(100_000):
            pass

def listen():
    while not [name for name in probe.get_ports() if name.startswith("flood:")]:
        time.sleep(0.05)
    told = {"heard": 0, "late": 0, "times": 0}
    while told["late"] < WANTED and told["times"] < MOST:
        leaving, heard = threading.Event(), threading.Event()

        def on_midi(event, mine):
            assert mine is leaving and event[0][0] == 0xE0
            told["heard"] += 1
            told["late"] += leaving.is_set()
            heard.set()

        midi_in = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="listener")
        midi_in.set_callback(on_midi, leaving)
        midi_in.open_port([n for n, name in enumerate(midi_in.get_ports()) if name.startswith("flood:")][0], "in")
        assert heard.wait(20.0), "nobody speaks"
        leaving.set()
        hang_up(midi_in, LAST_CALL_S)
        told["times"] += 1
    return told

ended = threading.Event()
probe = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="probe")
threading.Thread(target=keep_busy, daemon=True).start()
print(json.dumps(listen()))
ended.set()
probe.delete()
"""


def test_a_call_that_comes_while_its_port_is_let_go_comes_whole() -> None:
    with jack_server(frames=256) as server:
        python = [sys.executable, "-X", "faulthandler", "-c"]
        environment = os.environ | server.environment
        flood = subprocess.Popen([*python, FLOOD], stdin=subprocess.PIPE, env=environment)
        try:
            done = subprocess.run(
                [*python, LISTEN], capture_output=True, text=True, env=environment, timeout=120, check=False
            )
        finally:
            assert flood.stdin is not None
            flood.stdin.close()
            flood.wait(10.0)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert '"late": 3' in done.stdout, done.stdout
