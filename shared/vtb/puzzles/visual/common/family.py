"""A visual puzzle as a family: its pictures, clip, prompts and judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from msgspec.structs import asdict, replace

from vtb.media.image import Image, Picture, print_centred, to_rgb
from vtb.puzzles.blind import counts_rate
from vtb.puzzles.judging.answers import last_answer, listed
from vtb.puzzles.prompts import VISUAL
from vtb.puzzles.visual.common import scene
from vtb.puzzles.visual.common.base import Config, V, VisualPuzzle
from vtb.puzzles.visual.common.best_frame import judge_best
from vtb.puzzles.visual.common.crop import area_of, fitted
from vtb.puzzles.visual.common.judge import Expected, Mask, grown, judge
from vtb.puzzles.visual.common.record import Area, VisualClip, VisualRecord, validate
from vtb.puzzles.visual.common.scene import LEVEL_BITS, MISSING, PALETTE, SIDE
from vtb.tasks.score import Score
from vtb.tasks.task import ClipFrame, Modality

HOLD = 0.2  # share of a clip that shows the final state
LUMA = np.array([0.299, 0.587, 0.114])
DARK = 110  # luma of a part below which its number is printed in white
NUMBER_PX = 44  # box of a printed number at the scene's size


class VisualFamily(VisualPuzzle[V]):
    """What is the same for every visual puzzle, once it has content and looks."""

    group = "visual"
    by_choice = False
    version = 3  # fair sampling hides parts, so that all values are seen equally often
    config_class = Config

    def validate(self, record: V) -> None:
        """Known values in all places, sizes within bounds, and the puzzle inside canvas and clip."""
        validate(record, self.places, self.content, self.values)

    def difficulty(self, record: V) -> dict[str, float]:
        """Different values in the picture, and parts that show the right one."""
        shown = [*record.seen.values()]
        return {"values_shown": len(set(shown)), "right_value_shown": shown.count(self.answer(record))}

    def blind(self, record: V) -> float | None:
        """By counting what is seen; fair sampling hides parts, so that counts say nothing."""
        return counts_rate(self.name, fair=bool(record.hidden))

    def draw_puzzle(self, record: V) -> Picture:
        """The pattern with a question mark."""
        return self._draw(record, None)

    def draw_solution(self, record: V) -> Picture:
        """The pattern complete."""
        return self._draw(record, self.answer(record))

    def _draw(self, record: V, value: str | None) -> Picture:
        (width, height), (left, top, side) = record.canvas_dimensions, record.area
        picture = np.zeros((height, width), np.uint8)
        picture[top : top + side, left : left + side] = self.paint(record, value, side)
        return picture

    def draw_reasoning(self, record: V) -> Image:
        """The puzzle with every known part's number from 1 printed on it, as the explanation names them."""
        image = self.puzzle(record)
        left, top, side = record.area
        numbers = np.zeros(image.shape[:2], np.uint8)
        for place, value in record.seen.items():
            x, y = (v * side / SIDE for v in scene.label(self.part(record, place, value)))
            centre, box = (left + round(x), top + round(y)), NUMBER_PX * side // SIDE
            print_centred(numbers, str(place + 1), centre, 1, box)
            around = tuple(slice(max(0, middle - box), middle + box) for middle in centre[::-1])
            _print(image[around], numbers[around])
        return image

    def draw_frames(self, record: V) -> Iterator[Picture]:
        """The missing part is drawn in from left to right; one array, drawn further each time."""
        clip = record.clip
        assert clip is not None
        (width, height), (left, top, side), frames = clip.size, clip.area, clip.frames
        before, after = self.paint(record, None, side), self.paint(record, self.answer(record), side)
        frame = np.zeros((height, width), np.uint8)
        inside = frame[top : top + side, left : left + side]
        inside[:] = before
        yield frame
        columns = np.flatnonzero((before != after).any(axis=0))
        first, last = int(columns[0]), int(columns[-1]) + 1
        drawing = max(1, frames - 1 - round(HOLD * frames))
        for number in range(1, frames):
            done = first + round((last - first) * min(1.0, number / drawing))
            inside[:, first:done] = after[:, first:done]
            yield frame

    def filmed(self, record: V, frames: int) -> V:
        """As all families; the clip says the puzzle's area too."""
        whole = super().filmed(record, frames)
        assert whole.clip is not None
        return replace(whole, clip=VisualClip(**asdict(whole.clip), area=record.area))

    def ask(self, record: V, modality: Modality) -> str:
        """The prompt of a modality."""
        if modality != "vlm":
            kind = "color" if self.asked == "color" else "shape"
            asked = VISUAL[f"{modality} {kind}"].format(part=self.part_name)
            return f"{asked} {self.hint(record, 'hidden drawn')}".strip()
        options = listed(record.options) if record.lettered else ", ".join(record.vocabulary)
        return VISUAL["lettered" if record.lettered else "open"].format(question=record.question, options=options)

    def score_text(self, record: V, text: str, puzzle: Image | None = None) -> Score:
        """The last value that a text names must be the answer; with lettered options, a letter names one too."""
        found = self._named(record, text)
        right = found == self.answer(record)
        reason = "solved" if right else "names no answer" if found is None else "names another answer"
        return Score(right, right, reason, choice=found)

    def _named(self, record: V, text: str) -> str | None:
        return last_answer(text, record.vocabulary, record.options if record.lettered else ())

    def draw_answer(self, record: V, text: str, puzzle: Image) -> Image | None:
        """The value that a text names, drawn into the missing place."""
        value = self._named(record, text)
        if value is None:
            return None
        before, after = self.draw_puzzle(record), self._draw(record, value)
        if puzzle.shape[:2] != after.shape:
            return to_rgb(after, self.palette)
        return np.where((before != after)[..., None], to_rgb(after, self.palette), puzzle)

    def score_image(self, record: V, image: Image, puzzle: Image | None = None) -> Score:
        """Judge a picture in which the missing part was filled in, by our own rule (``judge`` beside this file)."""
        area, size = record.area, record.canvas_dimensions
        shown = None if puzzle is None else area_of(puzzle, area, size)
        return judge(area_of(image, area, size), self.expected(record, area[2], shown))

    def score_frame(self, record: V, frame: Image, puzzle: Image | None = None) -> Score:
        """Judge one frame like a picture."""
        area, size = _frame_place(record)
        return judge(area_of(frame, area, size), self.expected(record, area[2]))

    def score_video(self, record: V, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        """Judge the frame with the lowest Diff, the benchmark's best frame."""
        area, size = _frame_place(record)
        return judge_best(frames, area, size, self.expected(record, area[2]))

    def expected(self, record: V, side: int, puzzle: Image | None = None) -> Expected:
        """What answers are compared with; the puzzle as it looks with that many pixels a side, unless it is given."""
        blank = self.paint(replace(record, hidden=[]), None)
        colors, shapes = self.colors(record), dict[str, Mask]()
        part = (blank >> LEVEL_BITS == MISSING).view(np.uint8)
        if not colors:
            shapes = {name: scene.silhouette(look) for name, look in self.looks(record).items()}
            part = grown([*shapes.values(), part])
        if puzzle is None:
            puzzle = to_rgb(self.paint(record, None, side), self.palette)
        return Expected(
            puzzle=fitted(puzzle),
            solution=to_rgb(self.paint(record, self.answer(record)), self.palette),
            part=part,
            right=self.answer(record),
            colors={**colors, "": PALETTE[MISSING << LEVEL_BITS]} if colors else {},
            shapes=shapes,
            side=side,
        )


def _print(image: Image, number: Picture) -> None:
    """A number in black, or in white where what lies below it is dark; it is taken off its own layer."""
    ink = number > 0
    if ink.any():
        image[ink] = 255 if np.median(image[ink] @ LUMA) < DARK else 0
    number[:] = 0


def _frame_place(record: VisualRecord) -> tuple[Area, tuple[int, int]]:
    """The puzzle's area in a frame, and the frame's size; without a clip in the record they are the picture's."""
    clip = record.clip
    return (clip.area, clip.size) if clip else (record.area, record.canvas_dimensions)
