"""What processes of the guest hold on to after boxes came and went many times."""

from typing import Any

MOST_GROWTH_KIB = 512  # of one process in the second half of the times, however many


def assert_nothing_is_left_behind(told: dict[str, Any], names: tuple[str, ...]) -> None:
    """`told` by a program of tests/lab/inside: no descriptor and no thread more, and no memory that keeps growing."""
    for name in names:
        before, after = told["before"][name], told["after"][name]
        print(name, before, after)  # noqa: T201 - figures
        grown = {kind: after[kind] - before[kind] for kind in before}
        kib = grown.pop("kib")
        assert grown == dict.fromkeys(grown, 0), name
        assert kib < MOST_GROWTH_KIB, name
