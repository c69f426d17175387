"""What the ten visual puzzles share: a pattern with one part missing, asked for by its color, size or shape.

A record's ``values`` are what the parts have in common with their group (a color, a size, a shape), in the order of
the places; ``missing`` is the place that is asked about, and ``hidden`` are others that are grey and stay so. A family
says how values are chosen, how a part looks with a value, and why the answer is right. Specification: VideoThinkBench
(arXiv 2511.04570), after PuzzleVQA.
"""

from __future__ import annotations

import hashlib
import json
import random
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

from msgspec.structs import replace

from vtb.errors import UsageProblem
from vtb.media.image import Color, Picture
from vtb.puzzles.family import Clip, Family
from vtb.puzzles.prompts import VISUAL
from vtb.puzzles.visual.common import scene
from vtb.puzzles.visual.common.patterns import options_around
from vtb.puzzles.visual.common.place import MAX_PX, area_in_clip, area_in_picture, clip_record
from vtb.puzzles.visual.common.record import Content, VisualRecord
from vtb.puzzles.visual.common.scene import COLORS, FILLS, LEVEL_BITS, SIDE, Glyph, Line, Shape
from vtb.rng import shuffled

V = TypeVar("V", bound=VisualRecord)
OPTIONS = 4  # of a question about colors
MIN_SIDE = 176  # pixels of the puzzle's area a side: with fewer than 160, H.264 changes what the judge must not miss


@dataclass(frozen=True)
class Config:
    """What can be chosen about a visual puzzle."""

    target_size: tuple[int, int] = field(
        default=(1280, 704),
        metadata={"help": "Size of the pictures; the puzzle, 512x512 or what fits, lies in the middle of white."},
    )
    sampling: Literal["fair", "videothinkbench"] = field(
        default="fair",
        metadata={"help": "fair hides so many parts that every color, size or shape is seen equally often and counting "
                          "them does not tell the answer; videothinkbench hides one, as the benchmark does."},
    )  # fmt: skip
    choices: Literal["benchmark", "always", "never"] = field(
        default="benchmark",
        metadata={"help": "Which questions to vision-language models have lettered options: those that have them in "
                          "the benchmark (size_grid, shape_reflect, color_size, size_cycle, shape_size_grid), all, "
                          "or none."},
    )  # fmt: skip
    colors: int = field(
        default=6,
        metadata={"help": "How many colors there are, 6 to 10: the benchmark's six, then pink, brown, teal and navy. "
                          "More make more different puzzles; color_size and color_overlap_squares have their own."},
    )  # fmt: skip
    clip: Clip | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        width, height = self.target_size
        if not (min(width, height) >= MIN_SIDE and max(width, height) <= MAX_PX):
            raise UsageProblem(f"--target-size {width}x{height}: both sides have {MIN_SIDE} to 4096 pixels")
        if not len(scene.BASIC) <= self.colors <= len(COLORS):
            raise UsageProblem(f"--colors {self.colors}: there are {len(scene.BASIC)} to {len(COLORS)}")
        if self.clip is not None and area_in_clip(self.clip, self.target_size)[2] < MIN_SIDE:
            raise UsageProblem(
                f"--clip-size {self.clip.size[0]}x{self.clip.size[1]}: leaves the puzzle fewer than {MIN_SIDE} pixels "
                "a side: take a larger clip, or a smaller --target-size"
            )

    @property
    def color_names(self) -> tuple[str, ...]:
        """The colors that there are."""
        return tuple(COLORS)[: self.colors]


