"""Rows and card of a dataset of questions about videos of rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vtb.artifact import ShardEntry
from vtb.benchmarks.vsi_bench.questions import Question
from vtb.formats.swift import DIRECT, THINK
from vtb.report.card import DatasetCard, write_card
from vtb.report.features import sft_features

_OWN = ("question_type", "scene_name")  # columns that rows about puzzles do not have


def row_of(question: Question, images: Sequence[str], split: str) -> dict[str, Any]:
    """A neutral row, from which those of the engine are made."""
    return {
        "id": question.id, "split": split, "images": list(images), "question": question.asked,
        "solution": question.answer, "question_type": question.kind, "scene_name": question.scene,
    }  # fmt: skip


def grpo_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A question whose answer only the reward sees."""
    return _swift_row(row, THINK, [])


def sft_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A question with its answer."""
    return _swift_row(row, DIRECT, [{"role": "assistant", "content": row["solution"]}])


def _swift_row(row: Mapping[str, Any], closing: str, answer: list[dict[str, str]]) -> dict[str, Any]:
    question = {"role": "user", "content": f"{'<image>' * len(row['images'])}{row['question']}\n{closing}"}
    same = {name: row[name] for name in ("images", "solution", *_OWN, "id")}
    return {"messages": [question, *answer], **same, "task_type": row["question_type"], "task_group": "vsi"}


def card_of(shards: Sequence[ShardEntry], counts: Mapping[str, int], frames: int) -> str:
    """The dataset card."""
    rows = sum(counts.values())
    return write_card(
        DatasetCard(
            title=f"{rows:,} questions about space in videos, for ms-swift",
            tags=("visual-reasoning", "spatial-reasoning"),
            license="other",
            rows=rows,
            bytes=sum(shard.all_bytes for shard in shards),
            data_files={split: f"{split}_sft.jsonl" for split, count in counts.items() if count},
            features=sft_features(more=_OWN),
            made_with="vtb-prepare vsi",
            counts=counts,
            picture=None,
            layout=f"{frames} frames of each video are in `media/`; `for t in media/*.tar; do tar xf $t; done` in this "
            "folder unpacks them. In `*_grpo.jsonl` only `solution` has the answer.",
        )
    )
