"""Wrong answers to a puzzle of any family, as records whose "solution" is wrong, and as words.

A record with another answer in it is drawn by the family as if that were right; the judge gets the true record. So one
table serves pictures, clips and words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from vtb.puzzles.eyeballing.common import draw
from vtb.puzzles.eyeballing.common.record import EyeballingRecord, StrokeRecord
from vtb.puzzles.family import Family
from vtb.puzzles.maze.common.record import SquareRecord

Wrong = tuple[str, Any, str]  # what is wrong, the record that draws it, the same in words


def wrong_answers(family: Family[Any], record: Any) -> Iterator[Wrong]:
    """Every wrong option; for answers that are no options, several ways to be a little wrong."""
    return {"eyeballing": _letters, "visual": _values, "maze": _paths, "arc": _cells}[family.group](family, record)


def _letters(family: Family[Any], record: Any) -> Iterator[Wrong]:
    for letter in "ABCDE":
        if letter != record.correct_option:
            wrong = replace(record, correct_option=letter)
            if family.name == "arc_connect":  # there ink answers, not red
                wrong = replace(wrong, solution_strokes=[_joint(record, letter)])
            yield letter, wrong, f"I think it is {letter}."


def _joint(record: EyeballingRecord, letter: str) -> StrokeRecord:
    """A black line from the left arc to a right one."""
    _, left, *right = draw.given(record)
    ends = [draw.path_of(stroke)[0] for stroke in (left, right["ABCDE".index(letter)])]
    return StrokeRecord(kind="line", points=[(end.real, end.imag) for end in ends], color="black", width=1.0)


def _values(family: Family[Any], record: Any) -> Iterator[Wrong]:
    for value in record.vocabulary:
        if value != family.answer(record):
            values = [value if place == record.missing else known for place, known in enumerate(record.values)]
            yield value, replace(record, values=values), f"The missing part is {value}."


def _paths(family: Family[Any], record: Any) -> Iterator[Wrong]:
    ids = record.solution_path_cell_ids
    damaged = {
        "ends before the goal": ids[:-1],
        "starts too late": ids[1:],
        "the first half": ids[: len(ids) // 2],
        "straight through the walls": [ids[0], ids[-1]],
        "back through the goal": [*ids, *_elsewhere(record, ids)],
    }
    for what, cells in damaged.items():
        yield what, replace(record, solution_path_cell_ids=cells), str(cells)


def _elsewhere(record: Any, ids: list[int]) -> list[int]:
    """A cell off the path and not next to its goal, to which a straight line leads through walls."""
    if isinstance(record, SquareRecord):  # a wall between two rooms
        return [0]
    return [max(cell for cell in range(len(record.cell_centres)) if cell not in ids)]


def _cells(family: Family[Any], record: Any) -> Iterator[Wrong]:
    right = record.test_output
    for row, column in ((0, 0), (len(right) - 1, len(right[0]) - 1), (len(right) // 2, 0)):
        output = [list(line) for line in right]
        output[row][column] = (output[row][column] + 1) % 10
        pairs = [*record.pairs[:-1], (record.pairs[-1][0], output)]
        yield f"cell {row}, {column}", replace(record, pairs=pairs, test_output=output), str(output)
