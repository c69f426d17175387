"""ViRL39K as a benchmark: its rows, its categories, and short answers with LaTeX."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtb.benchmarks.common.math_words import canonical, same
from vtb.benchmarks.common.picture_question import PictureTask
from vtb.benchmarks.registry import Asking, LeftOut
from vtb.benchmarks.virl39k.benchmark import read
from vtb.benchmarks.virl39k.questions import VirlRow, read_virl, unboxed
from vtb.errors import BadInput
from vtb.rewards.registry import find_reward
from vtb.tasks.example import encode_example
from vtb.tasks.registry import find_task

ROW = {"question": "<image>\nWhat is the area?", "answer": "\\boxed{12}", "PassRate_32BTrained": 0.5,
       "PassRate_7BBase": 0.25, "category": "Some Category (x)", "source": "Processed", "qid": "Processed-1-0",
       "image": ["images/Processed-1-0.jpg"]}  # fmt: skip


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def parquet(folder: Path, *rows: dict[str, Any]) -> Path:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), folder / "rows.parquet")
    return folder / "rows.parquet"


def one(folder: Path, **change: Any) -> Asking:
    (asking,) = read(write(folder, {**ROW, **change}))
    assert isinstance(asking, Asking)
    return asking


def strictly(asking: Asking, text: str) -> bool:
    task = find_task("virl39k", asking.example.task)
    return task.score_text(asking.example.payload, text).strict


def rewarded(asking: Asking, text: str) -> dict[str, float]:
    row = {"example": encode_example(asking.example).decode()}
    return find_reward("vtb").parts(text, row)


def test_a_row_of_the_parquet_file(tmp_path: Path) -> None:
    (asking,) = read(parquet(tmp_path, ROW))
    assert isinstance(asking, Asking)
    example = asking.example
    assert (example.key, example.task, example.answer) == ("virl39k-Processed-1-0", "virl39k_some_category_x", "12")
    assert example.prompts.vlm == "What is the area?"
    assert example.payload.category == "Some Category (x)"
    assert asking.pictures[0].name == "images/Processed-1-0.jpg"
    (row,) = read_virl(tmp_path / "rows.parquet")
    assert isinstance(row, VirlRow)
    assert (row.pass_rate_32b, row.pass_rate_7b, row.source) == (0.5, 0.25, "Processed")


def test_any_category_has_a_task() -> None:
    for name in ("virl39k", "virl39k_geometry", "virl39k_2_d"):
        task = find_task("virl39k", name)
        assert isinstance(task, PictureTask)
        assert task.name == name
        assert task is find_task("virl39k", name)
    for name in ("virl39k_", "virl39k_Geometry", "comt", "virl39k__x", "virl39k" + 200 * "_a"):
        with pytest.raises(BadInput, match="there is no task"):
            find_task("virl39k", name)


@pytest.mark.parametrize(
    ("boxed", "inside"),
    [
        ("\\boxed{12}", "12"), ("\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"), (" $\\boxed{A}$. ", "A"), ("12", "12"),
        ("\\boxed{ \\{1, 2\\} }", "\\{1, 2\\}"), ("\\boxed{\\frac{1}{2}", None), ("\\boxed{1}}", None),
        ("\\boxed{}", None), ("so \\boxed{2}", None),
    ],
)  # fmt: skip
def test_what_is_in_the_box(boxed: str, inside: str | None) -> None:
    assert unboxed(boxed) == inside


def test_rows_that_cannot_be_asked_are_left_out_by_reason(tmp_path: Path) -> None:
    rows = [ROW, {**ROW, "qid": "2", "answer": "\\boxed{\\frac{1}"}, {**ROW, "qid": "3", "image": []},
            {**ROW, "qid": "4", "question": "<image> or <image>?"}]  # fmt: skip
    found = read(write(tmp_path, *rows))
    assert isinstance(found[0], Asking)
    reasons = [one.why for one in found[1:] if isinstance(one, LeftOut)]
    assert reasons == [
        "its \\boxed{} does not close",
        "names more pictures than it has",
        "names more pictures than it has",
    ]
    text_only = read(write(tmp_path, {**ROW, "question": "What is 1 + 1?", "image": []}))
    assert [one.why for one in text_only if isinstance(one, LeftOut)] == ["shows no picture"]


@pytest.mark.parametrize(
    ("gold", "text", "right"),
    [
        ("\\frac{1}{2}", "\\boxed{0.5}", True), ("\\frac{1}{2}", "\\boxed{\\dfrac{1}{2}}", True),
        ("\\frac{1}{2}", "The answer is $1/2$.", True), ("\\frac{1}{2}", "0.55", False),
        ("2\\sqrt{3}", "2√3", True), ("2\\sqrt{3}", "2\\sqrt3 ", True), ("2\\sqrt{3}", "3\\sqrt{2}", False),
        ("12 \\text{ cm}^2", "12 square centimeters", True), ("12 \\text{ cm}^2", "12 cm", False),
        ("12", "12 cm", True), ("12 cm", "12 mm", False), ("1,200", "1200", True), ("50\\%", "50 percent", True),
        ("(1, 2)", "(1,2)", True), ("(1, 2)", "(2,1)", False), ("[0, 3)", "\\boxed{[0,3)}", True),
        ("x^{2}", "x^2", True),
        ("5x", "5", False), ("-3", "3", False), ("three", "3", True), ("\\text{Yes}", "yes", True), ("AB", "ab", True),
        ("12", "\\boxed{12} cm? \\boxed{13}", False), ("12", "not 12", False),
    ],
)  # fmt: skip
def test_words_and_formulas(tmp_path: Path, gold: str, text: str, right: bool) -> None:
    assert strictly(one(tmp_path, answer=f"\\boxed{{{gold}}}"), text) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [("\\boxed{B}", True), ("(B)", True), ("4 cm", True), ("\\boxed{4}", True), ("C", False), ("A and B", False)],
)
def test_letters(tmp_path: Path, text: str, right: bool) -> None:
    asking = one(tmp_path, question="<image> How long?\n(A) 3 cm (B) 4 cm (C) 5 cm", answer="\\boxed{B}")
    assert asking.example.payload.options == ("3 cm", "4 cm", "5 cm")
    assert strictly(asking, text) is right


def test_letters_of_options_that_only_the_picture_shows(tmp_path: Path) -> None:
    asking = one(tmp_path, question="<image> Which comes next?", answer="\\boxed{D}")
    assert not asking.example.payload.options
    assert strictly(asking, "A is too small, so the answer is D.")
    assert not strictly(asking, "E")


@pytest.mark.parametrize(
    ("gold", "stated", "right", "readable"),
    [
        ("12", "12", 1, 1), ("12", "The answer is 12.", 1, 1), ("12", "\\boxed{12}", 1, 1), ("12", "13", 0, 1),
        ("\\frac{1}{2}", "$\\frac{1}{2}$", 1, 1), ("[0, 3)", "[0, 3)", 1, 1), ("12", "12 or 13", 0, 0),
        ("12", "It may be 11\n12", 0, 0), ("12", "\\boxed{12} or \\boxed{13}", 0, 0), ("12", "\\boxed{12", 0, 0),
    ],
)  # fmt: skip
def test_the_reward_reads_nothing_but_the_answer(
    tmp_path: Path, gold: str, stated: str, right: float, readable: float
) -> None:
    parts = rewarded(one(tmp_path, answer=f"\\boxed{{{gold}}}"), f"<think>Hm.</think><answer>{stated}</answer>")
    assert (parts["correct"], parts["readable"]) == (right, readable)


def test_the_reward_of_a_letter(tmp_path: Path) -> None:
    asking = one(tmp_path, question="<image> How long?\n(A) 3 cm (B) 4 cm (C) 5 cm", answer="\\boxed{B}")
    for stated in ("B", "(B) 4 cm", "4 cm", "The answer is B."):
        assert rewarded(asking, f"<answer>{stated}</answer>")["correct"] == 1, stated
    for stated in ("C", "B or C", "B. 5 cm", "(B)(C)", "The answer is B, not C."):
        assert rewarded(asking, f"<answer>{stated}</answer>")["correct"] == 0, stated


@given(st.text(max_size=80), st.sampled_from(["12", "\\frac{1}{2}", "Yes", "70°", "AB", "x^2"]))
def test_a_reward_is_never_kinder_than_the_judge(text: str, gold: str) -> None:
    task = find_task("virl39k", "virl39k")
    from vtb.benchmarks.virl39k.questions import record_of

    record = record_of("What?", gold, ("a",), "")
    for said in (text, f"The answer is {gold}{text}", f"\\boxed{{{gold}}}{text}"):
        assert task.score_text(record, said).strict >= task.reward_text(record, said).strict


@given(st.text(max_size=200))
def test_any_answer_has_one_way_of_writing(text: str) -> None:
    assert same(text, text) == bool(canonical(text))
    assert not same("", text) or not canonical(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"question": None}, "no column question"), ({"answer": " "}, "no column answer"),
        ({"PassRate_32BTrained": 1.5}, "PassRate_32BTrained is 1.5"), ({"image": "/etc/passwd"}, "lies outside"),
        ({"PassRate_7BBase": "high"}, "a pass rate is a number"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=r"rows\.jsonl: row 2") as found:
        read(write(tmp_path, ROW, {**ROW, "qid": "2", **change}))
    assert said in str(found.value)
