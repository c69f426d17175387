"""An example: one thing that a model is asked, with its media by name, its prompts, its answer and its task's payload.

As JSON it has the same columns whatever the task, so that tables of mixed tasks have one schema: what differs between
tasks, the payload, is one column of JSON text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

OURS = "vtb"  # the source of examples that were generated here
ASKED = "puzzle"  # the role of what a question shows
# A part of a sample, which becomes the end of a file's name; with a key it fits into the name field of a tar.
PartName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$", max_length=19)]


class Media(Struct, frozen=True, omit_defaults=True):
    """One picture or clip of an example, or one frame of a clip.

    Attributes:
        role: what it is to the example: ``puzzle`` (what is asked about; there may be several), ``solution``,
            ``reasoning`` (with printed names).
        kind: ``image``, ``video``, or ``frame``. Frames that follow each other are those of one clip, as far as their
            names agree up to the first dot (``room.000.jpg``, ``room.001.jpg``).
        name: its part of the sample (``puzzle.png``).
        seconds: of a frame, when its clip shows it; None where nobody knows.
    """

    role: str
    kind: Literal["image", "frame", "video"]
    name: PartName
    seconds: float | None = None


class Figure(Struct, frozen=True):
    """One figure of an example's difficulty."""

    name: str
    value: float


class Prompts(Struct, frozen=True):
    """What is asked, for models that answer in words, by editing the picture, and by a clip."""

    vlm: str
    image: str
    video: str

    def of(self, modality: str) -> str:
        """The prompt of a modality."""
        return str(getattr(self, modality))


class Example(Struct, frozen=True, kw_only=True):
    """One example.

    Attributes:
        key: unique within its artifact.
        source: ``vtb``, or the benchmark's name; with the task it says who judges.
        task: name of the task.
        version: of the task when the example was made.
        seed: seed of the run that made it, where one did.
        index: its number in the stream of that run.
        split: set by readers where the data has splits; shards do not repeat it.
        media: its pictures and clips by role.
        prompts: what is asked, by modality.
        answer: the right answer in words; empty where nobody knows it.
        difficulty: figures that say how hard it is.
        payload: what its task needs beside all that, of the task's own type.
    """

    key: str
    source: str = OURS
    task: str
    version: int = 1
    seed: int | None = None
    index: int | None = None
    split: str | None = None
    media: tuple[Media, ...] = ()
    prompts: Prompts
    answer: str
    difficulty: tuple[Figure, ...] = ()
    payload: Any

    @property
    def ours(self) -> bool:
        """Whether it was generated here."""
        return self.source == OURS

    @property
    def figures(self) -> dict[str, float]:
        """The difficulty by name."""
        return {figure.name: figure.value for figure in self.difficulty}


class Row(Struct, frozen=True, kw_only=True):
    """An example as JSON: fixed columns, and the payload as text."""

    key: str
    source: str
    task: str
    version: int
    seed: int | None
    index: int | None
    media: tuple[Media, ...]
    prompts: Prompts
    answer: str
    difficulty: tuple[Figure, ...]
    payload: str


def figures_of(difficulty: Mapping[str, float]) -> tuple[Figure, ...]:
    """Figures from names and numbers."""
    return tuple(Figure(name, float(value)) for name, value in difficulty.items())


def encode_example(example: Example) -> bytes:
    """The JSON of an example, without its split."""
    return msgspec.json.encode(_row(example))


def example_fields(example: Example) -> dict[str, Any]:
    """The same as plain data, for tables and lines of JSON."""
    fields: dict[str, Any] = msgspec.to_builtins(_row(example))
    return fields


def _row(example: Example) -> Row:
    shared = {name: getattr(example, name) for name in Row.__struct_fields__ if name != "payload"}
    return Row(**shared, payload=msgspec.json.encode(example.payload).decode())


def asked_about(media: Sequence[Media]) -> list[tuple[Media, ...]]:
    """What a question shows, in its order: pictures and clips each alone, the frames of a clip together."""
    shown = [medium for medium in media if medium.role == ASKED]

    def whole(place: tuple[int, Media]) -> tuple[bool, int | str]:
        number, medium = place
        return (True, medium.name.partition(".")[0]) if medium.kind == "frame" else (False, number)

    return [tuple(medium for _, medium in found) for _, found in groupby(enumerate(shown), whole)]


def media_named(media: Sequence[Media], role: str, kind: str = "image") -> str | None:
    """The name of the medium with a role, or None where there is none."""
    return next((found.name for found in media if found.role == role and found.kind == kind), None)
