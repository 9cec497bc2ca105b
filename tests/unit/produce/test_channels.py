"""Which channels of a file weigh what."""

import io
import struct

import numpy as np
import pytest
import soundfile

from studiod.produce.channels import channel_mask, weights_by_count, weights_by_mask

FIVE_ONE, FIVE_ONE_SIDE, SEVEN_ONE = 0x3F, 0x60F, 0x63F
SURROUND = 1.41


def wave(chunks: bytes, head: bytes = b"RIFF") -> io.BytesIO:
    return io.BytesIO(head + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)


def extensible(mask: int, tag: int = 0xFFFE, extra_bytes: int = 22) -> bytes:
    fields = struct.pack("<HHIIHHHHI", tag, 6, 48_000, 6 * 4 * 48_000, 24, 32, extra_bytes, 32, mask)
    return b"fmt " + struct.pack("<I", 40) + fields + bytes(16)


@pytest.mark.parametrize(
    ("mask", "channels", "weights"),
    [
        (0x3, 2, (1, 1)),
        (0x33, 4, (1, 1, SURROUND, SURROUND)),
        (FIVE_ONE, 6, (1, 1, 1, 0, SURROUND, SURROUND)),
        (FIVE_ONE_SIDE, 6, (1, 1, 1, 0, SURROUND, SURROUND)),
        (SEVEN_ONE, 8, (1, 1, 1, 0, 1, 1, SURROUND, SURROUND)),
        (0xFF, 8, (1, 1, 1, 0, SURROUND, SURROUND, 1, 1)),  # two more in front
        (0x2D63F, 12, (1, 1, 1, 0, 1, 1, SURROUND, SURROUND, 1, 1, 1, 1)),  # 7.1.4
        (0xB, 3, (1, 1, 0)),  # 2.1
        (0xB, 5, (1, 1, 0, 1, 1)),  # more channels than the mask names
        (FIVE_ONE, 3, (1, 1, 1)),  # fewer
        (0x80000003, 2, (1, 1)),  # a bit that names no loudspeaker
    ],
)
def test_a_mask_says_what_each_channel_weighs(mask: int, channels: int, weights: tuple[float, ...]) -> None:
    assert weights_by_mask(mask, channels) == weights


@pytest.mark.parametrize(
    ("channels", "weights"),
    [
        (1, (1,)),
        (2, (1, 1)),
        (3, (1, 1, 1)),
        (4, (1, 1, SURROUND, SURROUND)),
        (5, (1, 1, 1, SURROUND, SURROUND)),
        (6, (1, 1, 1, 0, SURROUND, SURROUND)),
        (7, (1,) * 7),
        (8, (1, 1, 1, 0, 1, 1, SURROUND, SURROUND)),
        (64, (1,) * 64),
    ],
)
def test_without_a_mask_the_number_says_it(channels: int, weights: tuple[float, ...]) -> None:
    assert weights_by_count(channels) == weights


@pytest.mark.parametrize("channels", range(1, 12))
def test_ogg_has_the_same_loudspeakers_in_another_order(channels: int) -> None:
    assert len(weights_by_count(channels, is_ogg=True)) == channels
    if channels != 7:  # which only Ogg gives a meaning
        assert sorted(weights_by_count(channels, is_ogg=True)) == sorted(weights_by_count(channels))


def test_the_lfe_of_ogg_is_its_last_channel() -> None:
    assert [weights_by_count(channels, is_ogg=True)[-1] for channels in (6, 7, 8)] == [0, 0, 0]


@pytest.mark.parametrize("head", [b"RIFF", b"RF64", b"BW64"])
def test_the_mask_is_found_behind_other_chunks(head: bytes) -> None:
    odd = b"bext" + struct.pack("<I", 3) + b"abc\0"  # padded to an even length
    assert channel_mask(wave(odd + extensible(FIVE_ONE), head)) == FIVE_ONE


@pytest.mark.parametrize(
    "file",
    [
        io.BytesIO(),
        io.BytesIO(b"RIFF"),
        io.BytesIO(b"fLaC" + bytes(100)),
        wave(b""),
        wave(b"fmt "),
        wave(extensible(FIVE_ONE)[:30]),
        wave(extensible(FIVE_ONE, tag=1)),
        wave(extensible(FIVE_ONE, extra_bytes=0)),
        wave(b"fmt " + struct.pack("<I", 16) + bytes(16) + extensible(FIVE_ONE)),
        wave(b"data" + struct.pack("<I", 0) + extensible(FIVE_ONE)),
        wave((b"junk" + struct.pack("<I", 0)) * 2000 + extensible(FIVE_ONE)),
        wave(b"junk" + struct.pack("<I", 0xFFFFFFFF) + extensible(FIVE_ONE)),
    ],
)
def test_a_file_without_a_mask_has_none(file: io.BytesIO) -> None:
    assert channel_mask(file) == 0


def test_the_mask_of_a_file_that_libsndfile_wrote_is_read() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros((10, 6), np.float32), 48_000, format="WAVEX", subtype="PCM_24")
    file.seek(0)
    assert weights_by_mask(channel_mask(file), 6) == weights_by_count(6)
