"""What mazes of every shape share: a line along the cells of a path is drawn, grown in a clip, and judged.

A shape says how its puzzle is drawn, which line runs through given cells, and what a record is when drawn at the size
it has in its clip; the rest follows.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, TypeVar

import numpy as np

from vtb.media.fitting import resized
from vtb.media.image import Image, Picture, can_be_read, polyline, print_centred, to_rgb
from vtb.puzzles.family import Family
from vtb.puzzles.judging.answers import last_list
from vtb.puzzles.judging.frames import score_last
from vtb.puzzles.maze.common import path_judge
from vtb.puzzles.maze.common.line_clip import Point, growth, lengths_along, letterbox, stretch
from vtb.puzzles.maze.common.nearness import share_walked
from vtb.puzzles.maze.common.record import MazeRecord
from vtb.puzzles.maze.common.trajectory import LEAST, MIDDLE, Board, judge_trajectory
from vtb.tasks.score import Score
from vtb.tasks.task import ClipFrame, Modality

M = TypeVar("M", bound=MazeRecord)
WALL, PASSAGE, MARK, PATH = range(4)
PRINT, PRINT_ON_RED = (0, 0, 255), (255, 255, 255)
# Blue leads so much in pixels of a printed number; mazes of others with numbers have 1.6 to 9 % such pixels, and those
# without have none, whatever was done to their size.
BLUE_LEAD, NUMBERED = 60, 0.002
MOST_SIDE = 4096  # pixels to which a picture is enlarged for the sake of its numbers
# Of the options that every shape has.
ALGORITHM_HELP = (
    "wilson draws every maze with the same chance; dfs carves depth-first as the benchmark does, which gives longer "
    "paths, but only few different square mazes (14 of size 7)."
)
LINE_HELP = "Width of the solution line in pixels; a third of a cell (a quarter of a ring) when left out."


class Maze(Family[M]):
    """What does not depend on the shape.

    Attributes:
        rule: how the benchmark judges this shape.
        prompts: the wording by modality.
        cell_field: the field of a record with the length that stands for a cell.
        surroundings: color of what lies around the maze in its clip.
    """

    group = "maze"
    rule: ClassVar[path_judge.Rule]
    prompts: ClassVar[Mapping[Modality, str]]
    cell_field: ClassVar[str]
    surroundings: ClassVar[int]

    @abstractmethod
    def in_clip(self, record: M) -> M:
        """The record with the lengths and points that it has in its clip, where the maze starts at (0, 0)."""

    @abstractmethod
    def cell_count(self, record: M) -> int:
        """How many IDs there are; they start at 0."""

    @abstractmethod
    def leads(self, record: M, cells: Sequence[int]) -> bool:
        """Whether each of these cells leads to the next through an open passage."""

    @abstractmethod
    def line(self, record: M, cells: Sequence[int]) -> list[Point]:
        """The line that a path through the centres of these cells takes."""

    @abstractmethod
    def labels(self, record: M) -> Iterator[tuple[int, Point, int]]:
        """What is printed for models that answer in words: ID, centre, and how many pixels wide a place it has."""

    @abstractmethod
    def answer_width(self, record: M) -> int:
        """Width in pixels of the line by which an answer in words is drawn."""

    def draw_solution(self, record: M) -> Picture:
        """The puzzle with the path through the centres of its cells."""
        picture = self.draw_puzzle(record)
        polyline(picture, self.line(record, record.solution_path_cell_ids), PATH, record.line_width)
        return picture

    def show(self, record: M, puzzle: Image) -> Image:
        """The puzzle with the ID of every open cell printed on it: in blue, on the red marks in white.

        It is as many times as large as it must be for the IDs to be read. One that has them already stays as it is.
        """
        if is_numbered(puzzle):
            return puzzle
        scale = self._scale_for_numbers(record, puzzle)
        image: Image = puzzle.repeat(scale, 0).repeat(scale, 1)
        ids = np.zeros(image.shape[:2], np.uint8)
        for cell, (x, y), box in self.labels(record):
            middle = [(at + edge) * scale + scale // 2 for at, edge in zip((x, y), record.border, strict=True)]
            print_centred(ids, str(cell), (middle[0], middle[1]), 1, box * scale)
        marks = path_judge.red_mask(image) & ids
        image[ids > 0] = PRINT
        image[marks > 0] = PRINT_ON_RED
        return image

    def numbers_can_be_read(self, record: M, scale: int = 1) -> bool:
        """Whether the cells, so many times as large, have room for IDs that can be read."""
        return all(can_be_read(str(cell), box * scale) for cell, _, box in self.labels(record))

    def _scale_for_numbers(self, record: M, puzzle: Image) -> int:
        """1 where no picture of at most ``MOST_SIDE`` pixels has readable IDs."""
        most = max(1, MOST_SIDE // max(puzzle.shape[:2]))
        return next((scale for scale in range(1, most + 1) if self.numbers_can_be_read(record, scale)), 1)

    def draw_frames(self, record: M) -> Iterator[Picture]:
        """The path growing at constant speed, then a hold of the final state; one array, drawn further each time."""
        assert record.clip is not None
        clip, small = record.clip, self.in_clip(record)
        box, maze = letterbox(clip), self.draw_puzzle(small)
        picture = np.full((clip.size[1], clip.size[0]), self.surroundings, np.uint8)
        picture[box.top : box.top + maze.shape[0], box.left : box.left + maze.shape[1]] = maze
        points = [(x + box.left, y + box.top) for x, y in self.line(small, record.solution_path_cell_ids)]
        lengths = lengths_along(points)
        yield picture
        for before, now in growth(clip.frames, lengths[-1]):
            if now > before:
                polyline(picture, stretch(points, lengths, before, now), PATH, small.line_width)
            yield picture

    def ask(self, record: M, modality: Modality) -> str:
        """The prompt of a modality."""
        return self.prompts[modality]

    def answer(self, record: M) -> str:
        """The IDs of the cells on the path, as a JSON list."""
        return str([int(cell) for cell in record.solution_path_cell_ids])

    def score_text(self, record: M, text: str, puzzle: Image | None = None) -> Score:
        """The last list of IDs in the text, drawn as a path and judged like a picture."""
        ids = last_list(text)
        if ids is None:
            return Score(False, False, "no list of cells")
        image = self.puzzle(record) if puzzle is None else puzzle
        drawn = self._draw_ids(record, ids, image)
        if drawn is None:
            return Score(False, False, "no such cells", {"cells": len(ids)})
        return self.score_image(record, drawn, image)

    def reward_text(self, record: M, text: str) -> Score:
        """A way from end to end, cell by cell and none twice, by the maze's passages: nothing is drawn.

        ``score_text`` also forgives what the prompt does not allow: leaving out cells of a straight passage, going in
        circles, and on behind the goal.
        """
        ids, right = last_list(text), record.solution_path_cell_ids
        if ids is None:
            return Score(False, False, "no list of cells")
        if {ids[0], ids[-1]} != {right[0], right[-1]}:
            return Score(False, False, "does not go from end to end")
        walked = len(set(ids)) == len(ids) and self.leads(record, ids)
        return Score(walked, walked, "solved" if walked else "crosses a wall or its own way")

    def draw_answer(self, record: M, text: str, puzzle: Image) -> Image | None:
        """The path that a text names, or None where it names none."""
        ids = last_list(text)
        return None if ids is None else self._draw_ids(record, ids, puzzle)

    def _draw_ids(self, record: M, ids: list[int], puzzle: Image) -> Image | None:
        """None where a cell does not exist or the list is absurdly long."""
        count = self.cell_count(record)
        if max(ids) >= count or len(ids) > 4 * count:
            return None
        left, top = record.border
        points = [(x + left, y + top) for x, y in self.line(record, ids)]
        return path_judge.draw_answer(puzzle, points, self.answer_width(record))

    def score_image(self, record: M, image: Image, puzzle: Image | None = None) -> Score:
        """A red path from mark to mark on no wall; a picture of another size is compared after scaling."""
        walls = self._walls(record) if puzzle is None else path_judge.wall_mask(puzzle)
        return path_judge.judge(image, walls, self.ends(record), self.rule)

    def reward_image(self, record: M, image: Image, puzzle: Image | None = None) -> Score:
        """As a picture is judged, but filling the passages with red is wrong; ``near`` says how far a line comes."""
        score = path_judge.unless_flooded(self.score_image(record, image, puzzle))
        near = 1.0 if score.strict else 0.0
        if not score.strict and not score.details["flooded"]:
            before = to_rgb(self.draw_puzzle(record), self.palette) if puzzle is None else puzzle
            near = self._near(record, image, before)
        return dataclasses.replace(score, details={**score.details, "near": near})

    def _near(self, record: M, image: Image, before: Image) -> float:
        """The share of the right path that is walked, in the size of the puzzle."""
        (height, width), (left, top), cells = before.shape[:2], record.border, record.solution_path_cell_ids
        middles = {cell: (x + left, y + top) for cell, (x, y), _ in self.labels(record)}
        way = [middles[cell] for cell in cells if cell in middles]
        along = [(x + left, y + top) for x, y in self.line(record, cells)]
        return share_walked(resized(image, (width, height)), before, way, along, self.ends(record).cell, self.rule)

    def score_frame(self, record: M, frame: Image, puzzle: Image | None = None) -> Score:
        """The maze's part of a frame, judged like a picture at the size it has there."""
        if not record.clip:  # a clip of somebody else's puzzle: the picture fills its frames
            return self.score_image(record, frame, puzzle)
        small, part = self._part(record, frame)
        return self.score_image(small, part) if part.size else Score(False, False, "no picture")

    def reward_frame(self, record: M, frame: Image) -> Score:
        """The same part of a frame, for a reward."""
        if not record.clip:
            return self.reward_image(record, frame)
        small, part = self._part(record, frame)
        return self.reward_image(small, part) if part.size else Score(False, False, "no picture")

    def _part(self, record: M, frame: Image) -> tuple[M, Image]:
        """The maze's part of a frame, and the record of a maze of the size that it has in the clip."""
        assert record.clip is not None
        clip, box, small = record.clip, letterbox(record.clip), self.in_clip(record)
        (height, width), x, y = self._walls(small).shape, frame.shape[1] / clip.size[0], frame.shape[0] / clip.size[1]
        top, left = round(box.top * y), round(box.left * x)
        return small, frame[top : round((box.top + height) * y), left : round((box.left + width) * x)]

    def score_video(self, record: M, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        """The last frame decides, as in the benchmark."""
        return score_last(self.score_frame, record, frames, puzzle)

    def score_trajectory(self, record: M, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        """Whether the line grows from cell to cell in a maze that stays as it was."""
        if any(record.border):  # in pictures of others alone
            return {}
        record = record if record.clip else self.filmed(record, 2)  # then the picture fills the frames
        assert record.clip is not None
        small, clip = self.in_clip(record), record.clip
        labels = list(self.labels(small))
        room = min(width for _, _, width in labels)
        if room < LEAST:
            return {}
        board, box = self._board(small, labels, room), letterbox(clip)
        height, width = board.picture.shape[:2]

        def parts() -> Iterator[Image]:
            for frame in frames:
                image = resized(frame(), clip.size)
                yield image[box.top : box.top + height, box.left : box.left + width]

        return {"trajectory": judge_trajectory(board, parts())}

    def _board(self, small: M, labels: Sequence[tuple[int, Point, int]], room: int) -> Board:
        return Board(
            picture=to_rgb(self.draw_puzzle(small), self.palette),
            cells=[cell for cell, _, _ in labels],
            centres=[centre for _, centre, _ in labels],
            width=max(1, round(min(small.line_width, MIDDLE * room))),
            way=small.solution_path_cell_ids,
            leads=lambda one, other: self.leads(small, [one, other]),
            red_lead=self.rule.red_lead,
        )

    def _walls(self, record: M) -> path_judge.Mask:
        mask: path_judge.Mask = (self.draw_puzzle(record) == WALL).view(np.uint8)
        return mask

    def ends(self, record: M) -> path_judge.Ends:
        """Where the path starts and ends in the picture."""
        return path_judge.Ends(record.start_point, record.goal_point, getattr(record, self.cell_field))


def is_numbered(picture: Image) -> bool:
    """Whether cells of a maze have numbers printed on them, in blue as everybody prints them."""
    import cv2

    red, green, blue = cv2.split(picture)
    lead = cv2.subtract(blue, cv2.max(red, green))  # saturates at 0
    return bool(np.count_nonzero(lead >= BLUE_LEAD) >= NUMBERED * lead.size)
