"""VLM4D: how its rows are read, what is right, and its statistics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vtb.benchmarks.registry import Asking
from vtb.benchmarks.vlm4d import SIZES
from vtb.benchmarks.vlm4d.benchmark import TABLE, read, summarise
from vtb.benchmarks.vlm4d.judged import judged_table
from vtb.errors import BadInput
from vtb.tasks.example import encode_example
from vtb.tasks.registry import decode_example, find_task
from vtb.tasks.score import Score
from vtb_eval.judge_model import unreadable

HUB = "https://huggingface.co/datasets/who/VLM4D/resolve/main/"
ROW: dict[str, Any] = {
    "id": "validation_7", "video": f"{HUB}videos_real/davis/a%20dog.mp4", "question_type": "multiple-choice",
    "question": "Where does the dog run?", "answer": "to the right",
    "choices": {"A": "to the left", "B": "to the right", "C": "not moving", "D": "No dog"},
}  # fmt: skip


def write(folder: Path, *rows: Any, name: str = "real_mc.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(rows))
    return path


def one(folder: Path, row: Any = ROW, name: str = "real_mc.json") -> Asking:
    (asking,) = read(write(folder, row, name=name))
    assert isinstance(asking, Asking)
    return asking


def verdict(asking: Asking, text: str) -> Score:
    example = decode_example(encode_example(asking.example))
    return find_task(example.source, example.task).score_text(example.payload, text)


def test_a_row(tmp_path: Path) -> None:
    asking = one(tmp_path)
    example = asking.example
    assert (asking.video, example.key) == ("videos_real/davis/a dog", "vlm4d-real-validation_7")
    assert (example.task, example.answer) == ("real_exo", "B")
    assert example.prompts.vlm == (
        "These are frames of a video.\nQuestion: Where does the dog run?\nA: to the left\nB: to the right\n"
        "C: not moving\nD: No dog"
    )
    assert "Therefore, the final answer is: " in find_task("vlm4d", "real_exo").closing(example.payload)


@pytest.mark.parametrize(
    ("more", "name", "task"),
    [
        ({"id": "validation_922"}, "real_mc.json", "real_exo"),
        ({"id": "validation_923"}, "real_mc.json", "real_ego"),
        ({"video": "synth_1.mp4", "id": "validation_7"}, "mc.json", "synthetic_directional"),
        ({"video": "1.mp4", "answer": "No dog"}, "synthetic_mc.json", "synthetic_fp"),
        ({"video": "1.mp4", "answer": "not moving"}, "synthetic_mc.json", "synthetic_directional"),
    ],
)
def test_kinds(tmp_path: Path, more: Any, name: str, task: str) -> None:
    assert one(tmp_path, {**ROW, **more}, name).example.task == task


def test_both_files_in_one(tmp_path: Path) -> None:
    found = read(write(tmp_path, ROW, {**ROW, "video": f"{HUB}videos_synthetic/1.mp4"}, name="all.json"))
    assert [one.example.key for one in found if isinstance(one, Asking)] == [
        "vlm4d-real-validation_7", "vlm4d-synthetic-validation_7",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("It runs past A. Therefore, the final answer is: B", True), ("B", True), ("B: to the right", True),
        ("<think>A?</think><answer>B</answer>", True), ("to the right", True),
        ("Therefore, the final answer is: A", False), ("A or B", False), ("", False), ("I cannot tell", False),
    ],
)  # fmt: skip
def test_verdicts(tmp_path: Path, text: str, right: bool) -> None:
    assert verdict(one(tmp_path), text).strict is right


@pytest.mark.parametrize(("text", "right"), [("C", True), ("D", True), ("B", False), ("up", True), ("No dog", False)])
def test_two_options_in_the_same_words(tmp_path: Path, text: str, right: bool) -> None:
    """As in row 633 of the released file."""
    asking = one(tmp_path, {**ROW, "choices": {"A": "No dog", "B": "left", "C": "up", "D": "up"}, "answer": "up"})
    assert asking.example.answer == "C"
    assert verdict(asking, text).strict is right


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([], "row 2 is no question"),
        ({**ROW, "question": ""}, "row 2 has no column question"),
        ({**ROW, "choices": ["a", "b"]}, "row 2 has no options by letter"),
        ({**ROW, "choices": {"A": "a", "C": "b"}}, "row 2: its options are not words by the letters"),
        ({**ROW, "choices": {"A": "to the right"}}, "row 2 has 1 options"),
        ({**ROW, "answer": "up"}, "row 2 has the answer 'up', which is none of its options"),
        ({**ROW, "video": "../a.mp4"}, "row 2: '../a.mp4' is no video below a folder"),
        ({**ROW, "id": "x"}, "row 2 has the id 'x', without the number"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: Any, said: str) -> None:
    with pytest.raises(BadInput, match=r"real_mc\.json: row 2") as found:
        read(write(tmp_path, ROW, row))
    assert said in str(found.value)


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "real.tsv").write_text("id\tvideo\n1\ta.mp4\n")
    with pytest.raises(BadInput, match=r"real\.tsv: cannot be read as JSON .*: wanted is JSON, JSON lines"):
        read(tmp_path / "real.tsv")
    with pytest.raises(BadInput, match="holds no questions"):
        read(write(tmp_path))
    with pytest.raises(BadInput, match="1 questions share a name"):
        read(write(tmp_path, ROW, ROW))
    with pytest.raises(BadInput, match="row 1: nothing says whether its video is real or synthetic"):
        read(write(tmp_path, {**ROW, "video": "1.mp4"}, name="mc.json"))


@pytest.mark.parametrize("model", [model for model, row in TABLE.rows.items() if "real" in row])
def test_the_published_sums_follow_from_the_published_kinds(model: str) -> None:
    """To the digit, once each kind is a whole number of right answers again."""
    row = TABLE.rows[model]
    rates = {kind: round(size * row[kind] / 100) / size for kind, size in SIZES.items()}
    ours = {column: round(100 * rate, 2) for column, rate in summarise(rates).items()}
    assert {column: ours[column] for column in row} == row


def test_parts_have_no_sums() -> None:
    assert summarise({"real_ego": 0.5}) == {"real_ego": 0.5}
    assert set(summarise({"real_ego": 0.5, "real_exo": 1.0})) == {"real", "real_ego", "real_exo"}


def test_judged_answers(tmp_path: Path) -> None:
    def item(number: int, answer: str, correct: Any) -> dict[str, Any]:
        return {"id": f"validation_{number}", "question": "?", "choices": ROW["choices"], "response": "...",
                "ground_truth_answer": answer, "extracted_answer": "No Valid Answer", "correct": correct}  # fmt: skip

    real = write(tmp_path, item(1, "left", True), item(922, "left", False), item(923, "left", True))
    synthetic = write(tmp_path, item(1, "left", False), item(2, "No", True), item(3, "no dog", True), name="s.json")
    assert judged_table(real, synthetic) == {
        "real_exo": 50, "real_ego": 100, "synthetic_directional": 0, "synthetic_fp": 100, "real": 66.67,
        "synthetic": 66.67, "overall": 66.67,
    }  # fmt: skip
    with pytest.raises(BadInput, match="row 1 does not say whether it is right"):
        judged_table(write(tmp_path, item(1, "left", "yes")), synthetic)


def test_a_model_may_read_what_no_rule_can(tmp_path: Path) -> None:
    """The judge behind ``--judge-endpoint`` is asked where options are listed and none was read."""
    asking = one(tmp_path)
    for text, unread in (("Hard to say, rightwards I suppose", True), ("B", False), ("A", False)):
        assert unreadable(asking.example, text, verdict(asking, text)) is unread, text
