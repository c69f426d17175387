"""What a puzzle family is: a task that also samples and draws its puzzles, so that any number of them can be made."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic

from msgspec import Meta, Struct
from msgspec.structs import replace

from vtb.media.image import Image, Palette, Picture
from vtb.tasks.task import P, Task

# Lengths in pixels that a picture may have; what lies beyond is damage, and drawing it would take all memory.
Side = Annotated[int, Meta(ge=1, le=16384)]
Size = tuple[Side, Side]  # width, height
Coordinate = Annotated[float, Meta(ge=-16384, le=32768)]
Point = tuple[Coordinate, Coordinate]  # x, y


@dataclass(frozen=True)
class Clip:
    """The form of every clip of a run: 4k+1 frames at the training size, so that no trainer crops or truncates."""

    frames: int = 81
    fps: int = 16
    size: tuple[int, int] = (480, 480)  # width, height


class ClipRecord(Struct, frozen=True, kw_only=True):
    """The form of a puzzle's clip, and how its picture lies in the frames.

    Attributes:
        frames: how many there are.
        fps: frames per second.
        size: width and height.
        scale: of the picture in the clip.
        offset: left and top of the picture in the clip; negative where its margins lie outside.
    """

    frames: Annotated[int, Meta(ge=1, le=10_000)]
    fps: Annotated[int, Meta(ge=1, le=1000)]
    size: tuple[Annotated[int, Meta(ge=1, le=4096)], Annotated[int, Meta(ge=1, le=4096)]]
    scale: Annotated[float, Meta(gt=0, le=4096)] = 1.0
    offset: tuple[int, int] = (0, 0)


class Generator(ABC, Generic[P]):
    """Makes the puzzles of a task.

    Attributes:
        palette: the colors of its pictures.
        config_class: a frozen dataclass of what can be chosen; its fields become options.
        shortcut: what answers its puzzles without the drawing, where that is the nature of the task; cards say it.
    """

    palette: ClassVar[Palette]
    config_class: ClassVar[type[Any]]
    shortcut: ClassVar[str] = ""

    @abstractmethod
    def sample(self, rng: random.Random, config: Any) -> P:
        """A puzzle from a generator of random numbers and a configuration; pure."""

    @abstractmethod
    def distinct(self, config: Any) -> float | None:
        """How many different puzzles a configuration can make, or None where that is not known."""

    @abstractmethod
    def draw_puzzle(self, record: P) -> Picture:
        """The picture that is asked about."""

    @abstractmethod
    def draw_solution(self, record: P) -> Picture:
        """The picture with the right answer drawn in."""

    @abstractmethod
    def draw_frames(self, record: P) -> Iterator[Picture]:
        """The frames of the clip that the record describes; the first is the puzzle, the last ones the solution."""

    def filmed(self, record: P, frames: int) -> P:
        """The record with a clip of so many frames that is the picture itself: of its size, without margins."""
        height, width = self.draw_puzzle(record).shape
        return replace(record, clip=ClipRecord(frames=frames, fps=1, size=(width, height)))

    @abstractmethod
    def draw_reasoning(self, record: P) -> Image:
        """The picture with printed names of its parts, in RGB."""

    def puzzle(self, record: P) -> Image:
        """The picture that is asked about, in RGB."""
        from vtb.media.image import to_rgb

        return to_rgb(self.draw_puzzle(record), self.palette)


class Family(Task[P], Generator[P], ABC):
    """One kind of puzzle; its file is named after it, within the folder of its group."""

    def draw_reasoning(self, record: P) -> Image:
        """The picture as models that answer in words see it."""
        return self.show(record, self.puzzle(record))
