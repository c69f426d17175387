"""Wrong answers to a puzzle of any family, as records whose "solution" is wrong, and as words.

A record with another answer in it is drawn by the family as if that were right; the judge gets the true record. So one
table serves pictures, clips and words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vtb.puzzles import Family, Record
from vtb.puzzles.eyeballing.common import draw

Wrong = tuple[str, Record, "str | None"]  # what is wrong, the record that draws it, the same in words


def wrong_answers(family: Family, record: Record) -> Iterator[Wrong]:
    """Every wrong option; for answers that are no options, several ways to be a little wrong."""
    return {"eyeballing": _letters, "visual": _values, "maze": _paths, "arc": _cells}[family.group](family, record)


def _letters(family: Family, record: Record) -> Iterator[Wrong]:
    for letter in "ABCDE":
        if letter != record["correct_option"]:
            wrong = {**record, "correct_option": letter}
            if family.name == "arc_connect":  # there ink answers, not red
                wrong["solution_strokes"] = [_joint(record, letter)]
            yield letter, wrong, f"I think it is {letter}."


def _joint(record: Record, letter: str) -> dict[str, Any]:
    """A black line from the left arc to a right one."""
    _, left, *right = draw.strokes(record, "given")
    ends = [draw.path_of(stroke)[0] for stroke in (left, right["ABCDE".index(letter)])]
    return {"kind": "line", "points": [[end.real, end.imag] for end in ends], "color": "black", "width": 1.0}


def _values(family: Family, record: Record) -> Iterator[Wrong]:
    for value in record["vocabulary"]:
        if value != record["answer"]:
            values = [value if place == record["missing"] else known for place, known in enumerate(record["values"])]
            yield value, {**record, "values": values}, f"The missing part is {value}."


def _paths(family: Family, record: Record) -> Iterator[Wrong]:
    ids = record["solution_path_cell_ids"]
    damaged = {
        "ends before the goal": ids[:-1],
        "starts too late": ids[1:],
        "the first half": ids[: len(ids) // 2],
        "straight through the walls": [ids[0], ids[-1]],
        "back through the goal": [*ids, *_elsewhere(record, ids)],
    }
    for what, cells in damaged.items():
        yield what, {**record, "solution_path_cell_ids": cells}, str(cells)


def _elsewhere(record: Record, ids: list[int]) -> list[int]:
    """A cell off the path and not next to its goal, to which a straight line leads through walls."""
    if "maze_grid" in record:  # a wall between two rooms
        return [0]
    return [max(cell for cell in range(len(record["cell_centres"])) if cell not in ids)]


def _cells(family: Family, record: Record) -> Iterator[Wrong]:
    right = record["test_output"]
    for row, column in ((0, 0), (len(right) - 1, len(right[0]) - 1), (len(right) // 2, 0)):
        output = [list(line) for line in right]
        output[row][column] = (output[row][column] + 1) % 10
        pairs = [*record["pairs"][:-1], [record["pairs"][-1][0], output]]
        yield f"cell {row}, {column}", {**record, "pairs": pairs, "test_output": output}, str(output)
