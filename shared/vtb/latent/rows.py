"""The rows of a ``latent-dataset``: a question, and an answer of words and pictures in between."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.engine.dataset_files import inside
from vtb.errors import BadInput

FILES = {"train": "train.jsonl", "val": "val.jsonl"}


@dataclass(frozen=True)
class Step:
    """One step of an answer: words, or a latent segment that stands for a picture."""

    text: str = ""
    helper: Path | None = None


@dataclass(frozen=True)
class Row:
    """One question with its answer.

    Attributes:
        id: of the row.
        question: in words; pictures stand where it says ``<image>``, or before it.
        images: the pictures that are asked about.
        plan: the steps of the answer.
        answer: the right answer alone, as the data says it.
        example: JSON of what a judge is called with; empty where there is none.
    """

    id: str
    question: str
    images: tuple[Path, ...]
    plan: tuple[Step, ...]
    answer: str
    example: str

    @property
    def helpers(self) -> tuple[Path, ...]:
        """The pictures that its latent segments stand for."""
        return tuple(step.helper for step in self.plan if step.helper is not None)


def read_rows(dataset: Path, split: str) -> list[Row]:
    """The rows of a split, whose media lie as files in the folder; none where the dataset has none of it.

    Raises:
        BadInput: a line is no such row, or names a file that is not of this folder.
    """
    path = dataset / FILES[split]
    if not path.is_file():
        return []
    found = []
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                found.append(_row(dataset, json.loads(line)))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                raise BadInput(f"{path}: line {number}: cannot be learned from ({error}): prepare it again") from error
    return found


def _row(dataset: Path, row: Mapping[str, Any]) -> Row:
    plan = tuple(_steps(dataset, row["sequence_plan"]))
    if not any(step.text.strip() for step in plan):
        raise ValueError("its answer has no words")
    images = tuple(inside(dataset, name) for name in row["image_input"])
    if not isinstance(row["text_input"], str) or not isinstance(row["example"], str):
        raise TypeError("text_input and example must be words")
    return Row(str(row["id"]), row["text_input"], images, plan, str(row["original_final_answer"]), row["example"])


def _steps(dataset: Path, plan: list[Mapping[str, str]]) -> Iterator[Step]:
    for step in plan:
        if step["type"] == "text":
            if not isinstance(step["content"], str):
                raise TypeError("the content of a step must be words")
            yield Step(text=step["content"])
        elif step["type"] == "latent":
            yield Step(helper=inside(dataset, step["helper_image"]))
        else:
            raise ValueError(f"there is no step of type {step['type']!r}")
