"""What a take can show for itself: short in the list, whole for one take, and never too long for a datagram."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from studiod.desk.proof import PROOF_BYTES, whole_proof
from studiod.desk.takes import Take, read_anew, read_takes
from studiod.link.take import TakeDocument, read_document
from tests.fakes.takes import FakeTake

_CLIPS = [
    {"file": "strip-02.wav", "channel": 0, "start": 40, "frames": 3},
    {"file": "strip-01.wav", "channel": 0, "start": -7, "frames": 1},
]
_DAMAGED: dict[str, Any] = {
    "faults": [f"/disk: input/output error {n}" for n in range(5)],
    "clips": _CLIPS,
    "clips_more": 2,
    "drift_ppm": -3.5,
    "write_ms": {"edges": [1, 2], "counts": [9, 1, 0]},
    "copy": {"folder": "/copy/0001", "state": "good", "fault": ""},
    "gaps": [{"start": 10, "frames": 20, "cause": "engine restarted"}],
}


def document(**more: Any) -> TakeDocument:  # noqa: ANN401 - JSON
    return read_document(FakeTake(Path("/s"), 1, tracks=2, more=more).document())


def test_a_list_of_takes_says_why_one_is_damaged_and_how_much_it_clips() -> None:
    summary = Take(document(**_DAMAGED), Path("/s/takes/0001")).summary()
    assert summary["faults"] == [f"/disk: input/output error {n}" for n in range(3)]
    assert (summary["fault_count"], summary["clips"], summary["drift_ppm"]) == (5, 4, -3.5)


def test_the_whole_proof_has_everything_that_the_papers_say() -> None:
    fact = whole_proof(document(**_DAMAGED))
    for key in ("faults", "gaps", "drift_ppm", "write_ms", "copy"):
        assert fact[key] == _DAMAGED[key]
    assert fact["clips"] == [[0, -7, 1], [1, 40, 3]]
    assert (fact["clips_more"], fact["tracks"]) == (2, ["Strip 1", "Strip 2"])


def test_papers_that_say_nothing_of_it_prove_nothing_and_break_nothing() -> None:
    odd = {"faults": "all", "clips": [7, {"file": None}], "clips_more": "?", "write_ms": {"edges": 3}, "copy": 5}
    fact = whole_proof(document(**odd))
    assert (fact["faults"], fact["clips"], fact["clips_more"], fact["write_ms"]) == ([], [], 0, None)
    assert (fact["copy"], fact["drift_ppm"]) == (None, None)


@given(st.integers(0, 5000), st.integers(0, 1000), st.integers(0, 300))
def test_a_proof_fits_into_a_datagram_and_says_how_much_it_leaves_out(gaps: int, clips: int, faults: int) -> None:
    fact = whole_proof(
        document(
            gaps=[{"start": 10 * n, "frames": 1, "cause": "engine late"} for n in range(gaps)],
            clips=[{"file": "strip-01.wav", "channel": 0, "start": 10 * n, "frames": 1} for n in range(clips)],
            faults=["ü" * 500] * faults,
        )
    )
    assert len(json.dumps(fact, ensure_ascii=False).encode()) <= PROOF_BYTES
    told = [len(fact[key]) + fact[f"{key}_more"] for key in ("gaps", "clips", "faults")]
    assert told == [gaps, clips, faults]


def test_a_take_is_read_anew_unless_its_own_papers_know_less(tmp_path: Path) -> None:
    FakeTake(tmp_path, 1).write()
    (take,) = read_takes(tmp_path)
    papers = take.path / "take.json"
    papers.write_text(json.dumps({**take.document.raw, "drift_ppm": 1.5}))
    assert read_anew(take).document.raw["drift_ppm"] == 1.5
    papers.write_text(json.dumps({**take.document.raw, "state": "recording"}))
    assert read_anew(take) is take
    papers.unlink()
    assert read_anew(take) is take
