"""Eyeballing: which arc on the right continues the one on the left; judged by the ink that joins them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np

from vtb.canvas import Image
from vtb.eyeballing import draw, judge
from vtb.eyeballing.arcs import Shape, place_arcs
from vtb.eyeballing.place import LETTERS, Placed
from vtb.eyeballing.task import Config, Eyeballing, canvas_part, points_of
from vtb.puzzles.family import Modality, Record, Score

SHAPE = Shape(band=0.18, least_gap=24, gap=(0.09, 0.12), beyond=18)
INK_MAX = 92
SEARCH = (2, 6, 8)  # pixels around an arc's inner end in which its ink is looked for, the nearest first


class ArcConnect(Eyeballing):
    """The arc that continues another behind a band, named by a blue letter."""

    name = "arc_connect"
    ask_point = "beside the arc that continues the left arc behind the grey band"
    reveal = "Draw the hidden part of the left arc over the grey band in black until it joins an arc on the right."

    def place(self, rng: random.Random, config: Config) -> Placed | None:
        """Both samplings are the same here: which arc is true has always been drawn evenly."""
        return place_arcs(rng, config.frame, SHAPE)

    def draw_candidates(self, pen: draw.Pen, record: Record, *, solved: bool) -> None:
        """Blue letters beside the arcs; the right one gets a green ring."""
        for x, y, letter in points_of(record):
            pen.text(letter, complex(x, y), "blue", 1.3 * record["point_radius"])
            if solved and letter == record["correct_option"]:
                pen.ring(complex(x, y), "green")

    def ask(self, record: Record, modality: Modality) -> str:
        """The answer is drawn in black; there is nothing to turn red."""
        if modality == "vlm":
            return (
                "One arc comes in from the left and is hidden behind a grey band. Which of the arcs on the right, "
                "A, B, C, D or E, continues it? Answer with one letter, A to E."
            )
        still = "Leave everything else as it is." if modality == "image" else (
            "A voice says the letter of that arc in the NATO alphabet. The camera stands still, without zoom or cuts."
        )  # fmt: skip
        return f"{self.reveal} {still}"

    def score_image(self, record: Record, image: Image, puzzle: Image | None = None) -> Score:
        """The right arc that black ink joins to the left one; several joined arcs are no answer."""
        joined = joined_options(record, image)
        reason = "several arcs joined" if len(joined) > 1 else None
        score = judge.verdict(joined[0] if len(joined) == 1 else None, record["correct_option"])
        return score if reason is None else Score(False, False, reason, {"option": "".join(joined)})

    def score_video(self, record: Record, frames: Iterator[Image]) -> Score:
        """Right by the last frame; the vote of every fifth frame is in the details."""
        votes: list[str | None] = []
        last: Image | None = None
        for number, frame in enumerate(frames):
            last = frame
            if number % judge.EVERY == 0:
                joined = joined_options(record, canvas_part(record, frame))
                votes.append(joined[0] if len(joined) == 1 else None)
        if last is None:
            return Score(False, False, "no frames")
        score = self.score_frame(record, last)
        option = score.details["option"]
        details = {"option": option, "last": option, "major": judge.major_option(votes)}
        return Score(score.strict, score.tolerant, score.reason, details)


def joined_options(record: Record, image: Image) -> list[str]:
    """The letters of the right arcs that are in one piece of ink with the left arc."""
    import cv2

    width, height = record["canvas_dimensions"]
    if image.shape[:2] != (height, width):
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
    ink = cv2.inRange(image, (0, 0, 0), (INK_MAX,) * 3)
    _, labels = cv2.connectedComponents(ink, connectivity=8)
    _, left, *right = draw.strokes(record, "given")
    start = _label_near(labels, draw.path_of(left)[0])
    return [
        letter
        for letter, stroke in zip(LETTERS, right, strict=True)
        if start and _label_near(labels, draw.path_of(stroke)[0]) == start
    ]


def _label_near(labels: np.ndarray, point: complex) -> int:
    """The piece of ink nearest to an arc's inner end, or 0."""
    for reach in SEARCH:
        x, y = round(point.real), round(point.imag)
        window = labels[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        found = window[window > 0]
        if found.size:
            return int(np.bincount(found).argmax())
    return 0


FAMILY = ArcConnect()
