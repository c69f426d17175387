"""Eyeballing records of the benchmark, and the same read off its pictures where only those are given."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.errors import BadInput
from vtb.media.image import Image
from vtb.puzzles.eyeballing.common.draw import letters
from vtb.puzzles.eyeballing.common.judge import red_mask
from vtb.puzzles.eyeballing.common.placement import LETTERS

Mask = NDArray[np.uint8]
Place = tuple[float, float]
KNOWN = ("canvas_dimensions", "point_radius", "line_width", "correct_option", "letters_known", "arc_ends")
RADIUS, LINE_WIDTH = 10, 5  # of the benchmark
DARK, RING, HALF_HIDDEN = 90, 0.8, 0.68  # an outline is darker; share of a ring that must be
LETTER = (0.04, 0.7)  # share of a disc that its letter covers; markers have none
FONT_PX = 15  # the benchmark's letters are in Pillow's default font
BLUE_LEAD = 60  # of the letters of arc_connect, which are (0, 0, 160)
APART_PX = 14  # between letters of arc_connect; parts of one letter lie nearer
GLYPH = 24  # box of a letter, pixels a side
SHIFT = 2  # pixels that a letter may lie off
# To be sure: likeness of the letters, by how much no other order may come near, and pixels around a letter's middle.
ALIKE, APART, SEEN = 0.32, 0.012, 5.6


def as_ours(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of the benchmark with the fields of ours; its figure is not in it."""
    found = {name: record[name] for name in KNOWN if name in record}
    sizes = {"point_radius": RADIUS, "line_width": LINE_WIDTH}
    return {**sizes, **found, "candidates": sorted(record["candidates"], key=lambda entry: str(entry["label"]))}


def read_pictures(name: str, puzzle: Image, solution: Image) -> dict[str, Any]:
    """The candidates with their letters, and which is right, from the pictures of the benchmark.

    Which is right is seen by its mark; answers in words need the letters too (``letters_known``).

    Raises:
        BadInput: no five candidates, or no mark in the solution.
    """
    arcs = name == "arc_connect"
    mark, ring = (_green_centre(puzzle, solution), 1.2 * RADIUS) if arcs else _red_ring(solution)
    places, boxes = _blue_letters(puzzle) if arcs else _discs(puzzle, ring)
    if len(places) != len(LETTERS):
        raise BadInput(f"{len(places)} candidates can be seen in its picture, not {len(LETTERS)}")
    labels, sure = _letters(boxes, GLYPH / 2 if arcs else _inside(ring), ring)
    away = [(x - mark[0]) ** 2 + (y - mark[1]) ** 2 for x, y in places]
    height, width = puzzle.shape[:2]
    return {
        "canvas_dimensions": [width, height],
        "candidates": [{"x": x, "y": y, "label": letter} for (x, y), letter in zip(places, labels, strict=True)],
        "correct_option": labels[away.index(min(away))],
        "letters_known": sure,
    }


def _red_ring(solution: Image) -> tuple[Place, float]:
    """Centre and radius of the ring that marks the right candidate."""
    ys, xs = np.nonzero(red_mask(solution))
    if len(xs) < 20:
        raise BadInput("its solution marks no candidate in red")
    x, y = (float(v.min() + v.max()) / 2 for v in (xs, ys))
    return (x, y), float(np.hypot(xs - x, ys - y).mean())


def _discs(puzzle: Image, radius: float) -> tuple[list[Place], list[Mask]]:
    """The five places most like a ring of that radius with little ink in it, and what is printed in them.

    Where they are fewer, one may lie half under another, or cross the picture's edge.
    """
    dark = (puzzle.max(axis=2) <= DARK).astype(np.float32)
    for enough, apart in ((RING, 1.6), (HALF_HIDDEN, 0.9)):
        places = _rings(dark, radius, enough, apart * radius)
        if len(places) == len(LETTERS):
            break
    return places, [_ink(dark, place, _inside(radius)) for place in places]


def _rings(dark: NDArray[np.float32], radius: float, enough: float, apart: float) -> list[Place]:
    """The likest places, at most five and so far apart, of whose rings within the picture so large a share is dark."""
    import cv2

    reach = round(radius) + 3
    ys, xs = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    away = np.hypot(xs, ys)
    ring, inside = np.abs(away - radius) <= 1, away <= radius - 3
    on_ring, within = (
        cv2.filter2D(dark, -1, mask.astype(np.float32), borderType=cv2.BORDER_CONSTANT)
        / cv2.filter2D(np.ones_like(dark), -1, mask.astype(np.float32), borderType=cv2.BORDER_CONSTANT)
        for mask in (ring, inside)
    )
    lettered = (on_ring >= enough) & (within >= LETTER[0]) & (within <= LETTER[1])
    like = np.where(lettered, on_ring - within / 2, -1).astype(np.float32)
    places: list[Place] = []
    while len(places) < len(LETTERS) and like.max() > 0:
        y, x = np.unravel_index(int(like.argmax()), like.shape)
        places.append((float(x), float(y)))
        cv2.circle(like, (int(x), int(y)), round(apart), -1, -1)
    return places


