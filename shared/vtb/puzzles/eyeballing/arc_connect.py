"""Eyeballing: which arc on the right continues the one on the left; judged by the ink that joins them."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.errors import BadInput, UsageProblem
from vtb.media.image import Image, resize_nearest
from vtb.puzzles.eyeballing.common import draw, judge
from vtb.puzzles.eyeballing.common.arcs import Shape, place_arcs
from vtb.puzzles.eyeballing.common.base import Eyeballing, points_of
from vtb.puzzles.eyeballing.common.config import Config, canvas_part, clip_scale
from vtb.puzzles.eyeballing.common.placement import LETTERS, Placed
from vtb.puzzles.eyeballing.common.record import EyeballingRecord
from vtb.puzzles.judging.frames import luma
from vtb.tasks.score import Score
from vtb.tasks.task import ClipFrame, Modality

Ink = NDArray[np.uint8]
Labels = NDArray[np.int32]
Points = NDArray[Any]  # (N, 2), x and y
SHAPE = Shape(band=0.18, least_gap=24, gap=(0.09, 0.12), beyond=18)
INK_MAX = 92
DARK = 16 + INK_MAX * 219 / 255 + 4  # luma of ink at most, rounding included
SPECK = 12  # smaller pieces of ink, in pixels, are no arcs
LEAST_LINE = 2  # pixels in a clip: a thinner line is no dark ink after H.264 and scaling
SEARCH = (2, 6, 8)  # pixels around an arc's inner end in which its ink is looked for, the nearest first


class ArcConnect(Eyeballing):
    """The arc that continues another behind a band, named by a blue letter."""

    name = "arc_connect"
    ask_point = "beside the arc that continues the left arc behind the grey band"
    reveal = "Draw the hidden part of the left arc over the grey band in black until it joins an arc on the right."

    def sample(self, rng: random.Random, config: Config) -> EyeballingRecord:
        """As all tasks; in a clip the ink must stay ink."""
        if config.clip is not None and round(config.line_width * clip_scale(config)) < LEAST_LINE:
            raise UsageProblem(
                f"--line-width {config.line_width}: leaves {self.name} less than {LEAST_LINE} pixels a line in its "
                "clip: take wider lines or a larger --clip-size"
            )
        return super().sample(rng, config)

    def place(self, rng: random.Random, config: Config) -> Placed | None:
        """Both samplings are the same here: which arc is true has always been drawn evenly."""
        room = (
            0.6 * config.point_radius + config.line_width / 2 + 4
        )  # between an arc's end and the middle of its letter
        return place_arcs(rng, config.frame, dataclasses.replace(SHAPE, beyond=max(SHAPE.beyond, room)))

    def validate(self, record: EyeballingRecord) -> None:
        """As all tasks; a band, the left arc and five right ones, or nothing where others made it."""
        super().validate(record)
        if record.given and [stroke.kind for stroke in record.given] != ["line", *["arc"] * (1 + len(LETTERS))]:
            raise BadInput("its strokes are not a band, an arc on the left and five on the right")

    def draw_candidates(self, pen: draw.Pen, record: EyeballingRecord, *, solved: bool) -> None:
        """Blue letters beside the arcs; the right one gets a green ring."""
        for x, y, letter in points_of(record):
            pen.text(letter, complex(x, y), "blue", 1.3 * record.point_radius)
            if solved and letter == record.correct_option:
                pen.ring(complex(x, y), "green")

    def ask(self, record: EyeballingRecord, modality: Modality) -> str:
        """The answer is drawn in black; there is nothing to turn red."""
        if modality == "vlm":
            return (
                "One arc comes in from the left and is hidden behind a grey band. Which of the arcs on the right, "
                "A, B, C, D or E, continues it? Answer with one letter, A to E."
            )
        still = "Leave everything else as it is." if modality == "image" else (
            "The camera stands still, without zoom or cuts, and nothing else changes."
        )  # fmt: skip
        return f"{self.reveal} {still}"

    def vote(self, votes: Sequence[str | None]) -> str | None:
        """As of marks, but in the benchmark's rule for arcs a tie is no answer."""
        most = judge.most_voted(votes)
        return most[0] if len(most) == 1 else None

    def may_be_marked(self, record: EyeballingRecord, frame: ClipFrame) -> bool:
        """Whether ink may join the two sides: it is dark, in every column between them."""
        bright, (width, height) = luma(frame), record.canvas_dimensions
        shown = None if bright is None else canvas_part(record, bright)
        if shown is None or shown.shape != (height, width) or not record.given:
            return True
        return bool((shown[:, _between(*_ends(record))] <= DARK).any(axis=0).all())

    def score_image(self, record: EyeballingRecord, image: Image, puzzle: Image | None = None) -> Score:
        """The right arc that black ink joins to the left one; several joined arcs are no answer."""
        joined = joined_options(record, image, puzzle)
        if len(joined) > 1:
            return Score(False, False, "several arcs joined", {"joined": "".join(joined)})
        return judge.verdict(joined[0] if joined else None, record.correct_option)

    def reward_image(self, record: EyeballingRecord, image: Image, puzzle: Image | None = None) -> Score:
        """By ink, not by marks: several joined arcs are wrong, and so is ink all over."""
        return self.score_image(record, image, puzzle)


