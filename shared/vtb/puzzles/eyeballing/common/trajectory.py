"""How a clip gets to its mark: whether its strokes lead there. Beside the benchmark's rules, never instead.

The benchmark looks at where red is. People who judge reasoning in videos also ask whether the construction leads to
the mark, or the mark was a guess and the lines decoration. Strokes are what is drawn on the puzzle's white and is not
red; a candidate that they reach has them around its disc.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Image, Letterbox
from vtb.puzzles.eyeballing.common import draw
from vtb.puzzles.eyeballing.common.judge import red_mask
from vtb.puzzles.eyeballing.common.record import EyeballingRecord
from vtb.puzzles.judging.frames import NO_FRAMES
from vtb.tasks.score import Score

Mask = NDArray[np.bool_]
WHITE, INK = 230, 200  # of the darkest channel: whiter is the ground, darker is drawn; compression lies between
NEAR, FAR = 1.3, 2.2  # radii of a disc between which strokes reach it
REACHED = 3.0  # pixels of ink there
OTHERS = 0.5  # of the most that any candidate has: so much reaches it, too
LIKE = 0.8  # share of strokes in common for them to be the solution's
KEPT = 0.9  # share of the figure that must be there


@dataclass(frozen=True)
class Sheet:
    """A puzzle as it lies in the frames.

    Attributes:
        picture: the puzzle, (H, W, 3).
        strokes: where the solution draws, (H, W).
        candidates: the discs, (x, y, letter) in the picture.
        radius: of a disc, in pixels.
        right: the letter of the right one.
    """

    picture: Image
    strokes: Mask
    candidates: Sequence[tuple[float, float, str]]
    radius: float
    right: str

    @functools.cached_property
    def ground(self) -> Mask:
        """Where the puzzle is white, a little away from what it shows and from the discs."""
        ground = ~_grown(_darkest(self.picture) < WHITE, 2)
        for ring in self.rings.values():
            ground[ring.place] &= ring.away > NEAR
        return ground

    @functools.cached_property
    def rings(self) -> dict[str, Ring]:
        """The surroundings of the candidates."""
        return {letter: _ring(self, x, y) for x, y, letter in self.candidates}


class Ring(NamedTuple):
    """The surroundings of a candidate: a part of the sheet, and how far its pixels are from the middle, in radii."""

    place: tuple[slice, slice]
    away: NDArray[np.float64]


def sheet_of(record: EyeballingRecord, picture: Image) -> Sheet:
    """The sheet of a record that has a clip, whose first frame is the picture."""
    clip = record.clip
    assert clip is not None
    box, alone = Letterbox(clip.scale, *clip.offset), draw.blank(*clip.size)
    pen = draw.pen_for(record, alone, box)
    for stroke in draw.added(record):
        pen.stroke(stroke)
    places = [(one.x * box.scale + box.left, one.y * box.scale + box.top, one.label) for one in record.candidates]
    drawn, radius = alone != draw.INDEX["white"], record.point_radius * box.scale
    return Sheet(picture, drawn, places, radius, record.correct_option)


def measurable(sheet: Sheet) -> bool:
    """Whether the solution's own strokes lead to the right candidate; some only show why it is the right one."""
    return sheet.right in leads_to(sheet, sheet.strokes & sheet.ground)


def judge_trajectory(sheet: Sheet, frames: Iterable[Image], mark_of: Callable[[Image], str | None]) -> Score:
    """Judge frames of the sheet's size.

    Tolerant is a clip whose mark is where its strokes lead, right or wrong. Strict is one that also begins with the
    puzzle, keeps its figure, and draws the solution's strokes before it marks the right candidate. The details are:

    ``first_kept``, ``kept``: share of the figure that is there in the first frame, and in the worst; ``precision``:
    share of what is drawn that lies on the solution's strokes; ``recall``: share of these that is drawn; ``leads``:
    whether the mark is where the strokes lead; ``leads_right``: whether they lead to the right candidate;
    ``mark_first``: whether the mark was there before any stroke came to a candidate.

    Args:
        sheet: the puzzle.
        frames: all frames of the clip.
        mark_of: the candidate that a frame marks.
    """
    figure, drawn, last = _darkest(sheet.picture) < INK, np.zeros_like(sheet.strokes), None
    kept, came = list[float](), list[str]()
    for last in frames:
        ink = _darkest(last) < INK
        kept.append(float(_grown(ink, 1)[figure].mean()) if figure.any() else 1.0)
        drawn = ink & sheet.ground & ~_grown(red_mask(last), 2)
        if not came:
            came += ["strokes"] if leads_to(sheet, drawn) else ["mark"] if mark_of(last) is not None else []
    if last is None:
        return NO_FRAMES
    mark = mark_of(last)
    led, truth = leads_to(sheet, drawn), sheet.strokes & sheet.ground
    details = {
        "first_kept": round(kept[0], 4), "kept": round(min(kept), 4), "precision": _share(drawn, _grown(truth, 3)),
        "recall": _share(truth, _grown(drawn, 3)), "leads": mark in led, "leads_right": sheet.right in led,
        "mark_first": came == ["mark"],
    }  # fmt: skip
    return _verdict(details, bool(led), mark, right=mark == sheet.right)


def leads_to(sheet: Sheet, drawn: Mask) -> frozenset[str]:
    """The letters of the candidates that strokes reach: the one with most ink around it, others with half as much."""
    ink = {
        letter: float(np.count_nonzero(drawn[ring.place] & (ring.away >= NEAR) & (ring.away <= FAR)))
        for letter, ring in sheet.rings.items()
    }
    most = max(ink.values(), default=0.0)
    return frozenset(letter for letter, count in ink.items() if count >= max(REACHED, OTHERS * most))


def _ring(sheet: Sheet, x: float, y: float) -> Ring:
    reach, (height, width) = FAR * sheet.radius + 1, sheet.strokes.shape
    rows, columns = (
        slice(max(0, int(at - reach)), min(side, int(at + reach) + 2)) for at, side in ((y, height), (x, width))
    )
    down, across = np.ogrid[rows, columns]
    return Ring((rows, columns), np.hypot(across + 0.5 - x, down + 0.5 - y) / sheet.radius)


def _darkest(image: Image) -> NDArray[np.uint8]:
    """The darkest channel of each pixel."""
    import cv2

    red, green, blue = cv2.split(image)
    return np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)


def _grown(mask: Mask, pixels: int) -> Mask:
    import cv2

    return np.asarray(cv2.dilate(mask.view(np.uint8), np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)) > 0)


def _share(part: Mask, whole: Mask) -> float:
    return float(np.count_nonzero(part & whole) / np.count_nonzero(part)) if part.any() else 0.0


def _verdict(details: dict[str, float], strokes: bool, mark: str | None, *, right: bool) -> Score:
    checks = {
        "draws no strokes to a candidate": strokes, "marks nothing": mark is not None,
        "marks where its strokes do not lead": bool(details["leads"]),
    }  # fmt: skip
    tolerant = next((why for why, good in checks.items() if not good), None)
    strictly = {
        "does not begin with the puzzle": details["first_kept"] >= KEPT,
        "changes the figure": details["kept"] >= KEPT, "marks before it draws": not details["mark_first"],
        "draws other strokes": min(details["precision"], details["recall"]) >= LIKE, "wrong option": right,
    }  # fmt: skip
    reason = tolerant or next((why for why, good in strictly.items() if not good), None)
    return Score(reason is None, tolerant is None, reason or "led there", details)  # and no choice: it has no vote
