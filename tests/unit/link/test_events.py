"""The event ring: any number of readers, a writer that waits for nobody, and nobody who is told half an event."""

import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link import HEARD, SAID, EventReader, EventWriter, SideTaken
from tests.fakes.desk_rig import Rig

ROOM = 1 << 20  # bytes of HEARD, ext/block_layout.h


@pytest.fixture(name="rig")
def _rig() -> Rig:
    return Rig.make(strips=1, buses=0)


def test_each_reader_hears_everything_said_since_it_came(rig: Rig) -> None:
    with rig:
        writer, early = EventWriter(rig.block, HEARD), EventReader(rig.block, HEARD)
        assert writer.post(3, 0, 480, 10_000, b"\x90\x40\x7f")
        late, whole = EventReader(rig.block, HEARD), EventReader(rig.block, HEARD, from_oldest=True)
        assert writer.post(4, 1, 481, 10_001, b"")
        assert early.read() == whole.read() == [(0, 3, 0, 480, 10_000, b"\x90\x40\x7f"), (1, 4, 1, 481, 10_001, b"")]
        assert [event.number for event in late.read()] == [1]
        assert (early.read(), late.read()) == ([], [])


def test_the_two_rings_are_strangers(rig: Rig) -> None:
    with rig:
        heard, said = EventReader(rig.block, HEARD), EventReader(rig.block, SAID)
        EventWriter(rig.block, SAID).post(1, 0, 0, 0, b"lamp")
        assert [event.message for event in said.read()] == [b"lamp"]
        assert heard.read() == []


@given(sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=60))
def test_messages_of_any_size_come_whole_and_in_order(sizes: list[int]) -> None:
    with Rig.make(strips=1, buses=0) as rig:
        writer, reader = EventWriter(rig.block, HEARD), EventReader(rig.block, HEARD)
        messages = [bytes((number + at) % 256 for at in range(size)) for number, size in enumerate(sizes)]
        for message in messages:
            assert writer.post(0, 0, 0, 0, message)
        assert [event.message for event in reader.read()] == messages


def test_who_is_too_slow_is_told_how_much_it_missed_and_goes_on_with_the_oldest_there_is(rig: Rig) -> None:
    with rig:
        writer, reader = EventWriter(rig.block, HEARD), EventReader(rig.block, HEARD)
        writer.post(0, 0, 0, 0, b"first")
        assert len(reader.read()) == 1
        count = 40_000  # of 40 bytes: more than the ring holds
        for number in range(count):
            writer.post(0, 0, number, 0, number.to_bytes(8))
        found = reader.read(count)
        assert reader.missed == count - len(found) > 0
        assert [event.frame for event in found] == list(range(count - len(found), count))
        assert len(found) == ROOM // 40


def test_a_message_longer_than_a_quarter_of_the_ring_is_refused_and_nothing_is_lost(rig: Rig) -> None:
    with rig:
        writer, reader = EventWriter(rig.block, HEARD), EventReader(rig.block, HEARD)
        writer.post(0, 0, 0, 0, b"before")
        assert not writer.post(0, 0, 0, 0, bytes(ROOM // 4))
        assert [event.message for event in reader.read()] == [b"before"]


def test_a_reader_beside_a_furious_writer_never_sees_a_torn_message(rig: Rig) -> None:
    with rig:
        writer, reader = EventWriter(rig.block, HEARD), EventReader(rig.block, HEARD)
        over = threading.Event()

        def write() -> None:
            for number in range(30_000):
                writer.post(number % 7, 0, number, 0, bytes([number % 251]) * (number % 400))
            over.set()

        thread = threading.Thread(target=write)
        thread.start()
        seen = 0
        try:
            while not over.is_set():
                for event in reader.read(64):
                    assert event.message == bytes([event.frame % 251]) * (event.frame % 400)
                    seen += 1
        finally:
            thread.join()
        seen += len(reader.read(100_000))
        assert seen + reader.missed == 30_000


def test_a_live_process_keeps_its_end_and_a_dead_one_gives_it_up(rig: Rig) -> None:
    claim = "import sys, studiod.link as l; l.EventWriter(l.Block(int(sys.argv[1])), l.HEARD); print(1, flush=True); "
    with rig:
        command = [sys.executable, "-c", claim + "sys.stdin.read()", str(rig.fd)]
        with subprocess.Popen(command, pass_fds=[rig.fd], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"1\n"
            with pytest.raises(SideTaken, match=f"process {other.pid}"):
                EventWriter(rig.block, HEARD)
            other.kill()
        EventWriter(rig.block, HEARD).post(0, 0, 0, os.getpid(), b"")
