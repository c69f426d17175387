"""Who asks and scores an example: its source and its task say it; and reading an example, which needs to know that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from vtb.benchmarks.registry import find_benchmark
from vtb.errors import BadInput
from vtb.puzzles.registry import families
from vtb.tasks.example import OURS, Example, Prompts, Row, figures_of
from vtb.tasks.task import Task

_ROWS = msgspec.json.Decoder(Row)


def find_task(source: str, name: str) -> Task[Any]:
    """A task by the source and the name that examples carry.

    Raises:
        BadInput: nobody here knows it.
    """
    tasks = families() if source == OURS else find_benchmark(source).tasks()
    found = tasks.get(name)
    if found is None:
        raise BadInput(f"there is no task {name[:80]!r} of {source[:80]!r}: upgrade vtb-train, or leave it out")
    return found


def task_of(example: Example) -> Task[Any]:
    """Who asks and scores an example."""
    return find_task(example.source, example.task)


def decode_example(data: bytes) -> Example:
    """An example from its JSON, with a payload of its task's type that the task can use.

    Raises:
        BadInput: the JSON is damaged, its task is unknown or later than ours, or no such puzzle can be.
    """
    try:
        row = _ROWS.decode(data)
        task = find_task(row.source, row.task)
        _check_version(task, row.version)
        payload = decoder_of(task).decode(row.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"it is no example: {error}") from error
    task.validate(payload)
    # Field by field: this is done for every example that is read, and a loop over names costs a tenth of it.
    return Example(
        key=row.key, source=row.source, task=row.task, version=row.version, seed=row.seed, index=row.index,
        media=row.media, prompts=row.prompts, answer=row.answer, difficulty=row.difficulty, payload=payload,
    )  # fmt: skip


def from_fields(fields: Mapping[str, Any]) -> Example:
    """An example from a record of ours in which the payload's fields stand beside the others (the folder layout).

    Raises:
        BadInput: as ``decode_example``.
    """
    task = find_task(str(fields.get("source")), str(fields.get("task")))
    try:
        flat = msgspec.convert(fields, Flat)
        payload = msgspec.convert(fields, task.payload_class)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadInput(f"it is no example: {error}") from error
    _check_version(task, flat.version)
    task.validate(payload)
    return Example(
        key=flat.id,
        source=flat.source,
        task=flat.task,
        version=flat.version,
        seed=flat.seed,
        index=flat.index,
        split=flat.split,
        prompts=flat.prompts,
        answer=flat.answer,
        difficulty=figures_of(flat.difficulty),
        payload=payload,
    )


Finite = Annotated[float, msgspec.Meta(ge=-1e300, le=1e300)]  # Python reads NaN in JSON, which nobody can write again


class Flat(msgspec.Struct, frozen=True, kw_only=True):
    """What an example of ours has in the folder layout beside its payload."""

    id: str
    source: str
    task: str
    version: int
    seed: int | None = None
    index: int | None = None
    split: str | None = None
    prompts: Prompts
    answer: str
    difficulty: dict[str, Finite] = {}


def _check_version(task: Task[Any], version: int) -> None:
    if version > task.version:
        raise BadInput(f"it was made by a later version of {task.name}: upgrade vtb-train")


_DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def decoder_of(task: Task[Any]) -> msgspec.json.Decoder[Any]:
    """The decoder of a task's payload."""
    kind = task.payload_class
    if kind not in _DECODERS:
        _DECODERS[kind] = msgspec.json.Decoder(kind)
    return _DECODERS[kind]