class VisualPuzzle(Family[V]):
    """The content and the looks of one kind of visual puzzle.

    Attributes:
        name: the family's name.
        part_name: what a part is called (``triangle``).
        asked: what is asked about it (``color``).
        places: how many parts there are.
        starred: whether the benchmark gives vision-language models options.
        words: every value, where it is no color.
        fills: the number of every color in the palette.
        content: the fields of a record besides ``values`` and ``missing`` that make it this puzzle: how many entries
            (None for a single one), and what each may be.
        note: what the question needs to be told besides.
        rule: told where parts are hidden, if what is left of the picture does not show the pattern.
        glyph: side of the box of the question mark.
    """

    part_name: ClassVar[str]
    asked: ClassVar[str]
    places: ClassVar[int]
    starred: ClassVar[bool] = False
    words: ClassVar[tuple[str, ...] | None] = None
    palette = scene.PALETTE
    fills: ClassVar[Mapping[str, int]] = FILLS
    content: ClassVar[Content] = {}
    note: ClassVar[str] = ""
    rule: ClassVar[str] = ""
    glyph: ClassVar[float] = 80.0

    @abstractmethod
    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """The values of all parts, the place of the missing one, and the fields of ``content``."""

    @abstractmethod
    def part(self, record: V, place: int, value: str | None) -> Shape:
        """How a part looks with a value, or with None when it is missing."""

    @abstractmethod
    def explain(self, record: V) -> str:
        """Why the answer is right; parts are named by their numbers from 1."""

    def backdrop(self, record: V) -> Sequence[Shape | Line]:
        """What lies behind the parts."""
        return ()

    def vocabulary(self, record: V, config: Config) -> list[str]:
        """Every value that the missing part could have."""
        return list(self.words or config.color_names)

    def options(self, rng: random.Random, record: V) -> list[str]:
        """The right value and wrong ones, in random order."""
        if record.hidden:
            return shuffled(rng, sorted({*record.seen.values()}))
        if self.words is not None:
            return shuffled(rng, record.vocabulary)
        return options_around(rng, self.answer(record), record.values, record.vocabulary, OPTIONS)

    def looks(self, record: V) -> dict[str, Shape]:
        """Everything that a judge tells apart in the missing place."""
        return {value: self.part(record, record.missing, value) for value in record.vocabulary}

    def colors(self, record: V) -> dict[str, Color]:
        """The color of every value; none where something else is asked."""
        if self.asked != "color":
            return {}
        return {value: self.palette[self.fills[value] << LEVEL_BITS] for value in record.vocabulary}

    @property
    def values(self) -> Collection[str]:
        """Every value that a part of any puzzle of this kind could have."""
        return self.words or self.fills

    def answer(self, record: V) -> str:
        """The value of the missing part, in words."""
        return str(record.values[record.missing])

    def identity(self, record: V) -> str:
        """Everything that makes the pattern; not its options, its size or its place in a clip."""
        fields = {name: getattr(record, name) for name in ("values", "missing", "hidden", *self.content)}
        return hashlib.sha256(f"{self.name} {json.dumps(fields, sort_keys=True)}".encode()).hexdigest()

    def sample(self, rng: random.Random, config: Config) -> V:
        """A pattern with its question, options and explanation."""
        record = self.payload_class(**self.compose(rng, config))
        record = replace(record, vocabulary=self.vocabulary(record, config))
        return replace(
            record,
            options=self.options(rng, record),
            lettered=config.choices == "always" or (config.choices == "benchmark" and self.starred),
            question=self._question(record),
            explanation=self.explain(record),
            canvas_dimensions=config.target_size,
            area=area_in_picture(config.target_size),
            clip=clip_record(config.clip, config.target_size) if config.clip else None,
        )

    def _question(self, record: V) -> str:
        asked = VISUAL["question"].format(part=self.part_name, asked=self.asked)
        return " ".join(filter(None, (asked, self.hint(record, "hidden vlm"), self.note)))

    def hint(self, record: V, words: str) -> str:
        """What has to be told where parts are hidden."""
        if not record.hidden:
            return ""
        return f"{self.rule} {VISUAL[words].format(part=self.part_name)}".strip()

    def paint(self, record: V, value: str | None, side: int = SIDE) -> Picture:
        """The puzzle's area with a value in the missing place, or a question mark for None; hidden parts are grey."""
        shapes: list[Shape | Line | Glyph] = [*self.backdrop(record)]
        for place, known in enumerate(record.values):
            shown = value if place == record.missing else None if place in record.hidden else known
            shapes.append(self.part(record, place, shown))
        if value is None:
            shapes.append(Glyph("?", scene.label(self.part(record, record.missing, None)), self.glyph))
        return scene.paint(shapes, side)
