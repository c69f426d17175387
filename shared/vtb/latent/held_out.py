"""Held-out questions, answered and judged while training goes on, and what their answers look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.engine.held_out import HeldOut
from vtb.latent.decoding import generate, readable, segments_in, without_thoughts
from vtb.latent.parts import Parts
from vtb.latent.rows import Row
from vtb.latent.sequences import Sequencer
from vtb.tasks.registry import task_of

AT_ONCE = 8  # answers


@dataclass(frozen=True)
class Said:
    """What became of one."""

    strict: bool
    segments: int
    text: str


def answer_and_judge(
    parts: Parts, sequencer: Sequencer, puzzles: Sequence[HeldOut[Row]], max_new_tokens: int, device: Any
) -> list[Said]:
    """The likeliest answers, judged by the tasks' own judges."""
    found: list[Said] = []
    tokenizer = sequencer.processor.tokenizer
    for start in range(0, len(puzzles), AT_ONCE):
        few = puzzles[start : start + AT_ONCE]
        inputs = sequencer.prompts([one.row for one in few]).to(device)
        ids, _ = generate(
            parts, inputs, sequencer.tokens, max_new_tokens=max_new_tokens, do_sample=False, temperature=None,
            top_p=None, top_k=None,
        )  # fmt: skip
        for puzzle, own in zip(few, ids.tolist(), strict=True):
            text = readable(tokenizer, own, sequencer.tokens)
            score = task_of(puzzle.example).score_text(puzzle.example.payload, without_thoughts(text))
            found.append(Said(score.strict, segments_in(own, sequencer.tokens), text))
    return found


def mean_loss(module: Any, sequencer: Sequencer, rows: Sequence[Row], device: Any) -> list[Mapping[str, float]]:
    """The figures of held-out rows, one by one."""
    import torch

    found: list[Mapping[str, float]] = []
    with torch.no_grad():
        for number, row in enumerate(rows):
            found.append(dict(module(sequencer.batch([row], [number]).to(device))[1]))
    return found


def figures_of(said: Sequence[Said]) -> dict[str, float]:
    """Share of right answers, of answers that went into latents, and their mean number of segments."""
    if not said:
        return {}
    count = len(said)
    return {
        "eval_solved": sum(one.strict for one in said) / count,
        "eval_latent_answers": sum(one.segments > 0 for one in said) / count,
        "eval_segments": sum(one.segments for one in said) / count,
    }
