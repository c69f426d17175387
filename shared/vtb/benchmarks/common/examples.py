"""Questions of published files as examples, and their keys."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from vtb.errors import BadInput
from vtb.tasks.example import Example, Prompts
from vtb.tasks.task import MODALITIES, Task


def example_of(source: str, task: Task[Any], record: Struct, key: str) -> Example:
    """A question as an example without media.

    Raises:
        BadInput: nobody could score it.
    """
    task.validate(record)
    words = Prompts(*(task.ask(record, modality) for modality in MODALITIES))
    return Example(key=key, source=source, task=task.name, prompts=words, answer=task.answer(record), payload=record)


def key_of(benchmark: str, name: str) -> str:
    """The key of a question: its own name in characters that file names may have."""
    return f"{benchmark}-{re.sub(r'[^A-Za-z0-9_-]+', '-', name)[:60]}"


def check_keys(keys: Iterable[str], path: object) -> None:
    """Refuse questions of one name.

    Raises:
        BadInput: two have the same.
    """
    again = [key for key, count in Counter(keys).items() if count > 1]
    if again:
        raise BadInput(f"{path}: {len(again)} questions share a name, the first: {again[0]}: give each its own")
