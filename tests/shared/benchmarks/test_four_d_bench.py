"""4D-Bench: how an entry is read, what is right, its result file and its figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vtb.benchmarks.four_d_bench import SIZES
from vtb.benchmarks.four_d_bench.benchmark import TABLE, files, read, summarise
from vtb.benchmarks.four_d_bench.results import FILE, results_table
from vtb.benchmarks.registry import Asking, Verdict
from vtb.errors import BadInput
from vtb.tasks.example import encode_example
from vtb.tasks.registry import decode_example, find_task
from vtb.tasks.score import Score

OPTIONS = ["one", "two", "three", "four"]
ROW: dict[str, Any] = {"Question": "How many arms does it lift?", "Choices": OPTIONS, "Answer index": 2,
                       "Category": "Object Counting"}  # fmt: skip


def write(folder: Path, **rows: Any) -> Path:
    path = folder / "4d_qa.json"
    path.write_text(json.dumps(rows))
    return path


def one(folder: Path, row: Any = ROW) -> Asking:
    (asking,) = read(write(folder, abc123_0=row))
    return asking


def verdict(asking: Asking, text: str) -> Score:
    example = decode_example(encode_example(asking.example))
    return find_task(example.source, example.task).score_text(example.payload, text)


def test_an_entry(tmp_path: Path) -> None:
    asking = one(tmp_path)
    assert (asking.video, asking.example.key) == ("abc123", "4d-bench-abc123_0")
    assert (asking.example.task, asking.example.answer) == ("counting", "B")
    assert asking.example.prompts.vlm == (
        "These are 18 frames of one object that moves, 6 each of 3 videos from different sides.\n"
        "How many arms does it lift?\n(A) one\n(B) two\n(C) three\n(D) four"
    )
    assert "(A)" in find_task("4d-bench", "counting").closing(asking.example.payload)


@pytest.mark.parametrize(
    "options",
    [
        {"options": ["(A) one", "(B) two", "(C) three", "(D) four"]},
        {"choices": {"A": "one", "B": "two", "C": "three", "D": "four"}},
        {"choices": {"(A)": "one", "(B)": "two", "(C)": "three", "(D)": "four"}},
        {"A": "one", "B": "two", "C": "three", "D": "four"},
        {"Choice 1": "one", "Choice 2": "two", "Choice 3": "three", "Choice 4": "four"},
        {"option_d": "four", "option_c": "three", "option_b": "two", "option_a": "one"},
    ],
)
def test_options_under_any_usual_name(tmp_path: Path, options: dict[str, Any]) -> None:
    """What the released file calls them is written nowhere."""
    row = {name: value for name, value in ROW.items() if name != "Choices"}
    assert one(tmp_path, {**row, **options}).example.prompts == one(tmp_path).example.prompts


@pytest.mark.parametrize(
    ("words", "task"),
    [("Temporal Relationship", "temporal"), ("Action", "action"), ("Spatial Relationship", "spatial"),
     ("appearance", "appearance")],
)  # fmt: skip
def test_categories(tmp_path: Path, words: str, task: str) -> None:
    assert one(tmp_path, {**ROW, "Category": words}).example.task == task


@pytest.mark.parametrize(
    ("text", "right", "letter"),
    [
        ("(B)", True, "B"), ("B", True, "B"), ("two", True, None), ("The answer is (B).", True, "B"),
        ("(A)", False, "A"), ("A hand moves, so the answer is B", True, "A"), ("(B) or (C)", False, "B"),
        ("", False, None), ("Both", False, None),
    ],
)  # fmt: skip
def test_verdicts(tmp_path: Path, text: str, right: bool, letter: str | None) -> None:
    """Ours, and that of the released scripts, which take the first letter."""
    score = verdict(one(tmp_path), text)
    assert score.strict is right
    assert score.details == {"released": float(letter == "B"), "letter": letter}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x", "is no question: it has no fields"),
        ({**ROW, "Question": " "}, "the entry has no column question that holds anything: it has "),
        ({**ROW, "Category": "Colour"}, "has the category 'Colour': 4D-Bench has counting, temporal"),
        ({**ROW, "Answer index": 0}, "has the answer index 0: give a number from 1 to 4"),
        ({**ROW, "Answer index": "B"}, "has the answer index B"),
        ({**ROW, "Choices": [1, None]}, "has no options: neither choices"),
        (
            {"Question": "?", "Answer index": 1, "Category": "Action", "Picks": "x"},
            "it has Question, Answer index, Cat",
        ),
        ({**ROW, "Choices": ["one"], "Answer index": 1}, "has 1 options: give 2 to 9"),
    ],
)
def test_a_bad_entry_is_named(tmp_path: Path, row: Any, said: str) -> None:
    with pytest.raises(BadInput, match=r"4d_qa\.json: def_1") as found:
        read(write(tmp_path, abc_0=ROW, def_1=row))
    assert said in str(found.value)


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no questions"):
        read(write(tmp_path))
    with pytest.raises(BadInput, match="does not begin with that of an object"):
        read(write(tmp_path, **{"../x_1": ROW}))
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(BadInput, match="is no JSON object"):
        read(tmp_path / "list.json")


@pytest.mark.parametrize("model", list(TABLE.rows))
def test_the_published_overall_figures_follow_from_the_categories(model: str) -> None:
    """To the digit, once each category is a whole number of right answers again."""
    row = TABLE.rows[model]
    rates = {name: round(size * row[name] / 100) / size for name, size in SIZES.items()}
    ours = {column: round(100 * rate, 2) for column, rate in summarise(rates).items()}
    assert {column: ours[column] for column in row} == row


def test_parts_have_no_overall_figure() -> None:
    assert summarise({"action": 0.5}) == {"action": 0.5}


def test_the_result_file_and_its_figures(tmp_path: Path) -> None:
    path = write(
        tmp_path, a_0=ROW, a_1=ROW, b_0={**ROW, "Category": "Action"}, b_1={**ROW, "Category": "Action"}, c_0=ROW
    )
    said = {"a_0": "(B)", "a_1": "(C)", "b_0": "none", "b_1": None, "c_0": ""}
    asked = {asking.example.key: asking for asking in read(path)}
    verdicts = [
        Verdict(key := f"4d-bench-{name}", None if text is None else verdict(asked[key], text).details)
        for name, text in said.items()
    ]
    found = files([*verdicts, Verdict("4d-bench-a_0", {"letter": "D", "released": 0.0})])  # a second answer
    assert json.loads(found[FILE]) == {
        "a_0": {"answer": 2, "correctness": 1}, "a_1": {"answer": 3, "correctness": 0},
        "b_0": {"answer": -1, "correctness": -1}, "b_1": {"answer": -1, "correctness": -2},
        "c_0": {"answer": -1, "correctness": -1},
    }  # fmt: skip
    (tmp_path / FILE).write_bytes(found[FILE])
    assert results_table(tmp_path / FILE, path) == {"overall": 20.0, "counting": 33.33, "action": 0.0}


def test_a_damaged_result_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({"a_0": {"answer": 2}}))
    with pytest.raises(BadInput, match="a_0 has no correctness"):
        results_table(tmp_path / FILE, write(tmp_path, a_0=ROW))
