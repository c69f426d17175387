"""Other wordings of what models that draw are asked: a file of them, which take turns with the puzzle's own words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.artifact import InputEntry
from vtb.artifact.output import file_sha256
from vtb.datasets.chunk import Loaded
from vtb.did_you_mean import did_you_mean
from vtb.errors import BadInput
from vtb.formats.special_tokens import neutral
from vtb.puzzles.registry import families
from vtb.regular_file import read_regular
from vtb.rng import stable_fraction
from vtb.store import open_store

LARGEST, LONGEST = 1 << 20, 10_000  # bytes of the file, letters of a wording
Wordings = Mapping[str, Sequence[str]]  # by task


def read_wordings(path: Path | None) -> tuple[Wordings, list[InputEntry]]:
    """The wordings of a file, and the entry of the plan that stands for it; none without a file.

    Raises:
        BadInput: it is no JSON object of tasks with lists of words, or names a task that there is not.
    """
    if path is None:
        return {}, []
    try:
        content = json.loads(read_regular(path, LARGEST).decode())
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path}: cannot be read as JSON of at most {LARGEST} bytes ({error})") from error
    if not isinstance(content, dict) or not content:
        raise BadInput(f'{path}: is no object with wordings by task, as {{"midpoint": ["Draw ..."]}}')
    found = {task: _checked(path, task, words) for task, words in content.items()}
    return found, [InputEntry(open_store(str(path)).uri, "wordings", file_sha256(path))]


def _checked(path: Path, task: str, words: Any) -> list[str]:
    if task not in families():
        raise BadInput(f"{path}: there is no task {task!r}{did_you_mean(task, families())}")
    if not isinstance(words, list) or not words or not all(isinstance(one, str) and one.strip() for one in words):
        raise BadInput(f"{path}: {task}: is no list of wordings")
    if max(map(len, words)) > LONGEST:
        raise BadInput(f"{path}: {task}: has a wording of more than {LONGEST} letters")
    return [neutral(one.strip()) for one in words]


def worded(wordings: Wordings, loaded: Loaded, own: str) -> str:
    """The words of a sample: its own or one of the file's, by its key alone, each as often as the others."""
    every = [own, *wordings.get(loaded.example.task, ())]
    return every[int(stable_fraction(loaded.key, "wordings") * len(every))]
