"""Questions to learn from by reward: the rows of a dataset for GRPO, or those of plans without their plans."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.engine.dataset_files import inside
from vtb.errors import BadInput
from vtb.latent.rows import FILES, Row

GRPO_FILES = {"train": "train_grpo.jsonl", "val": "val_grpo.jsonl"}


def read_questions(dataset: Path, split: str) -> list[tuple[Row, Mapping[str, Any]]]:
    """The questions of a split with the whole rows, which rewards read; none where the dataset has none of it.

    Raises:
        BadInput: a line is no question, shows a video, or names a file that is not of this folder.
    """
    path = next((dataset / each[split] for each in (GRPO_FILES, FILES) if (dataset / each[split]).is_file()), None)
    if path is None:
        return []
    found = []
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                found.append((_question(dataset, row), row))
            except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
                raise BadInput(f"{path}: line {number}: is no question ({error}): prepare it again") from error
    return found


def _question(dataset: Path, row: Mapping[str, Any]) -> Row:
    if row.get("videos"):
        raise ValueError("it shows a video, and models that think in latents are asked about pictures")
    if "messages" in row:
        (asked,) = (turn["content"] for turn in row["messages"] if turn["role"] == "user")
        names, answer = row["images"], str(row["solution"])
    else:
        asked, names, answer = row["text_input"], row["image_input"], row["original_final_answer"]
    example = row.get("example", "")
    if not all(isinstance(words, str) for words in (asked, answer, example)):
        raise TypeError("its question, answer and example must be words")
    images = tuple(inside(dataset, name) for name in names)
    return Row(str(row["id"]), asked, images, (), answer, example)
