"""CoMT in both of its published forms: how a row is read, and what is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vtb.benchmarks.comt.benchmark import read, summarise
from vtb.benchmarks.comt.released import comt_right, ilvr_right
from vtb.benchmarks.registry import Asking
from vtb.errors import BadInput
from vtb.tasks.example import encode_example
from vtb.tasks.registry import decode_example, find_task
from vtb.tasks.score import Score

ANGLE = {"text_input": "<image>\nHow large is angle BAC?", "image_input": ["images_comt/creation/10003.png"],
         "original_final_answer": "70°"}  # fmt: skip
ORIGINAL = {"id": "q7", "question": "Which tangram is it?", "option": ["a bird", "a fish", "a house", "a boat"],
            "image": ["IMAGE0:120", "IMAGE1:121.jpg"], "answer": "B", "type": "selection"}  # fmt: skip


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "TEST.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def one(folder: Path, row: Any) -> Asking:
    (asking,) = read(write(folder, row))
    return asking


def verdict(asking: Asking, text: str) -> Score:
    example = decode_example(encode_example(asking.example))
    return find_task(example.source, example.task).score_text(example.payload, text)


def test_the_processed_form(tmp_path: Path) -> None:
    asking = one(tmp_path, ANGLE)
    assert asking.example.task == "creation"
    assert asking.example.key == "comt-1"
    assert asking.example.prompts.vlm == "How large is angle BAC?"
    assert [picture.name for picture in asking.pictures] == ["images_comt/creation/10003.png"]
    assert asking.example.answer == "70°"


def test_the_original_form(tmp_path: Path) -> None:
    asking = one(tmp_path, ORIGINAL)
    assert (asking.example.key, asking.example.task, asking.example.answer) == ("comt-q7", "selection", "B")
    assert [picture.name for picture in asking.pictures] == ["images/selection/120.png", "images/selection/121.jpg"]
    assert asking.example.prompts.vlm == ("Which tangram is it?\nOptions:\nA. a bird\nB. a fish\nC. a house\nD. a boat")
    task = find_task("comt", "selection")
    assert task.closing(asking.example.payload).endswith("ANSWER: (A)")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("70°", True), ("70 degrees", True), ("$70^{\\circ}$", True), ("70", True), ("70.0 deg.", True),
        ("<think>80 or so</think> The final answer is: 70°", True), ("x = 70°, so \\boxed{70^\\circ}", True),
        ("The final answer is: 75°", False), ("-70°", False), ("70 cm", False), ("700°", False), ("", False),
        ("The final answer is: 60° or 70°", False), ("A", False), ("Yes", False), ("\\boxed{70^{\\circ", False),
    ],
)  # fmt: skip
def test_words_and_units(tmp_path: Path, text: str, right: bool) -> None:
    assert verdict(one(tmp_path, ANGLE), text).strict is right


def test_a_sentence_around_the_answer_is_forgiven(tmp_path: Path) -> None:
    asking = one(tmp_path, ANGLE)
    score = verdict(asking, "So the angle is 70°.")
    assert (score.strict, score.tolerant) == (False, True)
    assert score.reason == "not in the form that is asked for"
    assert not verdict(asking, "It is 60° or 70°").tolerant


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("ANSWER: (B)", True), ("The answer is B.", True), ("b)", True), ("It is a fish.", True), ("a fish", True),
        ("It looks like a bird, but the answer is a fish", True), ("B. a fish", True),
        ("ANSWER: (C)", False), ("a house", False), ("A or B", False), ("It is not B, it is C", False), ("No", False),
    ],
)  # fmt: skip
def test_letters_and_words_of_options(tmp_path: Path, text: str, right: bool) -> None:
    assert verdict(one(tmp_path, ORIGINAL), text).strict is right


@pytest.mark.parametrize("gold", ["B", "(B)", "70°", "70 degrees"])
def test_options_in_the_words_of_a_question(tmp_path: Path, gold: str) -> None:
    words = "How large is it?\nOptions:\nA. 60°\nB. 70°\nC. 80°\nAnswer with the letter."
    asking = one(tmp_path, {**ANGLE, "text_input": words, "original_final_answer": gold})
    assert asking.example.payload.options == ("60°", "70°", "80°")
    assert asking.example.answer == "B"
    assert asking.example.prompts.vlm == words
    for text, right in (("B", True), ("70°", True), ("Angle A is small, so the answer is 70°", True), ("80°", False)):
        assert verdict(asking, text).strict is right, text


def test_yes_is_no_letter(tmp_path: Path) -> None:
    """The released script takes A for Yes; that is told beside the verdict and is none."""
    asking = one(tmp_path, {**ANGLE, "original_final_answer": "Yes"})
    score = verdict(asking, "A")
    assert (score.strict, score.tolerant, score.details) == (False, False, {"released": 1.0})
    assert verdict(asking, "Yes, it is.").strict
    assert not verdict(asking, "No").strict
    assert not verdict(asking, "yes or no").strict


def test_the_released_scripts() -> None:
    assert ilvr_right("The final answer is: 70°", "70°")
    assert not ilvr_right("The final answer is: 70 degrees", "70°")
    assert ilvr_right("I say true", "Yes")
    assert ilvr_right("b", "No")
    assert ilvr_right("Answer: yes", "A")
    options = ORIGINAL["option"]
    assert isinstance(options, list)
    assert comt_right("perhaps (A), ANSWER: (b)", options, "B")
    assert comt_right("a bird or a fish", options, "B")
    assert comt_right("I take B", options, "B")
    assert not comt_right("nothing", options, "B")


def test_pictures_within_the_words_are_numbered(tmp_path: Path) -> None:
    row = {**ANGLE, "image_input": ["images_comt/update/1.png", "images_comt/update/2.png"]}
    asking = one(tmp_path, {**row, "text_input": "Compare <image> with <image>."})
    assert asking.example.prompts.vlm == "Compare [picture 1] with [picture 2]."
    assert one(tmp_path, {**row, "text_input": "<image><image> Compare."}).example.prompts.vlm == "Compare."


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([], "row 2 is no question"),
        ({**ANGLE, "text_input": " "}, "row 2 has no column text_input"),
        ({**ANGLE, "original_final_answer": None}, "row 2 has no column original_final_answer"),
        ({**ANGLE, "image_input": []}, "row 2: neither its type nor the path"),
        ({**ANGLE, "type": "creation", "image_input": None}, "row 2 shows no picture"),
        ({**ANGLE, "image_input": ["pictures/3.png"]}, "row 2: neither its type nor the path"),
        ({**ANGLE, "image_input": ["../creation/3.png"]}, "row 2: the picture '../creation/3.png' lies outside"),
        ({**ANGLE, "image_input": ["/data/creation/3.png"]}, "lies outside"),
        ({**ANGLE, "image_input": {"a": 1}, "type": "update"}, "no list of paths"),
        ({**ANGLE, "text_input": "<image> and <image>"}, "row 2: its words name more pictures than its 1"),
        ({**ORIGINAL, "answer": "E"}, "row 2: has the answer 'E', which is the letter of no option"),
        ({**ORIGINAL, "option": "a bird"}, "row 2 has no list of options"),
        ({**ORIGINAL, "type": "drawing"}, "row 2: neither its type"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: Any, said: str) -> None:
    with pytest.raises(BadInput, match=r"TEST\.jsonl: row 2") as found:
        read(write(tmp_path, ANGLE, row))
    assert said in str(found.value)


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "TEST.jsonl"
    path.write_text('{"a": 1}\n{"b": \n')
    with pytest.raises(BadInput, match="line 2: cannot be read as JSON"):
        read(path)
    with pytest.raises(BadInput, match="holds no questions"):
        read(write(tmp_path))
    with pytest.raises(BadInput, match="1 questions share a name, the first: comt-q7"):
        read(write(tmp_path, ORIGINAL, ORIGINAL))


def test_the_macro_average_needs_every_category() -> None:
    assert summarise({"creation": 0.5}) == {"creation": 0.5}
    whole = summarise({"creation": 1.0, "deletion": 0.0, "update": 0.5, "selection": 0.5})
    assert whole["macro"] == 0.5
