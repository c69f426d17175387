"""Whether nearly all answers choose the same option: what such a model scores says nothing of what it sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from vtb_eval.result import Result

LEAST, NEARLY_ALL = 20, 0.95  # answers; their share


def same_choice(results: Sequence[Result]) -> dict[str, Any]:
    """Which option was chosen how often of how many times; empty where answers vary, are few, or are right.

    Right ones that are all alike are the puzzles' doing.
    """
    chosen = [result for result in results if result.by_choice and result.choice]
    if len(chosen) < LEAST or all(result.tolerant for result in chosen):
        return {}
    ((choice, count),) = Counter(str(result.choice) for result in chosen).most_common(1)
    if count < NEARLY_ALL * len(chosen):
        return {}
    return {"same_choice": {"choice": choice, "answers": count, "of": len(chosen)}}
