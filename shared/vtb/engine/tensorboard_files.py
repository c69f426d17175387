"""The figures of a training as TensorBoard reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_NAME = "events.out.tfevents.0.vtb"


def write_figures(rows: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Writes the rows of a log as one event file, under the names that the engine itself gives its figures.

    The library's record writer and messages are used, and not its ``SummaryWriter``: that puts the time and the
    machine's name into the file's name and the time into each event, so that no two runs had the same bytes. Here an
    event's time is its step.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    folder.mkdir(exist_ok=True)
    with (folder / _NAME).open("wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=0, file_version="brain.Event:2").SerializeToString())
        for row in rows:
            values = [Summary.Value(tag=_tag(name), simple_value=row[name]) for name in row if name not in _AXES]
            event = Event(wall_time=row["step"], step=row["step"], summary=Summary(value=values))
            writer.write(event.SerializeToString(deterministic=True))
        writer.flush()


_AXES = ("step", "max_steps")


def _tag(name: str) -> str:
    return f"eval/{name[5:]}" if name.startswith("eval_") else f"train/{name}"
