"""Machine control: the published bytes, several commands in one message, and junk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.sync import (
    Mmc,
    MmcLocate,
    MmcShuttle,
    MmcStep,
    MmcTracks,
    MmcVariable,
    MmcVerb,
    Timecode,
    TimecodeRate,
    decode_mmc,
    encode_mmc,
)

R25 = TimecodeRate.FPS_25
HOUR = Timecode(TimecodeRate.FPS_24, 1, 0, 0, 0)


def arm(*tracks: int) -> MmcTracks:
    return MmcTracks(frozenset(tracks), frozenset())


@pytest.mark.parametrize(
    ("command", "raw"),
    [
        (MmcVerb.PLAY, "f0 7f 7f 06 02 f7"),
        (MmcVerb.RECORD_STROBE, "f0 7f 7f 06 06 f7"),
        (MmcLocate(HOUR), "f0 7f 7f 06 44 06 01 01 00 00 00 00 f7"),
        (arm(1), "f0 7f 7f 06 41 04 4f 00 20 20 f7"),
        (MmcTracks(frozenset(), frozenset({1})), "f0 7f 7f 06 41 04 4f 00 20 00 f7"),
        (arm(3), "f0 7f 7f 06 41 04 4f 01 01 01 f7"),
        (arm(9), "f0 7f 7f 06 41 04 4f 01 40 40 f7"),
        (arm(10), "f0 7f 7f 06 41 04 4f 02 01 01 f7"),
        (MmcTracks(frozenset({2}), frozenset({1}), is_mute=True), "f0 7f 7f 06 41 04 62 00 60 40 f7"),
        (MmcShuttle(1.0), "f0 7f 7f 06 47 03 01 00 00 f7"),
        (MmcShuttle(-12.5), "f0 7f 7f 06 47 03 4e 20 00 f7"),
        (MmcVariable(MmcVerb.PLAY, 0.5), "f0 7f 7f 06 45 03 00 40 00 f7"),
        (MmcVariable(MmcVerb.RECORD_STROBE, 1.0), "f0 7f 7f 06 55 03 01 00 00 f7"),
        (MmcStep(-3, TimecodeRate.FPS_24), "f0 7f 7f 06 48 01 43 f7"),
    ],
)
def test_commands_are_the_published_bytes(command: Mmc, raw: str) -> None:
    assert encode_mmc(command) == bytes.fromhex(raw)
    assert decode_mmc(bytes.fromhex(raw), 0x7F, TimecodeRate.FPS_24) == [command]


TRACKS = st.integers(0, 20).flatmap(
    lambda byte: st.dictionaries(st.integers(max(byte * 7 - 4, 1), byte * 7 + 2), st.booleans(), min_size=1)
)
COMMANDS = st.one_of(
    st.sampled_from(MmcVerb),
    st.builds(
        MmcLocate,
        st.integers(0, R25.day_frames - 1).map(lambda frames: Timecode.at_frame(R25, frames)),
        st.integers(0, 99),
    ),
    st.builds(
        lambda tracks, is_mute: MmcTracks(
            frozenset(track for track in tracks if tracks[track]),
            frozenset(track for track in tracks if not tracks[track]),
            is_mute,
        ),
        TRACKS,
        st.booleans(),
    ),
    st.builds(
        lambda mantissa, shift: MmcShuttle(mantissa / 2**14 * 2**shift),
        st.integers(-(2**17) + 1, 2**17 - 1),
        st.just(0),
    ),
    st.builds(
        lambda mantissa, shift: MmcShuttle(mantissa / 2**14 * 2**shift),
        st.integers(2**16, 2**17 - 1),
        st.integers(1, 7),
    ),
    st.builds(MmcStep, st.integers(-63, 63), st.just(R25)),
)


@given(COMMANDS, st.integers(0, 127))
def test_what_is_encoded_is_decoded(command: Mmc, device: int) -> None:
    assert decode_mmc(encode_mmc(command, device), 0x7F, R25) == [command]


@given(st.lists(COMMANDS, max_size=5))
def test_several_commands_may_follow_each_other_in_one_message(commands: list[Mmc]) -> None:
    body = b"".join(encode_mmc(command)[4:-1] for command in commands)
    assert decode_mmc(b"\xf0\x7f\x7f\x06" + body + b"\xf7", 0x7F, R25) == (commands if body else [])


def test_unknown_commands_are_stepped_over_and_what_is_cut_off_is_left_out() -> None:
    raw = bytes.fromhex("f0 7f 7f 06 4c 03 01 02 03 02 10 44 06 01 01 f7")
    assert decode_mmc(raw, 0x7F, R25) == [MmcVerb.PLAY]


def test_another_machines_commands_are_not_for_us() -> None:
    to_five = encode_mmc(MmcVerb.STOP, 5)
    assert decode_mmc(to_five, 5, R25) == [MmcVerb.STOP]
    assert decode_mmc(to_five, 6, R25) == []
    assert decode_mmc(encode_mmc(MmcVerb.STOP), 6, R25) == [MmcVerb.STOP]


def test_hours_without_rate_bits_are_of_the_rate_in_use_and_a_frame_that_is_none_is_dropped() -> None:
    raw = encode_mmc(MmcLocate(HOUR))
    assert decode_mmc(raw, 0x7F, R25) == [MmcLocate(Timecode(R25, 1, 0, 0, 0))]
    assert decode_mmc(bytes.fromhex("f0 7f 7f 06 44 06 01 01 3c 00 00 00 f7"), 0x7F, R25) == []


@pytest.mark.parametrize("tracks", [arm(1, 3), arm(), arm(0), MmcTracks(frozenset({1}), frozenset({1}))])
def test_tracks_that_do_not_fit_one_message_are_refused(tracks: MmcTracks) -> None:
    with pytest.raises(ValueError, match="allowed some of one group"):
        encode_mmc(tracks)


@given(st.binary(max_size=24))
def test_junk_is_no_command(raw: bytes) -> None:
    decode_mmc(raw, 0x7F, R25)
    for command in decode_mmc(b"\xf0\x7f\x7f\x06" + raw + b"\xf7", 0x7F, R25):
        assert isinstance(command, Mmc)


@pytest.mark.parametrize(
    ("command", "why"),
    [(MmcShuttle(1024.5), "up to 1024 times"), (MmcStep(64, R25), "-63..63")],
)
def test_what_no_message_can_hold_is_refused(command: Mmc, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        encode_mmc(command)
