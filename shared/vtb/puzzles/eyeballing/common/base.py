"""The base of every eyeballing family: a task adds its figure and its words."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from vtb.errors import BadInput, UsageProblem
from vtb.media.image import Image, Letterbox, Picture, to_rgb
from vtb.puzzles.eyeballing.common import draw, judge
from vtb.puzzles.eyeballing.common.config import Config, canvas_part, clip_record
from vtb.puzzles.eyeballing.common.figure import Figure
from vtb.puzzles.eyeballing.common.placement import LETTERS, Frame, Placed, place_as_benchmark, place_fairly
from vtb.puzzles.family import UNJUDGED, ClipFrame, Modality, Record, Score
from vtb.puzzles.judging.answers import spoken_option
from vtb.puzzles.judging.frames import NO_FRAMES, most_red_lead, same

TRIES = 5000
HOLD = 0.2  # share of a clip that shows the marked answer


class Eyeballing:
    """A family whose answer is one of five marked points; see ``vtb.puzzles.family.Family``.

    A task sets ``name``, ``ask_point`` (what is asked for, as a noun phrase) and ``reveal`` (what to draw), and
    implements ``figure``.
    """

    name: ClassVar[str]
    ask_point: ClassVar[str]
    reveal: ClassVar[str]
    tries: ClassVar[int] = TRIES  # calls of place until a sample is given up
    draws: ClassVar[int] = 1  # that one call of place makes at most
    group = "eyeballing"
    by_choice = True
    version = 2  # discs of fewer than 10 pixels, and all in clips of another scale, have letters that can be read
    config_class = Config
    palette = draw.PALETTE

    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """A figure about its target at the origin, or None where this draw does not meet the constraints."""
        raise NotImplementedError  # every task has its own

    def sample(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """A puzzle that meets every constraint.

        Raises:
            UsageProblem: no draw of many met the constraints; the rejection rate is in the message.
        """
        for rejected in range(self.tries):
            placed = self.place(rng, config)
            if placed is not None:
                return {**self._record(config, placed), "tries": rejected * self.draws + placed.draws}
        raise UsageProblem(
            f"{self.name}: none of {self.tries * self.draws} draws fits a picture of {config.width}x{config.height} "
            "with these options (100 % rejected): take a larger --width, or a smaller --point-radius or "
            "--distractor-distance"
        )

    def place(self, rng: random.Random, config: Config) -> Placed | None:
        """One draw."""
        frame = config.frame
        figure = self.figure(rng, frame)
        if figure is None:
            return None
        return (place_fairly if config.sampling == "fair" else place_as_benchmark)(rng, frame, figure)

    def _record(self, config: Config, placed: Placed) -> dict[str, Any]:
        candidates = [
            {"x": round(point.real, 2), "y": round(point.imag, 2), "label": letter}
            for point, letter in zip(placed.candidates, LETTERS, strict=True)
        ]
        return {
            "type": self.name,
            "canvas_dimensions": [config.width, config.height],
            "margin": config.frame.margin,
            "point_radius": config.point_radius,
            "line_width": config.line_width,
            "sampling": config.sampling,
            "candidates": candidates,
            "correct_option": LETTERS[placed.correct],
            "given": [stroke.to_json() for stroke in placed.figure.given],
            "solution_strokes": [stroke.to_json() for stroke in placed.figure.answer],
            "clip": clip_record(config) if config.clip else None,
        }

    def validate(self, record: Record) -> None:
        """Five candidates on a canvas of a sensible size, and strokes that can be drawn."""
        width, height = record["canvas_dimensions"]
        if not (64 <= width <= 4096 and 64 <= height <= 4096 and 1 <= record["point_radius"] <= 256):
            raise BadInput(f"a canvas of {width}x{height} pixels with discs of {record['point_radius']}")
        points = points_of(record)
        if [letter for *_, letter in points] != list(LETTERS) or record["correct_option"] not in [*LETTERS]:
            raise BadInput("candidates are not A to E, or the right one is none of them")
        if not all(0 <= x <= width and 0 <= y <= height for x, y, _ in points):
            raise BadInput("a candidate lies outside the canvas")
        every = draw.strokes(record, "given") + draw.strokes(record, "solution_strokes")
        if any(stroke.color not in draw.COLORS or stroke.radius > 10**5 for stroke in every):
            raise BadInput("a stroke cannot be drawn")

    def identity(self, record: Record) -> str:
        """The candidates and which is right, as shares of the width to a thousandth, whatever the letters.

        The figure follows from these for all but chance, and the benchmark's records do not hold it.
        """
        width, right = record["canvas_dimensions"][0], record["correct_option"]
        points = sorted(
            (round(1000 * x / width), round(1000 * y / width), letter == right) for x, y, letter in points_of(record)
        )
        return hashlib.sha256(json.dumps([self.name, points]).encode()).hexdigest()

    def distinct(self, config: Config) -> float | None:
        """Places are real numbers: there is no count."""
        return None

    def difficulty(self, record: Record) -> dict[str, float]:
        """Margin: distance of the nearest wrong candidate from the right one, as a share of the canvas width."""
        right = next(complex(x, y) for x, y, letter in points_of(record) if letter == record["correct_option"])
        others = [complex(x, y) for x, y, letter in points_of(record) if letter != record["correct_option"]]
        width = record["canvas_dimensions"][0]
        return {"margin": round(min(abs(point - right) for point in others) / width, 4)}

    def draw_puzzle(self, record: Record) -> Picture:
        """The given strokes under the candidates."""
        return self._draw(record, solved=False)

    def draw_solution(self, record: Record) -> Picture:
        """The puzzle with the answer's strokes and the right candidate in red."""
        return self._draw(record, solved=True)

    def _draw(self, record: Record, *, solved: bool) -> Picture:
        picture = draw.blank(*record["canvas_dimensions"])
        pen = draw.pen_for(record, picture)
        for stroke in draw.strokes(record, "given") + (draw.strokes(record, "solution_strokes") if solved else []):
            pen.stroke(stroke)
        self.draw_candidates(pen, record, solved=solved)
        return picture

    def draw_candidates(self, pen: draw.Pen, record: Record, *, solved: bool) -> None:
        """The five discs, over everything else."""
        for x, y, letter in points_of(record):
            pen.candidate(complex(x, y), letter, right=solved and letter == record["correct_option"])

    def draw_reasoning(self, record: Record, puzzle: Image | None = None) -> Image:
        """The puzzle itself: its candidates have printed letters already."""
        return to_rgb(self.draw_puzzle(record), self.palette) if puzzle is None else puzzle

    def draw_frames(self, record: Record) -> Iterator[Picture]:
        """The puzzle, the answer's strokes one after the other, and a hold with the right candidate in red."""
        clip = record["clip"]
        picture = draw.blank(*clip["size"])
        pen = draw.pen_for(record, picture, Letterbox(clip["scale"], *clip["offset"]))
        for stroke in draw.strokes(record, "given"):
            pen.stroke(stroke)
        self.draw_candidates(pen, record, solved=False)
        hold = max(5, round(HOLD * clip["frames"])) if clip["frames"] > 12 else 1
        yield picture
        yield from self._growing(record, pen, clip["frames"] - 1 - hold)
        self.draw_candidates(pen, record, solved=True)
        for _ in range(hold):
            yield picture

    def _growing(self, record: Record, pen: draw.Pen, frames: int) -> Iterator[Picture]:
        """So many frames in which the answer's strokes grow, one after the other, at one speed."""
        strokes = draw.strokes(record, "solution_strokes")
        total = sum(draw.length_of(stroke) for stroke in strokes)
        for number in range(1, frames + 1):
            left = total * number / frames
            for stroke in strokes:
                length = draw.length_of(stroke)
                pen.stroke(stroke, min(1.0, left / length if length else 1.0))
                left -= length
                if left <= 0:
                    break
            self.draw_candidates(pen, record, solved=False)
            yield pen.picture

    def ask(self, record: Record, modality: Modality) -> str:
        """The prompt of a modality."""
        if modality == "vlm":
            return (
                f"Five points in this picture are marked A, B, C, D and E. Which of them is {self.ask_point}? "
                "Answer with one letter, A to E."
            )
        drawing = f"{self.reveal} Then mark the point that is {self.ask_point} by turning its circle red."
        if modality == "image":
            return f"{drawing} Leave everything else as it is."
        return f"{drawing} The camera stands still, without zoom or cuts, and nothing else changes."

    def answer(self, record: Record) -> str:
        """The letter."""
        return str(record["correct_option"])

    def score_text(self, record: Record, text: str, puzzle: Image | None = None) -> Score:
        """The option that the text puts forward (``vtb.puzzles.judging.answers``)."""
        if not record.get("letters_known", True):
            return Score(False, False, UNJUDGED)
        return judge.verdict(spoken_option(text), record["correct_option"])

    def draw_answer(self, record: Record, text: str, puzzle: Image) -> Image | None:
        """The puzzle with the named candidate in red."""
        option = spoken_option(text)
        if option is None:
            return None
        before = self.draw_puzzle(record)
        after = self.draw_solution({**record, "correct_option": option, "solution_strokes": []})
        marked = to_rgb(after, self.palette)
        return np.where((before != after)[..., None], marked, puzzle) if puzzle.shape == marked.shape else marked

    def score_image(self, record: Record, image: Image, puzzle: Image | None = None) -> Score:
        """The candidate nearest to the mean red pixel."""
        option = judge.marked_option(image, record["canvas_dimensions"], points_of(record))
        return judge.verdict(option, record["correct_option"])

    def score_frame(self, record: Record, frame: Image, puzzle: Image | None = None) -> Score:
        """The same for the part of a frame that shows the canvas."""
        return self.score_image(record, canvas_part(record, frame), puzzle)

    def score_video(self, record: Record, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        """By the last frame, and by the vote of every fifth frame, in which those without a mark do not count."""
        votes: list[str | None] = []
        frame: ClipFrame | None = None
        looked: tuple[ClipFrame, Score] | None = None  # at which frame last, and what it showed

        def look(frame: ClipFrame) -> Score:
            nonlocal looked
            if looked is None or not same(frame, looked[0]):
                looked = frame, self.score_frame(record, frame(), puzzle)
            return looked[1]

        for number, frame in enumerate(frames):
            if number % judge.EVERY == 0 and self.may_be_marked(record, frame):
                votes.append(look(frame).choice)
        if frame is None:
            return {"last": NO_FRAMES, "major": NO_FRAMES}
        major = judge.verdict(judge.major_option(votes), record["correct_option"])
        return {"last": look(frame), "major": major}

    def may_be_marked(self, record: Record, frame: ClipFrame) -> bool:
        """Whether it is worth looking at a frame: without anything red there is no mark."""
        return most_red_lead(frame) >= judge.RED_LEAD


def points_of(record: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    """The candidates as (x, y, letter)."""
    return [(float(entry["x"]), float(entry["y"]), str(entry["label"])) for entry in record["candidates"]]
