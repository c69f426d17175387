"""A gallery: samples of each kind of puzzle, with the puzzle, its solution, and how the solution comes about."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vtb.errors import UsageProblem
from vtb.media.image import Image, decode_image, encode_png, encode_rgb
from vtb.media.image import Picture as PuzzlePicture
from vtb.puzzles.family import Clip, Family
from vtb.puzzles.sample import make_example, still_frames
from vtb.report.pages import Picture, render
from vtb.report.samples import Shown, grouped, shown
from vtb.report.thumbnail import thumbnail
from vtb.tasks.example import Example

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

FRAMES = 4
CELL, GAP, LABEL = 180, 12, 26
FEW = 8  # rows that a picture shows below each other; more stand in two columns
DARK, PALE = (34, 34, 34), (216, 216, 216)


def exhibit(family: Family[Any], config: Any, stream: str, seed: int, index: int = 0, *, frames: int = FRAMES) -> Shown:
    """One sample of a stream, with frames of its clip, or of a clip of the default form where it has none.

    Args:
        family: the family.
        config: its configuration.
        stream: names the configuration; with the index it is the sample's label, alone where that is 0.
        seed: seed of the run.
        index: number of the sample in its stream.
        frames: how many frames; fewer than these where the puzzle does not fit the default clip.
    """
    found = _with_clip(family, config, stream, seed, index) if frames else None
    example = found or make_example(family, config, stream, seed, index)
    label = f"{stream} {index}" if index else stream
    return shown(family, example, label, _pictures(family, example.payload, frames))


def _with_clip(family: Family[Any], config: Any, stream: str, seed: int, index: int) -> Example | None:
    try:
        return make_example(family, dataclasses.replace(config, clip=config.clip or Clip()), stream, seed, index)
    except UsageProblem:  # it does not fit the default clip
        return None


def _pictures(family: Family[Any], record: Any, frames: int) -> Iterator[Picture]:
    def framed(caption: str, place: Any, picture: PuzzlePicture) -> Picture:
        """The part that holds the puzzle, where the place says so: a small picture has no room for margins."""
        left, top, side = getattr(place, "area", (0, 0, max(picture.shape)))
        return Picture(caption, encode_png(picture[top : top + side, left : left + side], family.palette))

    yield framed("puzzle", record, family.draw_puzzle(record))
    yield framed("solution", record, family.draw_solution(record))
    if record.clip and frames:
        total = record.clip.frames
        for number, frame in still_frames(family, record, frames):
            yield framed(f"frame {number + 1} of {total}", record.clip, frame)


def gallery_page(title: str, note: str, samples: Sequence[Shown]) -> str:
    """The gallery as a static page: groups, their families, and the samples of each."""
    return render("gallery.html", title=title, note=note, groups=grouped(samples))


def gallery_picture(samples: Sequence[Shown], columns: int | None = None) -> bytes:
    """The gallery as one PNG; few rows stand below each other, more in two columns unless a number is given."""
    from PIL import Image as PillowImage
    from PIL import ImageDraw

    columns = columns or (1 if len(samples) <= FEW else 2)
    across = max(len(one.pictures) for one in samples)
    width, height = across * (CELL + GAP) + 2 * GAP, LABEL + CELL + 2 * GAP
    down = -(-len(samples) // columns)
    sheet = PillowImage.new("RGB", (columns * width + GAP, down * height + GAP), "white")
    pen = ImageDraw.Draw(sheet)
    for number, one in enumerate(samples):
        left, top = number // down * width + 2 * GAP, number % down * height + GAP
        pen.text((left, top + 2), one.label, DARK, font_size=18)
        for place, picture in enumerate(one.pictures):
            x, y = left + place * (CELL + GAP), top + LABEL
            small = thumbnail(decode_image(picture.png), CELL)
            sheet.paste(PillowImage.fromarray(small), (x, y))
            _outline(pen, x, y, small)
    return encode_rgb(np.asarray(sheet))


def _outline(pen: ImageDraw, x: int, y: int, picture: Image) -> None:
    """A thin line around a picture, since most are white to the edge."""
    pen.rectangle((x - 1, y - 1, x + picture.shape[1], y + picture.shape[0]), outline=PALE)
