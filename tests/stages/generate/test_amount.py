"""How many puzzles of each kind a command makes."""

from __future__ import annotations

import pytest

from vtb.errors import UsageProblem
from vtb_generate.amount import Amount


def test_so_many_of_each() -> None:
    assert Amount(count=7).of(["a", "b"]) == {"a": 7, "b": 7}


@pytest.mark.parametrize(
    ("total", "weights", "counts"),
    [
        (9, (), {"a": 3, "b": 3, "c": 3}),
        (10, (), {"a": 4, "b": 3, "c": 3}),
        (11, (), {"a": 4, "b": 4, "c": 3}),
        (10, ("b=3",), {"a": 2, "b": 6, "c": 2}),
        (10, ("a=0.5", "c=2.5"), {"a": 1, "b": 3, "c": 6}),
        (2, (), {"a": 1, "b": 1, "c": 0}),
    ],
)
def test_a_total_is_shared_out(total: int, weights: tuple[str, ...], counts: dict[str, int]) -> None:
    assert Amount(total=total, weight=weights).of(["a", "b", "c"]) == counts


@pytest.mark.parametrize("weight", ["d=1", "a", "a=", "a=x", "a=0", "a=-1", "a=nan", "a=inf", "=1"])
def test_other_weights_are_refused(weight: str) -> None:
    with pytest.raises(UsageProblem, match="--weight"):
        Amount(total=5, weight=(weight,)).of(["a", "b"])


def test_one_way_at_a_time() -> None:
    with pytest.raises(UsageProblem, match="give one of them"):
        Amount(count=3, total=5, given=frozenset({"count"}))
    with pytest.raises(UsageProblem, match="shares out a --total"):
        Amount(weight=("a=1",))
