"""Rows of ms-swift data sets (https://swift.readthedocs.io, custom dataset format).

A row has ``messages``, ``images`` and any further columns; the reward functions of GRPO get those columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DIRECT = "Give the answer directly, with no explanation."
THINK = "Think it through step by step, and then give the final answer between <answer> and </answer>."


def sft_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A question with its answer, for supervised fine-tuning."""
    answer = {"role": "assistant", "content": row["answer"]}
    return _row(row, DIRECT, [answer])


def grpo_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A question whose answer only the reward function sees: in ``solution``, and all that a judge needs in ``example``
    (``vtb.tasks.registry.decode_example`` reads it).
    """  # noqa: D205
    return {**_row(row, THINK, []), "example": row["example"]}


def _row(row: Mapping[str, Any], closing: str, answer: list[dict[str, str]]) -> dict[str, Any]:
    question = {"role": "user", "content": f"<image>{row['question']}\n{closing}"}
    return {
        "messages": [question, *answer],
        "images": [row["image"]],
        "solution": row["answer"],
        "task_type": row["task_type"],
        "task_group": row["task_group"],
        "id": row["id"],
    }
