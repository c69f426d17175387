"""The rewards beside a table judged by hand, under what models learn when a reward can be fooled, and under noise."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from cpu_time import costs_at_most
from shared.rewards import hand_judged
from shared.rewards.hand_judged import RIGHT, UNREADABLE, WRONG
from vtb.benchmarks.vsi_bench.metric import mean_relative_accuracy
from vtb.errors import BadInput, UsageProblem
from vtb.puzzles.registry import families
from vtb.puzzles.sample import make_example
from vtb.rewards.registry import find_reward, read_weights, rewards
from vtb.rewards.reward import total
from vtb.tasks.example import Example, encode_example
from vtb.tasks.registry import task_of

JUDGE, VSI = rewards()["vtb"], rewards()["vsi"]
FAMILIES = {"midpoint": "LETTER", "visual_color_grid": "WORDS", "maze_square": "NUMBERS", "maze_hexagon": "NUMBERS",
            "arc_agi_2": "NUMBERS"}  # fmt: skip


def example_of(name: str, index: int = 0, **config: Any) -> Example:
    family = families()[name]
    example = make_example(family, family.config_class(**config), "rewards", 1, index)
    if family.group != "visual":
        return example
    return structs.replace(example, payload=structs.replace(example.payload, lettered=True))


def row_of(example: Example) -> dict[str, str]:
    return {"example": encode_example(example).decode()}


def words_for(example: Example, index: int = 1) -> dict[str, str]:
    """The right answer and a wrong one of the same kind, as the table names them."""
    right = example.answer
    if right in "ABCDE":
        return {"r": right, "w": "ABCDE"["ABCDE".index(right) - 1]}
    if right.startswith("[["):
        grid = json.loads(right)
        grid[0][0] = (grid[0][0] + 1) % 10
        return {"r": right, "w": json.dumps(grid), "x": "7"}
    if right.startswith("["):
        return {"r": right, "w": str(json.loads(right)[:-1]), "x": right.strip("[]").split(", ")[-1]}
    options = list(example.payload.options)
    other = next(option for option in options if option != right)
    return {"r": right, "w": other, "l": "ABCDEFGH"[options.index(right)], "m": "ABCDEFGH"[options.index(other)]}


def verdict(parts: dict[str, float], main: str) -> str:
    return UNREADABLE if not parts["readable"] else RIGHT if parts[main] == 1 else WRONG


def cases() -> list[Any]:
    return [
        pytest.param(name, *row, id=f"{name}-{number}")
        for name, kind in FAMILIES.items()
        for number, row in enumerate((*hand_judged.ANY, *getattr(hand_judged, kind)))
    ]


def test_the_table_is_as_long_as_it_says() -> None:
    every = [value for name, value in vars(hand_judged).items() if name.isupper() and isinstance(value, tuple)]
    assert sum(map(len, every)) >= 150
    assert len(cases()) >= 200


@pytest.mark.parametrize(("name", "text", "right", "formatted"), cases())
def test_judged_as_by_hand(name: str, text: str, right: str, formatted: bool) -> None:
    example = example_of(name)
    parts = JUDGE.parts(text.format(**words_for(example)), row_of(example))
    assert (verdict(parts, "correct"), bool(parts["format"])) == (right, formatted)


@pytest.mark.parametrize(
    ("kind", "target", "row"),
    [
        *(("object_counting", "4", row) for row in hand_judged.VSI_NUMBER),
        *(("object_rel_distance_v2", "B", row) for row in hand_judged.VSI_CHOICE),
    ],
)
def test_vsi_judged_as_by_hand(kind: str, target: str, row: tuple[str, str, bool]) -> None:
    parts = VSI.parts(row[0], {"solution": target, "question_type": kind})
    assert (verdict(parts, "score"), bool(parts["format"])) == row[1:]


def test_a_near_number_is_worth_what_the_benchmark_says() -> None:
    row = {"solution": "4", "question_type": "room_size_estimation"}
    assert VSI.parts("<answer>3.4</answer>", row)["score"] == mean_relative_accuracy(3.4, 4) == 0.8


@pytest.mark.parametrize("name", sorted(families()))
def test_every_family_rewards_its_own_answer_most(name: str) -> None:
    example = example_of(name)
    row = row_of(example)
    right = total(JUDGE.parts(f"<answer>{example.answer}</answer>", row), JUDGE.weights)
    assert right == pytest.approx(1.2)
    assert total(JUDGE.parts("nothing", row), JUDGE.weights) == 0


def fooling(example: Example) -> dict[str, str]:
    """What models try when they are rewarded for it."""
    right, prompt = example.answer, example.prompts.vlm
    return {
        "repeated": f"{right} " * 1000,
        "repeated in marks": f"<answer>{f'{right} ' * 1000}</answer>",
        "pairs of marks": f"<answer>{right}</answer>" * 1000,
        "the prompt": prompt,
        "the prompt as an answer": f"<answer>{prompt}</answer>",
        "all letters": "<answer>A, B, C, D, E</answer>",
        "all numbers": f"<answer>{[*range(300)]}</answer>",
        "all numbers twice": f"<answer>{[*range(300)] * 2}</answer>",
        "a hidden one": f"<answer>{right}<span hidden>{right}</span></answer>",
        "digits of other scripts": f"<answer>{right.translate({48 + n: 0x660 + n for n in range(10)})}</answer>"
        if right[0] == "["
        else "<answer>\uff21\uff22\uff23</answer>",
        "taken back": f"<answer>not {right}</answer>",
        "one of two": f"<answer>{right} or B or none</answer>",
        "noise": "x" * 100_000,
        "an endless answer": f"<answer>{right}" + " " * 100_000 + "</answer>",
        "open brackets": "[" * 100_000,
        "open marks": "<" * 100_000,
        "marks without end": "<answer>" * 12_500,
        "blanks": " " * 49_000 + "<" + " " * 900,
        "numbers without end": "1, " * 16_000,
    }


@pytest.mark.parametrize("name", sorted(families()))
def test_nothing_that_fools_is_rewarded(name: str) -> None:
    example = example_of(name)
    for what, text in fooling(example).items():
        parts = JUDGE.parts(text, row_of(example))
        assert parts["correct"] == 0, what
        assert parts["path"] < 0.3, what  # which the numbers from 0 on may begin
        assert costs_at_most(2, partial(JUDGE.parts, text, row_of(example))), what
        if not what.startswith("all numbers"):  # which is a list, and a wrong one
            assert not any(parts.values()), what


@pytest.mark.parametrize("kind", ["object_counting", "route_planning"])
def test_nothing_that_fools_the_benchmark_is_rewarded(kind: str) -> None:
    target = "3" if kind == "object_counting" else "B"
    for what, text in fooling(example_of("midpoint")).items():
        if kind == "route_planning" and what in ("repeated", "the prompt"):
            continue
        assert not any(VSI.parts(text, {"solution": target, "question_type": kind}).values()), what


def test_the_share_of_a_path_counts_from_its_start() -> None:
    example = example_of("maze_square", size=9)
    path = json.loads(example.answer)
    row = row_of(example)
    half = len(path) // 2
    assert JUDGE.parts(f"<answer>{path[:half]}</answer>", row)["path"] == pytest.approx(half / len(path))
    astray = [*path[:2], 999, *path[2:]]
    assert JUDGE.parts(f"<answer>{astray}</answer>", row)["path"] == pytest.approx(2 / len(path))
    assert JUDGE.parts(f"<answer>{path[1:]}</answer>", row)["path"] == 0
    assert JUDGE.parts(f"<answer>{path}</answer>", row)["path"] == 1
    assert JUDGE.parts(f"<answer>{path[:half:-1]}</answer>", row)["path"] == pytest.approx(half / len(path), abs=0.1)


@pytest.mark.parametrize("name", ["maze_square", "maze_hexagon", "maze_circle"])
def test_a_path_is_rewarded_cell_by_cell(name: str) -> None:
    example = example_of(name)
    path, task = json.loads(example.answer), task_of(example)
    right = {"the path": path, "backwards": path[::-1]}
    wrong = {
        "on behind the goal": [*path, path[-2]],
        "in circles": [*path[:2], *path[:2], *path[1:]],
        "a step left out": [*path[:3], *path[4:]],
        "straight": [path[0], path[-1]],
        "no such cell": [path[0], 99999, path[-1]],
        "half": path[: len(path) // 2],
    }
    for cells, value in [*((cells, 1.0) for cells in right.values()), *((cells, 0.0) for cells in wrong.values())]:
        assert JUDGE.parts(f"<answer>{cells}</answer>", row_of(example))["correct"] == value, cells
        assert task.reward_text(example.payload, str(cells)).value <= task.score_text(example.payload, str(cells)).value


@given(st.text() | st.text("<>/answer[], 0123456789ABCDE\n", max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_text_crashes_a_reward(text: str) -> None:
    for name in FAMILIES:
        example = example_of(name)
        parts = JUDGE.parts(text, row_of(example))
        assert parts.keys() == JUDGE.weights.keys()
        assert all(0 <= value <= 1 for value in parts.values())
        # A reward is never kinder than the judge.
        assert parts["correct"] <= task_of(example).score_text(example.payload, text).value
    for kind in ("object_counting", "route_planning"):
        assert set(VSI.parts(text, {"solution": "3", "question_type": kind}).values()) <= {i / 10 for i in range(11)}


def test_a_row_of_another_kind_is_told() -> None:
    with pytest.raises(BadInput, match="column `example`"):
        JUDGE.parts("A", {"solution": "A"})
    with pytest.raises(BadInput, match="question_type"):
        VSI.parts("A", {"solution": "A"})
    with pytest.raises(BadInput, match="question type 'colors'"):
        VSI.parts("A", {"solution": "A", "question_type": "colors"})
    with pytest.raises(BadInput, match="is no number"):
        VSI.parts("4", {"solution": "B", "question_type": "object_counting"})


def test_weights_are_read_and_refused() -> None:
    assert read_weights(JUDGE, None) == JUDGE.weights
    assert read_weights(JUDGE, "correct=2, path=0.5") == {"correct": 2, "readable": 0.1, "format": 0.1, "path": 0.5}
    for text, said in {
        "corect=1": "no part",
        "correct": "give a number",
        "correct=-1": "from 0",
        "path=nan": "from 0",
    }.items():
        with pytest.raises(UsageProblem, match=said):
            read_weights(JUDGE, text)
    with pytest.raises(UsageProblem, match="are 0"):
        read_weights(VSI, "score=0,readable=0,format=0")
    with pytest.raises(UsageProblem, match="did you mean vtb"):
        find_reward("vtbb")
