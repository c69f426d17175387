"""Visual puzzles of the benchmark: what is right is seen in the solution's picture, which the record carries."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from msgspec import Struct

from vtb.benchmarks.videothinkbench.picture_task import PictureTask
from vtb.errors import BadInput
from vtb.media.image import Color, Image, UnreadableImage, decode_image, encode_rgb
from vtb.puzzles.blind import counts_rate
from vtb.puzzles.judging.answers import last_answer, listed, normalise
from vtb.puzzles.prompts import VISUAL
from vtb.puzzles.visual.common.best_frame import judge_best
from vtb.puzzles.visual.common.crop import area_of, fitted
from vtb.puzzles.visual.common.judge import Expected, Mask, is_drawn, judge
from vtb.puzzles.visual.common.place import area_in_picture
from vtb.puzzles.visual.common.record import Area, Side
from vtb.puzzles.visual.common.scene import BASIC, COLORS, SHAPES, Disc, Polygon, regular, silhouette
from vtb.tasks.score import UNJUDGED, Score
from vtb.tasks.task import ClipFrame, Modality

TELL_APART = 30.0  # RGB distance from which two colors are two values
MISSING = (0xEE, 0xEE, 0xEE)
SIZES = (0.7, 1, 1.4)  # a step between the sizes of one puzzle, as a factor
ROOM = 0.22  # around a part, as a share of its height: so far a circle reaches beyond the square within it
OUTLINE = 3  # pixels by which an outline reaches beyond a corner


def as_ours(record: dict[str, Any], puzzle: Image, solution: Image) -> dict[str, Any]:
    """A record with its two pictures in it, cut to the puzzle's area."""
    size = (puzzle.shape[1], puzzle.shape[0])
    area = area_in_picture(size)
    named = {"puzzle": puzzle, "solution": solution}
    pictures = {
        name: base64.b64encode(encode_rgb(area_of(image, area, size))).decode() for name, image in named.items()
    }
    answer = str(record.get("answer") or "") or _said(str(record.get("ti2t_answer") or ""))
    return {
        **record, "canvas_dimensions": list(size), "area": area, "pictures": pictures, "answer": answer,
        "options": [str(option) for option in record.get("options") or []],
        "question": str(record.get("question") or ""),
    }  # fmt: skip


def _said(sentence: str) -> str:
    """The value of the later generators' ``Answer: X.``."""
    return sentence.removeprefix("Answer:").strip().removesuffix(".")


class PicturesRecord(Struct, frozen=True, kw_only=True):
    """A visual puzzle of which only pictures show what is right.

    Attributes:
        canvas_dimensions: width and height of its picture.
        area: left, top and side of the puzzle in it.
        pictures: PNG files of that area, ``puzzle`` and ``solution``, in base 64.
        answer: in words; empty where it is not on record.
        options: the values to choose from, where there are such.
        question: what is asked; empty where it is not on record.
    """

    canvas_dimensions: tuple[Side, Side]
    area: Area
    pictures: dict[str, str]
    answer: str = ""
    options: list[str] = []
    question: str = ""


class VisualByPicture(PictureTask[PicturesRecord]):
    """A visual puzzle whose right answer only its solution shows."""

    payload_class = PicturesRecord

    def validate(self, record: PicturesRecord) -> None:
        """Two pictures that differ, and the puzzle's area inside the canvas."""
        if record.pictures.keys() != {"puzzle", "solution"}:
            raise BadInput("its two pictures are not on record")
        try:
            expected = self._expected(record)
        except (UnreadableImage, ValueError) as error:  # ValueError: no base 64
            raise BadInput(f"its pictures cannot be read: {error}") from error
        (width, height), (left, top, side) = record.canvas_dimensions, record.area
        if not (expected.part.any() and 0 <= left <= width - side and 0 <= top <= height - side and side > 0):
            raise BadInput("its puzzle and its solution look the same")

    def identity(self, record: PicturesRecord) -> str:
        """The pictures."""
        return hashlib.sha256(str(record.pictures).encode()).hexdigest()

    def score_text(self, record: PicturesRecord, text: str, puzzle: Image | None = None) -> Score:
        """The last value that a text names, in words or by the letter of an option, must be the answer."""
        if not record.answer:
            return Score(False, False, UNJUDGED)
        values = [*dict.fromkeys([record.answer, *record.options, *self._words()])]
        found = last_answer(text, [value.lower() for value in values], record.options)
        right = found is not None and found == normalise(record.answer)
        reason = "solved" if right else "names no answer" if found is None else "names another answer"
        return Score(right, right, reason, choice=found)

    def blind(self, record: PicturesRecord) -> float | None:
        """By counting what is seen."""
        return counts_rate(self.name, fair=False)

    def answer(self, record: PicturesRecord) -> str:
        """As on record."""
        return record.answer

    def _words(self) -> Iterable[str]:
        return BASIC if self._asked == "color" else ()

    @property
    def _asked(self) -> str:
        return str(getattr(self.family, "asked", "color"))

    @property
    def _part_name(self) -> str:
        return str(getattr(self.family, "part_name", "part"))

    def ask(self, record: PicturesRecord, modality: Modality) -> str:
        """The record's question with its options, where it has any; drawing is asked for in our words."""
        if modality != "vlm":
            kind = "color" if self._asked == "color" else "shape"
            return VISUAL[f"{modality} {kind}"].format(part=self._part_name)
        question = record.question or VISUAL["question"].format(part=self._part_name, asked=self._asked)
        return f"{question} Options: {listed(record.options)}." if record.options else question

    def score_image(self, record: PicturesRecord, image: Image, puzzle: Image | None = None) -> Score:
        """Our own rule (``vtb.puzzles.visual.common.judge``), against the solution's picture."""
        return judge(area_of(image, record.area, record.canvas_dimensions), self._expected(record))

    def score_video(
        self, record: PicturesRecord, frames: Iterable[ClipFrame], puzzle: Image | None = None
    ) -> dict[str, Score]:
        """The frame with the lowest Diff."""
        return judge_best(frames, record.area, record.canvas_dimensions, self._expected(record))

    def _expected(self, record: PicturesRecord) -> Expected:
        pictures, right = record.pictures, record.answer or "as in the solution"
        return _expected(pictures["puzzle"], pictures["solution"], right, self._asked)


