"""VSP's maps: walking over them, and reading moves out of words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtb.benchmarks.registry import Asking
from vtb.benchmarks.vsp.benchmark import read, summarise
from vtb.benchmarks.vsp.lake import Grid, shortest, walk
from vtb.benchmarks.vsp.moves import last_moves, moves_of
from vtb.errors import BadInput
from vtb.tasks.example import encode_example
from vtb.tasks.registry import decode_example, find_task
from vtb.tasks.score import Score

MAP = [[1, 0, 0], [-1, 0, -1], [0, 0, 2]]  # right, down, down, right
ITEM = {"text_input": "<image>\nReach the goal. Answer with \\boxed{} and moves of U, D, L, R.",
        "image_input": ["imgs_test/level3/img/31.png"], "map_id": "31", "map_desc": MAP}  # fmt: skip


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "test_direct.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def one(folder: Path, row: Any = ITEM) -> Asking:
    (asking,) = read(write(folder, row))
    return asking


def verdict(asking: Asking, text: str) -> Score:
    example = decode_example(encode_example(asking.example))
    return find_task(example.source, example.task).score_text(example.payload, text)


def test_a_map(tmp_path: Path) -> None:
    asking = one(tmp_path)
    assert (asking.example.task, asking.example.key) == ("vsp_3", "vsp-3-31")
    assert asking.example.answer == "R, D, D, R"
    assert asking.example.figures == {"size": 3, "holes": 2, "moves": 4}
    assert asking.example.prompts.vlm.startswith("Reach the goal.")
    assert asking.pictures[0].name == "imgs_test/level3/img/31.png"


@pytest.mark.parametrize("prefix", ["./data/vsp_spatial_planning/", "data/vsp_spatial_planning/", "./"])
def test_the_folder_that_mirage_writes_before_a_path_is_left_out(tmp_path: Path, prefix: str) -> None:
    asking = one(tmp_path, {**ITEM, "image_input": f"{prefix}imgs_test/level3/img/31.png"})
    assert asking.pictures[0].name == "imgs_test/level3/img/31.png"


@pytest.mark.parametrize(
    ("text", "right", "reason"),
    [
        ("\\boxed{RDDR}", True, "solved"),
        ("R, R, L, D, D, R", True, "solved"),  # there and back again
        ("U, U, R, D, D, R", True, "solved"),  # against the wall one stays
        ("The answer is: right, down, down, right.", True, "solved"),
        ("↑→↓↓→", True, "solved"),
        ("D, R, D, R", False, "into a hole"),
        ("R, D, D", False, "does not end at the goal"),
        ("R, D, D, R, L", False, "does not end at the goal"),  # over it and on
        ("There is no way.", False, "no moves can be read"),
        ("\\boxed{RDD", False, "no moves can be read"),
    ],
)
def test_verdicts(tmp_path: Path, text: str, right: bool, reason: str) -> None:
    score = verdict(one(tmp_path), text)
    assert (score.strict, score.tolerant, score.reason) == (right, right, reason)


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("R → R → D", "RRD"), ("right -> down", "RD"), ("rrd", "RRD"), ("[R, D]\nFinal answer: R,R,D", "RRD"),
        ("1. Right\n2. Right\n3. Down", "RRD"), ("Step 1: Move right\nStep 2: Move down", "RD"),
        ("I go right, then right, and then down.", "RRD"), ("\\boxed{\\text{RIGHT, DOWN}}", "RD"),
        ("First \\boxed{L}, no: \\boxed{R}", "R"), ("['R', 'D']", "RD"), ("**Answer:** `RRD`", "RRD"),
        ("<think>L L</think><answer>R R D</answer>", "RRD"), ("The answer is [R, R, D].", "RRD"),
        ("Answer: U", "U"), ("upward, rightward", "UR"),
        ("I should go up.", None), ("A hard one", None), ("", None), ("Answer: R, D, X", None),
        ("\\boxed{north}", None),
        ("right twice, then down", None),
    ],
)  # fmt: skip
def test_moves_in_words(text: str, moves: str | None) -> None:
    assert last_moves(text) == (None if moves is None else tuple(moves))


cells = st.sampled_from((-1, 0, 0, 0))


@st.composite
def maps(draw: st.DrawFn) -> Grid:
    size = draw(st.integers(3, 6))
    grid = draw(st.lists(st.lists(cells, min_size=size, max_size=size), min_size=size, max_size=size))
    start, goal = draw(st.permutations(range(size * size)))[:2]
    grid[start // size][start % size], grid[goal // size][goal % size] = 1, 2
    return tuple(map(tuple, grid))


def slow_walk(grid: Grid, moves: str) -> bool:
    """The rules word by word: a marker moves over a dictionary of cells."""
    place = {(r, c): cell for r, row in enumerate(grid) for c, cell in enumerate(row)}
    at = next(where for where, cell in place.items() if cell == 1)
    for move in moves:
        r, c = at
        there = {"U": (r - 1, c), "D": (r + 1, c), "L": (r, c - 1), "R": (r, c + 1)}[move]
        if there not in place:
            continue
        at = there
        if place[at] == -1:
            return False
    return place[at] == 2


@given(maps(), st.text("UDLR", max_size=20))
def test_walks_as_the_rules_say(grid: Grid, moves: str) -> None:
    assert (walk(grid, moves) == "goal") == slow_walk(grid, moves)


@given(maps())
def test_the_shortest_way_ends_at_the_goal(grid: Grid) -> None:
    way = shortest(grid)
    if way is not None:
        assert walk(grid, way) == "goal"
        assert all(walk(grid, way[:end]) != "goal" for end in range(len(way)))


WAYS = {
    "run together": "".join, "commas": ", ".join, "lines": "\n".join, "boxed": lambda m: f"\\boxed{{{' '.join(m)}}}",
    "list": lambda m: json.dumps(list(m)), "arrows": " -> ".join,
}  # fmt: skip


@given(st.text("UDLR", min_size=1, max_size=20), st.sampled_from(sorted(WAYS)))
def test_moves_are_read_however_they_are_written(moves: str, way: str) -> None:
    written = WAYS[way](list(moves))
    assert last_moves(written) == tuple(moves)
    assert last_moves(f"I look at the map.\n\nFinal answer:\n{written}") == tuple(moves)
    assert moves_of(written.lower().replace("\\boxed", "") if way != "boxed" else moves) == tuple(moves)


@given(st.text(max_size=300))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    found = last_moves(text)
    assert found is None or set(found) <= set("UDLR")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"map_desc": None}, "has no map"), ({"map_desc": [[1, 2.5]]}, "has no map"),
        ({"map_desc": [[1, 0, 2], [0, 0, 0]]}, "no square"), ({"map_desc": [[1, 0], [0, 2]]}, "map of 2 rows"),
        ({"map_desc": [[1, 0, 0], [0, 0, 0], [0, 0, 0]]}, "without one start and one goal"),
        ({"map_desc": [[1, 0, 3], [0, 0, 0], [0, 0, 2]]}, "other cells"),
        ({"map_desc": [[1, -1, 0], [-1, 0, 0], [0, 0, 2]]}, "without a way"),
        ({"image_input": []}, "does not show one picture"), ({"text_input": ""}, "no column text_input"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=r"test_direct\.jsonl: row 2") as found:
        read(write(tmp_path, ITEM, {**ITEM, **change}))
    assert said in str(found.value)


def test_maps_of_two_sizes_may_have_one_number(tmp_path: Path) -> None:
    four = [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]]
    found = read(write(tmp_path, ITEM, {**ITEM, "map_desc": four}))
    assert [one.example.key for one in found if isinstance(one, Asking)] == ["vsp-3-31", "vsp-4-31"]
    with pytest.raises(BadInput, match="share a name"):
        read(write(tmp_path, ITEM, ITEM))


def test_the_macro_average_needs_every_size() -> None:
    assert summarise({"vsp_3": 1.0, "vsp_7": 0.5}) == {"3x3": 1.0}
    assert summarise({f"vsp_{size}": size / 10 for size in (3, 4, 5, 6)})["macro"] == pytest.approx(0.45)