def _inside(ring: float) -> float:
    """How far from the middle of a candidate its outline, whose middle has this radius, leaves its letter alone."""
    return ring - 2


def _ink(dark: NDArray[np.float32], place: Place, radius: float) -> Mask:
    """What is printed within a disc, in a box of GLYPH pixels."""
    half = GLYPH // 2
    padded = np.pad(dark, half)
    x, y = round(place[0]), round(place[1])
    return np.asarray((padded[y : y + GLYPH, x : x + GLYPH] > 0) & _round(radius), np.uint8)


def _round(radius: float) -> NDArray[np.bool_]:
    """A disc in the middle of a box of GLYPH pixels."""
    ys, xs = np.mgrid[-GLYPH // 2 : GLYPH // 2, -GLYPH // 2 : GLYPH // 2]
    return np.asarray(np.hypot(xs, ys) <= radius)


def _blue_letters(puzzle: Image) -> tuple[list[Place], list[Mask]]:
    """The blue letters of arc_connect: their centres and their pixels."""
    import cv2

    letters_seen = blue(puzzle)
    joined = cv2.dilate(letters_seen.view(np.uint8), np.ones((5, 5), np.uint8))  # thin letters fall into pieces
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    large = np.argsort(stats[1:, cv2.CC_STAT_AREA])[::-1][: len(LETTERS)] + 1
    boxes = [(int(v) for v in stats[n][:4]) for n in large if stats[n, cv2.CC_STAT_AREA] >= 40]
    places = [(left + (width - 1) / 2, top + (height - 1) / 2) for left, top, width, height in boxes]
    if any(math.dist(a, b) < APART_PX for a, b in itertools.combinations(places, 2)):
        raise BadInput("its letters cannot be told apart: give the picture as it was published")
    return places, [_ink(letters_seen.astype(np.float32), place, GLYPH / 2) for place in places]


def blue(puzzle: Image) -> NDArray[np.bool_]:
    """Where the letters of arc_connect are."""
    wide = puzzle.astype(np.int16)
    return np.asarray(wide[..., 2] - wide[..., :2].max(axis=2) >= BLUE_LEAD)


def _green_centre(puzzle: Image, solution: Image) -> Place:
    """The middle of what is green in the solution and was not in the puzzle."""
    wide = solution.astype(np.int16)
    green = (wide[..., 1] - np.maximum(wide[..., 0], wide[..., 2]) >= 40) & (puzzle != solution).any(axis=2)
    ys, xs = np.nonzero(green)
    if len(xs) < 20:
        raise BadInput("its solution marks no arc in green")
    return float(xs.mean()), float(ys.mean())


def _letters(boxes: Sequence[Mask], inside: float, ring: float) -> tuple[tuple[str, ...], bool]:
    """Each letter once, so that together they look most like what is printed; and whether that is sure.

    Args:
        boxes: what is printed in each candidate.
        inside: how far from its middle that is looked at.
        ring: radius of the candidates, to which our own pictures fit their letters.
    """
    fonts = [[_centred(_default_font(letter)) for letter in LETTERS]]
    fonts.append([_centred(letters(letter, 1.1 * ring).astype(np.uint8)) for letter in LETTERS])
    total, margin, order = max(_best_order(boxes, [glyph * _round(inside) for glyph in font]) for font in fonts)
    return tuple(LETTERS[column] for column in order), total >= ALIKE and margin >= APART and inside >= SEEN


def _best_order(boxes: Sequence[Mask], glyphs: Sequence[Mask]) -> tuple[float, float, tuple[int, ...]]:
    """The mean likeness of the best order of glyphs, by how much it is better than the next, and that order."""
    likeness = np.array([[_overlap(box, glyph) for glyph in glyphs] for box in boxes])
    orders = sorted(
        (float(likeness[range(len(boxes)), order].mean()), order)
        for order in itertools.permutations(range(len(glyphs)))
    )
    return orders[-1][0], orders[-1][0] - orders[-2][0], orders[-1][1]


def _default_font(letter: str) -> Mask:
    from PIL import Image as PillowImage
    from PIL import ImageDraw, ImageFont

    picture = PillowImage.new("L", (GLYPH, GLYPH))
    font = ImageFont.load_default(FONT_PX)
    ImageDraw.Draw(picture).text((GLYPH / 2, GLYPH / 2), letter, 255, font, anchor="mm")
    return (np.asarray(picture) > 100).astype(np.uint8)


def _centred(ink: Mask) -> Mask:
    """A glyph in the middle of a box of GLYPH pixels; what does not fit is cut."""
    ink = ink[:GLYPH, :GLYPH]
    top, left = ((GLYPH - side) // 2 for side in ink.shape)
    box = np.zeros((GLYPH, GLYPH), np.uint8)
    box[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return box


def _overlap(box: Mask, glyph: Mask) -> float:
    """Common pixels over all, at the best shift."""
    import cv2

    padded = np.pad(box, SHIFT).astype(np.float32)
    common = cv2.matchTemplate(padded, glyph.astype(np.float32), cv2.TM_CCORR).max()
    return float(common / (box.sum() + glyph.sum() - common))
