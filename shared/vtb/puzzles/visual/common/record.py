"""What an example of a visual puzzle holds, and whether it makes sense."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from vtb.errors import BadInput
from vtb.puzzles.family import ClipRecord

Content = Mapping[str, tuple[int | None, Collection[Any]]]
Word = Annotated[str, Meta(max_length=40)]
Side = Annotated[int, Meta(ge=1, le=4096)]
Area = tuple[Annotated[int, Meta(ge=0, le=4096)], Annotated[int, Meta(ge=0, le=4096)], Side]  # left, top, side


class VisualClip(ClipRecord, frozen=True, kw_only=True):
    """A visual puzzle in its clip: the place of its area there."""

    area: Area


class VisualRecord(Struct, frozen=True, kw_only=True):
    """A visual puzzle; each kind adds what makes it this puzzle besides.

    Attributes:
        values: of the parts, in the order of their places.
        missing: the place that is asked about.
        hidden: other places that are not shown, and not asked about either.
        vocabulary: every value that the missing part could have.
        options: the right value and wrong ones.
        lettered: whether the question names the options by letters.
        question: what is asked.
        explanation: why the answer is right.
        canvas_dimensions: width and height of the picture.
        area: the puzzle's place in it.
        clip: how it lies in its clip, where it has one.
    """

    values: Annotated[list[Word], Meta(max_length=16)]
    missing: Annotated[int, Meta(ge=0, le=16)]
    hidden: Annotated[list[int], Meta(max_length=16)] = []
    vocabulary: Annotated[list[Word], Meta(max_length=64)] = []
    options: Annotated[list[Word], Meta(max_length=8)] = []
    lettered: bool = False
    question: Annotated[str, Meta(max_length=4000)] = ""
    explanation: Annotated[str, Meta(max_length=4000)] = ""
    canvas_dimensions: tuple[Side, Side] = (1, 1)
    area: Area = (0, 0, 1)
    clip: VisualClip | None = None

    @property
    def seen(self) -> dict[int, str]:
        """The values that are shown, by place."""
        out = {self.missing, *self.hidden}
        return {place: value for place, value in enumerate(self.values) if place not in out}


class ColoredRecord(VisualRecord, frozen=True, kw_only=True):
    """A puzzle whose parts all have one color."""

    color: Word


def validate(record: VisualRecord, places: int, content: Content, values: Collection[str]) -> None:
    """Refuse a record with unknown words, or whose area lies outside its picture or clip."""
    _check(_inside(record.canvas_dimensions, record.area), "the puzzle does not lie inside its picture")
    if record.clip:
        _check(_inside(record.clip.size, record.clip.area), "the puzzle does not lie inside its clip")
    for name, (count, allowed) in content.items():
        found = getattr(record, name) if count is not None else [getattr(record, name)]
        if len(found) != (count or 1) or not all(map(allowed.__contains__, found)):
            raise BadInput(f"{name} is not what this puzzle can have")
    known = len(record.values) == places and all(map(values.__contains__, record.values))
    _check(known, "values is not what this puzzle can have")
    _check(record.missing < places, "missing is not what this puzzle can have")
    # Something must be seen besides the missing part.
    hidden = {record.missing, *record.hidden}
    whole = len(record.hidden) + 1 == len(hidden) < places and min(hidden) >= 0 and max(hidden) < places
    _check(whole, "hidden is not what this puzzle can have")
    _validate_words(record, values)


def _validate_words(record: VisualRecord, values: Collection[str]) -> None:
    """The vocabulary holds all values, the options the right one, and nothing comes twice."""
    vocabulary, options = record.vocabulary, record.options
    _check(_different(vocabulary, values) and set(vocabulary).issuperset(record.values), "vocabulary is not of values")
    right = record.values[record.missing]
    _check(_different(options, vocabulary) and right in options, "options are not of values")


def _different(words: Sequence[str], allowed: Collection[str]) -> bool:
    return len(set(words)) == len(words) and all(map(allowed.__contains__, words))


def _inside(size: tuple[int, int], area: Area) -> bool:
    """Whether a square (left, top, side) lies inside a picture."""
    (width, height), (left, top, side) = size, area
    return left <= width - side and top <= height - side


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise BadInput(problem)
