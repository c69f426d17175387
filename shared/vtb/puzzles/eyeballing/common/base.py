"""The base of every eyeballing family: a task adds its figure and its words."""

from __future__ import annotations

import hashlib
import json
import random
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import numpy as np
from msgspec.structs import replace

from vtb.errors import BadInput, UsageProblem
from vtb.media.fitting import resized
from vtb.media.image import Image, Letterbox, Picture, to_rgb
from vtb.puzzles.blind import places_rate
from vtb.puzzles.eyeballing.common import draw, judge
from vtb.puzzles.eyeballing.common.config import Config, canvas_part, clip_record, in_clip
from vtb.puzzles.eyeballing.common.placement import LETTERS, Placed
from vtb.puzzles.eyeballing.common.record import Candidate, EyeballingRecord
from vtb.puzzles.eyeballing.common.trajectory import judge_trajectory, measurable, sheet_of
from vtb.puzzles.family import Family
from vtb.puzzles.judging.answers import spoken_option
from vtb.puzzles.judging.frames import NO_FRAMES, most_red_lead, same
from vtb.tasks.score import UNJUDGED, Score
from vtb.tasks.task import ClipFrame, Modality

TRIES = 5000
HOLD = 0.2  # share of a clip that shows the marked answer


class Eyeballing(Family[EyeballingRecord]):
    """A family whose answer is one of five marked points.

    A task sets ``name``, ``ask_point`` (what is asked for, as a noun phrase) and ``reveal`` (what to draw), and
    implements ``place``, or ``figure`` as a ``FigurePuzzle``.
    """

    ask_point: ClassVar[str]
    reveal: ClassVar[str]
    tries: ClassVar[int] = TRIES  # calls of place until a sample is given up
    draws: ClassVar[int] = 1  # that one call of place makes at most
    group = "eyeballing"
    by_choice = True
    version = 2  # discs of fewer than 10 pixels, and all in clips of another scale, have letters that can be read
    config_class = Config
    palette = draw.PALETTE
    payload_class = EyeballingRecord

    def sample(self, rng: random.Random, config: Config) -> EyeballingRecord:
        """A puzzle that meets every constraint.

        Raises:
            UsageProblem: no draw of many met the constraints; the rejection rate is in the message.
        """
        for rejected in range(self.tries):
            placed = self.place(rng, config)
            if placed is not None:
                return self._record(config, placed, rejected * self.draws + placed.draws)
        raise UsageProblem(
            f"{self.name}: none of {self.tries * self.draws} draws fits a picture of {config.width}x{config.height} "
            "with these options (100 % rejected): take a larger --width, or a smaller --point-radius or "
            "--distractor-distance"
        )

    @abstractmethod
    def place(self, rng: random.Random, config: Config) -> Placed | None:
        """One draw of a figure and its candidates, or None where it does not meet the constraints."""

    def _record(self, config: Config, placed: Placed, tries: int) -> EyeballingRecord:
        return EyeballingRecord(
            canvas_dimensions=(config.width, config.height),
            margin=config.frame.margin,
            point_radius=config.point_radius,
            line_width=config.line_width,
            sampling=config.sampling,
            candidates=[
                Candidate(round(point.real, 2), round(point.imag, 2), letter)
                for point, letter in zip(placed.candidates, LETTERS, strict=True)
            ],
            correct_option=LETTERS[placed.correct],
            given=[stroke.record() for stroke in placed.figure.given],
            solution_strokes=[stroke.record() for stroke in placed.figure.answer],
            clip=clip_record(config) if config.clip else None,
            tries=tries,
        )

    def validate(self, record: EyeballingRecord) -> None:
        """Five candidates, A to E, on the canvas, which lies in the clip; nothing wider than it is drawn."""
        width, height = record.canvas_dimensions
        if [candidate.label for candidate in record.candidates] != list(LETTERS):
            raise BadInput("candidates are not A to E")
        if not all(0 <= x <= width and 0 <= y <= height for x, y, _ in points_of(record)):
            raise BadInput("a candidate lies outside the canvas")
        widths = [stroke.width * (1 if stroke.color == "band" else record.line_width)
                  for stroke in (*record.given, *record.solution_strokes)]  # fmt: skip
        if max(2 * record.point_radius, *widths, 0) > min(width, height):
            raise BadInput("a candidate or a stroke is wider than the canvas")
        if record.clip and not in_clip(record.clip, width, height):
            raise BadInput("the canvas does not lie inside its clip")

    def identity(self, record: EyeballingRecord) -> str:
        """The candidates and which is right, as shares of the width to a thousandth, whatever the letters.

        The figure follows from these for all but chance, and the benchmark's records do not hold it.
        """
        width, right = record.canvas_dimensions[0], record.correct_option
        points = sorted(
            (round(1000 * x / width), round(1000 * y / width), letter == right) for x, y, letter in points_of(record)
        )
        return hashlib.sha256(json.dumps([self.name, points]).encode()).hexdigest()

    def distinct(self, config: Config) -> float | None:
        """Places are real numbers: there is no count."""
        return None

    def difficulty(self, record: EyeballingRecord) -> dict[str, float]:
        """Margin: distance of the nearest wrong candidate from the right one, as a share of the canvas width."""
        right = next(complex(x, y) for x, y, letter in points_of(record) if letter == record.correct_option)
        others = [complex(x, y) for x, y, letter in points_of(record) if letter != record.correct_option]
        width = record.canvas_dimensions[0]
        return {"margin": round(min(abs(point - right) for point in others) / width, 4)}

    def blind(self, record: EyeballingRecord) -> float | None:
        """By the candidates' places; what others made was placed as the benchmark does."""
        return places_rate(self.name, record.sampling)

    def draw_puzzle(self, record: EyeballingRecord) -> Picture:
        """The given strokes under the candidates."""
        return self._draw(record, solved=False)

    def draw_solution(self, record: EyeballingRecord) -> Picture:
        """The puzzle with the answer's strokes and the right candidate in red."""
        return self._draw(record, solved=True)

    def _draw(self, record: EyeballingRecord, *, solved: bool) -> Picture:
        picture = draw.blank(*record.canvas_dimensions)
        pen = draw.pen_for(record, picture)
        for stroke in draw.given(record) + (draw.added(record) if solved else []):
            pen.stroke(stroke)
        self.draw_candidates(pen, record, solved=solved)
        return picture

    def draw_candidates(self, pen: draw.Pen, record: EyeballingRecord, *, solved: bool) -> None:
        """The five discs, over everything else."""
        for x, y, letter in points_of(record):
            pen.candidate(complex(x, y), letter, right=solved and letter == record.correct_option)

    def draw_frames(self, record: EyeballingRecord) -> Iterator[Picture]:
        """The puzzle, the answer's strokes one after the other, and a hold with the right candidate in red."""
        clip = record.clip
        assert clip is not None
        picture = draw.blank(*clip.size)
        pen = draw.pen_for(record, picture, Letterbox(clip.scale, *clip.offset))
        for stroke in draw.given(record):
            pen.stroke(stroke)
        self.draw_candidates(pen, record, solved=False)
        hold = max(5, round(HOLD * clip.frames)) if clip.frames > 12 else 1
        yield picture
        yield from self._growing(record, pen, clip.frames - 1 - hold)
        self.draw_candidates(pen, record, solved=True)
        for _ in range(hold):
            yield picture

    def _growing(self, record: EyeballingRecord, pen: draw.Pen, frames: int) -> Iterator[Picture]:
        """So many frames in which the answer's strokes grow, one after the other, at one speed."""
        strokes = draw.added(record)
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

    def ask(self, record: EyeballingRecord, modality: Modality) -> str:
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

    def answer(self, record: EyeballingRecord) -> str:
        """The letter."""
        return str(record.correct_option)

    def score_text(self, record: EyeballingRecord, text: str, puzzle: Image | None = None) -> Score:
        """The option that the text puts forward (``vtb.puzzles.judging.answers``)."""
        if not record.letters_known:
            return Score(False, False, UNJUDGED)
        return judge.verdict(spoken_option(text), record.correct_option)

    def draw_answer(self, record: EyeballingRecord, text: str, puzzle: Image) -> Image | None:
        """The puzzle with the named candidate in red."""
        option = spoken_option(text)
        if option is None:
            return None
        before = self.draw_puzzle(record)
        after = self.draw_solution(replace(record, correct_option=option, solution_strokes=[]))
        marked = to_rgb(after, self.palette)
        return np.where((before != after)[..., None], marked, puzzle) if puzzle.shape == marked.shape else marked

    def score_image(self, record: EyeballingRecord, image: Image, puzzle: Image | None = None) -> Score:
        """The candidate nearest to the mean red pixel."""
        option = judge.marked_option(image, record.canvas_dimensions, points_of(record))
        return judge.verdict(option, record.correct_option)

    def reward_image(self, record: EyeballingRecord, image: Image, puzzle: Image | None = None) -> Score:
        """As a picture is judged, if most of the red is on the right candidate; ``near`` is how much of it is."""
        score = self.score_image(record, image, puzzle)
        (point,) = [(x, y) for x, y, letter in points_of(record) if letter == record.correct_option]
        share = judge.share_on(image, record.canvas_dimensions, point, record.point_radius)
        right = bool(score.strict and share >= judge.MOST)
        reason = score.reason if right or not score.strict else "red all over"
        near = 1.0 if right else share
        return Score(right, right, reason, {**score.details, "near": near}, score.choice)

    def reward_frame(self, record: EyeballingRecord, frame: Image) -> Score:
        """The same for the part of a frame that shows the canvas."""
        part = canvas_part(record, frame)
        return self.reward_image(record, part) if part.size else Score(False, False, "no picture")

    def score_frame(self, record: EyeballingRecord, frame: Image, puzzle: Image | None = None) -> Score:
        """The same for the part of a frame that shows the canvas."""
        return self.score_image(record, canvas_part(record, frame), puzzle)

    def score_video(
        self, record: EyeballingRecord, frames: Iterable[ClipFrame], puzzle: Image | None = None
    ) -> dict[str, Score]:
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
        major = judge.verdict(self.vote(votes), record.correct_option)
        return {"last": look(frame), "major": major}

    def score_trajectory(
        self, record: EyeballingRecord, frames: Iterable[ClipFrame], puzzle: Image | None = None
    ) -> dict[str, Score]:
        """Whether the strokes of a clip lead to its mark, where those of the solution do."""
        if not record.solution_strokes:
            return {}
        record = record if record.clip else self.filmed(record, 2)  # then the picture fills the frames
        assert record.clip is not None
        sheet, size = sheet_of(record, to_rgb(next(self.draw_frames(record)), self.palette)), record.clip.size
        if not measurable(sheet):
            return {}

        def mark_of(image: Image) -> str | None:
            seen = self.may_be_marked(record, lambda: image)
            return self.score_frame(record, image).choice if seen else None

        return {"trajectory": judge_trajectory(sheet, (resized(frame(), size) for frame in frames), mark_of)}

    def vote(self, votes: Sequence[str | None]) -> str | None:
        """What several frames say together."""
        return judge.major_option(votes)

    def may_be_marked(self, record: EyeballingRecord, frame: ClipFrame) -> bool:
        """Whether it is worth looking at a frame: without anything red there is no mark."""
        return most_red_lead(frame) >= judge.RED_LEAD


def points_of(record: EyeballingRecord) -> list[tuple[float, float, str]]:
    """The candidates as (x, y, letter)."""
    return [(candidate.x, candidate.y, candidate.label) for candidate in record.candidates]
