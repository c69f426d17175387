"""Held-out rows while training goes on: their loss, and answers to those that somebody can judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vtb.engine.held_out import HeldOut
from vtb.geometry.rows import Row
from vtb.geometry.sequences import Sequencer
from vtb.tasks.registry import task_of

_AT_ONCE = 8  # answers


def mean_losses(learner: Any, sequencer: Sequencer, rows: Sequence[Row], device: Any) -> list[Mapping[str, float]]:
    """The loss of each row by itself."""
    import torch

    with torch.no_grad():
        return [{"loss": learner(sequencer.pack([row]).to(device))[1]["loss"]} for row in rows]


def judged(model: Any, sequencer: Sequencer, held: Sequence[HeldOut[Row]], most: int, device: Any) -> list[bool]:
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
