"""Rows of ms-swift data sets (https://swift.readthedocs.io, custom dataset format).

A row has ``messages``, ``images``, where there are any ``videos`` (each a file, or a list of frames), and any further
columns, such as ``times``, the seconds of the frames of each clip; the reward functions of GRPO get those columns.
Every picture and video has a placeholder in the question, in the order of its column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Shown = tuple[str, Sequence[str]]  # what a question shows: a kind (``Asked``), and its files by path
_PLACES = {"image": "<image>", "video": "<video>", "frames": "<video>"}

TYPE = "question_type"  # of questions in the form of VSI-Bench, which their reward reads
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


def shown_columns(shown: Sequence[Shown]) -> dict[str, Any]:
    """What a neutral row says of what is shown; most show one picture, and name it."""
    if [kind for kind, _ in shown] == ["image"]:
        return {"image": shown[0][1][0]}
    return {"shown": [[kind, list(paths)] for kind, paths in shown]}


def _shown(row: Mapping[str, Any]) -> Sequence[Shown]:
    return [("image", [row["image"]])] if "image" in row else row["shown"]


def _row(row: Mapping[str, Any], closing: str, answer: list[dict[str, str]]) -> dict[str, Any]:
    shown = _shown(row)
    places = "".join(_PLACES[kind] for kind, _ in shown)
    question = {"role": "user", "content": f"{places}{row['question']}\n{closing}"}
    videos = [paths[0] if kind == "video" else paths for kind, paths in shown if kind != "image"]
    return {
        "messages": [question, *answer],
        "images": [paths[0] for kind, paths in shown if kind == "image"],
        **({"videos": videos} if videos else {}),
        **({"times": row["times"]} if "times" in row else {}),
        "solution": row["answer"],
        "task_type": row["task_type"],
        "task_group": row["task_group"],
        "id": row["id"],
        **({TYPE: row[TYPE]} if TYPE in row else {}),
    }