@functools.lru_cache(maxsize=2)
def _expected(puzzle_png: str, solution_png: str, right: str, asked: str) -> Expected:
    """What answers are compared with; a record is validated first and then judged, once for each attempt."""
    puzzle, solution = (fitted(decode_image(base64.b64decode(png))) for png in (puzzle_png, solution_png))
    part = _part(puzzle, solution)
    part = part if asked == "color" else _with_room(part, puzzle)
    colors = _colors(puzzle, solution, part, right) if asked == "color" and part.any() else {}
    shapes = _shapes(solution, part, right) if asked != "color" and part.any() else {}
    return Expected(puzzle, solution, part, right, colors, shapes)


def _part(puzzle: Image, solution: Image) -> Mask:
    """Where the two differ, without specks and holes (the question mark, a shared outline)."""
    import cv2

    apart = (cv2.absdiff(puzzle, solution).max(axis=2) > 12).view(np.uint8)
    opened = cv2.morphologyEx(apart, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed: Mask = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    return closed


def _with_room(part: Mask, puzzle: Image) -> Mask:
    """A part, with what is blank around it: a square that fills it would look there as a circle around it does."""
    import cv2

    if not part.any():
        return part
    reach = round(ROOM * np.ptp(np.flatnonzero(part.any(axis=1))))
    around = cv2.dilate(part, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    others = cv2.dilate((is_drawn(puzzle) & (part == 0)).view(np.uint8), np.ones((9, 9), np.uint8))
    roomy: Mask = part | (around & (1 - others))
    return roomy


def _colors(puzzle: Image, solution: Image, part: Mask, right: str) -> dict[str, Color]:
    """The right color, and every other that the benchmark's palette or the puzzle itself has."""
    found = {right: max(_counted(solution[part > 0]))[1]}
    shown = _counted(puzzle[::2, ::2])
    common = [color for count, color in shown if count > 0.002 * puzzle.size / 12]
    for color in [*(COLORS[name] for name in BASIC), *common]:
        if min(color) < 250 and all(_distance(color, other) > TELL_APART for other in (*found.values(), MISSING)):
            found["#{:02x}{:02x}{:02x}".format(*color)] = color
    return {**found, "": MISSING}


def _counted(pixels: Image) -> list[tuple[int, Color]]:
    """Every color with its number of pixels."""
    packed = pixels.reshape(-1, 3).astype(np.int32) @ (1 << 16, 1 << 8, 1)
    values, counts = np.unique(packed, return_counts=True)
    return [
        (int(count), (int(value) >> 16, int(value) >> 8 & 255, int(value) & 255))
        for value, count in zip(values, counts, strict=True)
    ]


def _distance(one: Color, other: Color) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))


def _shapes(solution: Image, part: Mask, right: str) -> dict[str, Mask]:
    """The right shape, and regular shapes of its size, the next smaller and the next larger that are clearly others."""
    drawn = (is_drawn(solution) & (part > 0)).astype(np.uint8)
    ys, xs = np.nonzero(drawn)
    if not len(xs):
        return {right: drawn}
    # All shapes of a puzzle have their corners on circles of one size, whatever their width.
    centre = float(xs.mean()), float(ys.mean())
    radius = float(np.hypot(xs - centre[0], ys - centre[1]).max()) - OUTLINE
    others = {
        f"{name} {size}": silhouette(shape)
        for size in SIZES
        for name, shape in _regular_shapes(centre, size * radius).items()
    }
    alike = max(others, key=lambda name: _overlap(others[name], drawn))
    return {**{name: mask for name, mask in others.items() if _overlap(mask, others[alike]) < 0.95}, right: drawn}


def _regular_shapes(centre: tuple[float, float], radius: float) -> dict[str, Disc | Polygon]:
    """A circle, and polygons standing on a side and upside down."""
    polygons = {
        f"{name}{' upside down' * turned}": Polygon(regular(sides, centre, radius, turned=turned), 2)
        for name, sides in SHAPES.items()
        for turned in (False, True)
    }
    return {"circle": Disc(centre, radius, 2), **polygons}


def _overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))
