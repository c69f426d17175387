"""Held-out rows while training goes on: their loss, and answers to those that somebody can judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.errors import BadInput
from vtb.geometry.rows import Row
from vtb.geometry.sequences import Sequencer
from vtb.tasks.example import Example
from vtb.tasks.registry import decode_example, task_of

_AT_ONCE = 8  # answers


@dataclass(frozen=True)
class HeldOut:
    """One row that somebody can judge."""

    row: Row
    example: Example


def choose(rows: Sequence[Row], count: int) -> list[HeldOut]:
    """The first rows that somebody can judge."""
    return [HeldOut(row, _example(row)) for row in [row for row in rows if row.example][:count]]


def _example(row: Row) -> Example:
    try:
        return decode_example(row.example.encode())
    except BadInput as error:
        raise BadInput(f"row {row.id}: cannot be judged ({error}): prepare the dataset again") from error


def mean_losses(learner: Any, sequencer: Sequencer, rows: Sequence[Row], device: Any) -> list[Mapping[str, float]]:
    """The loss of each row by itself."""
    import torch

    with torch.no_grad():
        return [{"loss": learner(sequencer.pack([row]).to(device))[1]["loss"]} for row in rows]


def judged(model: Any, sequencer: Sequencer, held: Sequence[HeldOut], most: int, device: Any) -> list[bool]:
    """Whether the likeliest answers are right, as the tasks' own judges see them."""
    import torch

    found: list[bool] = []
    for start in range(0, len(held), _AT_ONCE):
        few = held[start : start + _AT_ONCE]
        inputs = sequencer.prompts([one.row for one in few]).to(device)
        with torch.no_grad():
            ids = model.generate(
                **inputs, max_new_tokens=most, do_sample=False, temperature=None, top_p=None, top_k=None
            )
        texts = sequencer.processor.batch_decode(ids[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        for one, text in zip(few, texts, strict=True):
            found.append(bool(task_of(one.example).score_text(one.example.payload, text).strict))
    return found