def joined_options(record: EyeballingRecord, image: Image, puzzle: Image | None) -> list[str]:
    """The letters of the right arcs that are in one piece of ink with the left arc."""
    left, right = _ends_known(record) or (_ends(record) if puzzle is None else _ends_seen(record, puzzle))
    picture = _on_canvas(image, record)
    between = picture[:, _between(left, right)] if right else picture[:, :0]
    if not between.size or not _ink(between).any(axis=0).all():
        return []
    _, labels = _pieces(picture)
    start = _label_near(labels, left)
    return [letter for letter, end in sorted(right.items()) if start and _label_near(labels, end) == start]


def _on_canvas(image: Image, record: EyeballingRecord) -> Image:
    """The picture at the size of the canvas; by nearest neighbours, since blurred a thin line is no dark ink."""
    width, height = record.canvas_dimensions
    return image if image.shape[:2] == (height, width) else resize_nearest(image, width, height)


def _ink(picture: Image) -> Ink:
    """Where a picture is dark: all channels at most INK_MAX."""
    import cv2

    return np.asarray(cv2.inRange(picture, (0, 0, 0), (INK_MAX,) * 3))


def _between(left: complex, right: dict[str, complex]) -> slice:
    """The columns between the two sides: without ink in each nothing joins them, as in most frames."""
    first, last = left.real + SEARCH[-1], min(end.real for end in right.values()) - SEARCH[-1]
    return slice(max(0, round(first)), max(1, round(first) + 1, round(last)))


def _pieces(picture: Image) -> tuple[int, Labels]:
    """The connected pieces of ink: how many labels, and each pixel's."""
    import cv2

    count, labels = cv2.connectedComponents(_ink(picture), connectivity=8)
    return count, labels


def _ends_known(record: EyeballingRecord) -> tuple[complex, dict[str, complex]] | None:
    """The inner ends of the arcs where the record holds them; else only its picture shows them."""
    if record.given:
        return _ends(record)
    if record.arc_ends:
        ends = {name: complex(*place) for name, place in record.arc_ends.items()}
        return ends.pop("left"), ends
    return None


def _ends(record: EyeballingRecord) -> tuple[complex, dict[str, complex]]:
    """The inner ends of the left arc and of each right arc."""
    _, left, *right = draw.given(record)
    inner = [draw.path_of(stroke, 0.0)[0] for stroke in (left, *right)]
    return inner[0], {str(letter): end for letter, end in zip(LETTERS, inner[1:], strict=True)}


def _ends_seen(record: EyeballingRecord, puzzle: Image) -> tuple[complex, dict[str, complex]]:
    """The same, found in the picture of a puzzle whose record does not hold its arcs.

    The piece of ink that reaches farthest left is the left arc; of the others, the one nearest to a letter is its arc.
    """
    count, labels = _pieces(_on_canvas(puzzle, record))
    pieces = [np.argwhere(labels == label)[:, ::-1] for label in range(1, count)]
    pieces = sorted((piece for piece in pieces if len(piece) >= SPECK), key=lambda piece: int(piece[:, 0].min()))
    if len(pieces) < 2:
        return 0j, {}
    inner = {letter: _inner_end(_nearest_piece(pieces[1:], x, y)) for x, y, letter in points_of(record)}
    left = pieces[0][pieces[0][:, 0].argmax()]
    return complex(*left), inner


def _nearest_piece(pieces: list[Points], x: float, y: float) -> Points:
    return min(pieces, key=lambda piece: float(np.hypot(piece[:, 0] - x, piece[:, 1] - y).min()))


def _inner_end(piece: Points) -> complex:
    return complex(*piece[piece[:, 0].argmin()])


def _label_near(labels: Labels, point: complex) -> int:
    """The piece of ink nearest to an arc's inner end, or 0."""
    for reach in SEARCH:
        x, y = round(point.real), round(point.imag)
        window = labels[max(0, y - reach) : max(0, y + reach + 1), max(0, x - reach) : max(0, x + reach + 1)]
        found = window[window > 0]
        if found.size:
            return int(np.bincount(found).argmax())
    return 0


FAMILY = ArcConnect()
