"""What an example of an eyeballing puzzle holds."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from vtb.puzzles.family import ClipRecord, Coordinate, Point

Kind = Literal["line", "circle", "arc", "disc"]
Color = Literal["white", "black", "outline", "right", "pale", "marker", "grey", "band", "blue", "green"]
Letter = Literal["A", "B", "C", "D", "E"]
Side = Annotated[int, Meta(ge=64, le=4096)]


class Candidate(Struct, frozen=True):
    """One of the marked points, in pixels."""

    x: Coordinate
    y: Coordinate
    label: Letter


class StrokeRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stroke as it is kept; see ``vtb.puzzles.eyeballing.common.figure.Stroke``."""

    kind: Kind
    points: Annotated[list[Point], Meta(min_length=1, max_length=64)]
    radius: Annotated[float, Meta(ge=0, le=100_000)] = 0.0
    angles: tuple[Annotated[float, Meta(ge=-100, le=100)], Annotated[float, Meta(ge=-100, le=100)]] | None = None
    color: Color
    width: Annotated[float, Meta(ge=0, le=4096)]


class EyeballingRecord(Struct, frozen=True, kw_only=True):
    """An eyeballing puzzle.

    Attributes:
        canvas_dimensions: width and height of the picture.
        margin: free border that the figure keeps, in pixels.
        point_radius: of a candidate's disc, in pixels.
        line_width: in pixels.
        sampling: how the candidates were placed.
        candidates: the five points, A to E.
        correct_option: the letter of the right one.
        given: what the puzzle shows; empty where others made it and do not say.
        solution_strokes: what the solution adds.
        clip: how it lies in its clip, where it has one.
        tries: draws that it took.
        letters_known: whether the letters are sure; where they were read off a picture they need not be.
        arc_ends: of Arc Connect by others, where the right arcs and the ``left`` one end at the band that hides them.
    """

    canvas_dimensions: tuple[Side, Side]
    margin: Annotated[int, Meta(ge=0, le=4096)] = 0
    point_radius: Annotated[int, Meta(ge=1, le=256)]
    line_width: Annotated[int, Meta(ge=1, le=256)]
    sampling: str = ""
    candidates: Annotated[list[Candidate], Meta(min_length=5, max_length=5)]
    correct_option: Letter
    given: list[StrokeRecord] = []
    solution_strokes: list[StrokeRecord] = []
    clip: ClipRecord | None = None
    tries: int = 1
    letters_known: bool = True
    arc_ends: dict[str, Point] | None = None
