"""What processes of the guest hold on to after boxes came and went many times."""

from typing import Any

from tests.lab.inside.questions import WARM_UP

MOST_GROWTH_KIB = 512  # of one process in the second half of the times, however many


def assert_nothing_is_left_behind(told: dict[str, Any], names: tuple[str, ...]) -> None:
    """`told` by a program of tests/lab/inside: no descriptor and no thread more, and no memory that keeps growing."""
    weights: list[dict[str, dict[str, int]]] = told["weights"]
    middle = max(len(weights) // 2, WARM_UP)  # what leaks does so in the second half, too
    for name in names:
        print(name, [tuple(weight[name].values()) for weight in weights])  # noqa: T201 - figures
        before, after = weights[middle][name], weights[-1][name]
        grown = {kind: after[kind] - before[kind] for kind in before}
        kib = grown.pop("kib")
        assert grown == dict.fromkeys(grown, 0), name
        assert kib < MOST_GROWTH_KIB, name
