"""MMMU's TSV file: pictures in it, options by column, and what is read out of an answer."""

from __future__ import annotations

import base64
import csv
import json
from pathlib import Path

import numpy as np
import pytest

from vtb.benchmarks.mmmu import DISCIPLINES
from vtb.benchmarks.mmmu.benchmark import read, summarise
from vtb.benchmarks.registry import Asking, LeftOut
from vtb.errors import BadInput
from vtb.media.image import decode_image, encode_rgb
from vtb.tasks.registry import find_task
from vtb.tasks.score import Score

COLUMNS = ("index", "question", "A", "B", "C", "D", "answer", "category", "split", "image")


def picture(shade: int) -> str:
    return base64.b64encode(encode_rgb(np.full((32, 48, 3), shade, np.uint8))).decode()


ROW = {"index": "1", "question": "<image 1> Which one?", "A": "the cat", "B": "the dog", "C": "the cow", "D": "",
       "answer": "B", "category": "Art_Theory", "split": "validation", "image": picture(10)}  # fmt: skip


def write(folder: Path, *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    path = folder / "MMMU_DEV_VAL.tsv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter="\t", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def one(folder: Path, **change: str) -> Asking:
    (asking,) = read(write(folder, {**ROW, **change}))
    assert isinstance(asking, Asking)
    return asking


def verdict(asking: Asking, text: str) -> Score:
    return find_task("mmmu", asking.example.task).score_text(asking.example.payload, text)


def test_a_question(tmp_path: Path) -> None:
    asking = one(tmp_path)
    example = asking.example
    assert (example.key, example.task, example.answer) == ("mmmu-1", "mmmu_art_theory", "B")
    assert example.prompts.vlm == "[picture 1] Which one?\nOptions:\nA. the cat\nB. the dog\nC. the cow"
    assert find_task("mmmu", example.task).closing(example.payload).startswith("Please select")
    (shown,) = asking.pictures
    assert shown.data is not None
    assert decode_image(shown.data)[0, 0, 0] == 10


@pytest.mark.parametrize("form", [json.dumps, repr])
def test_several_pictures_also_in_options(tmp_path: Path, form: object) -> None:
    assert callable(form)
    images = form([picture(1), picture(2)])
    asking = one(tmp_path, question="Which? <image 1>", A="<image 2>", image=images)
    assert [decode_image(shown.data or b"")[0, 0, 0] for shown in asking.pictures] == [1, 2]
    assert "Which? [picture 1]\nOptions:\nA. [picture 2]\nB. the dog" in asking.example.prompts.vlm


def test_a_picture_of_another_row(tmp_path: Path) -> None:
    found = read(write(tmp_path, ROW, {**ROW, "index": "2", "image": "1"}))
    first, second = (one.pictures[0].data for one in found if isinstance(one, Asking))
    assert first == second


def test_the_dev_split_is_left_out_beside_validation(tmp_path: Path) -> None:
    dev = {**ROW, "index": "2", "split": "dev"}
    found = read(write(tmp_path, ROW, dev))
    assert isinstance(found[1], LeftOut)
    assert "dev split" in found[1].why
    assert isinstance(read(write(tmp_path, dev))[0], Asking)


@pytest.mark.parametrize(
    ("text", "right", "tolerant"),
    [
        ("B", True, True), ("(B)", True, True), ("**B. the dog**", True, True), ("The dog.", True, True),
        ("The answer is B because A is a cat.", True, True), ("Answer: b", True, True), ("\\boxed{B}", True, True),
        ("It is the dog, not the cat.", True, True), ("C", False, False), ("A or B", False, False),
        ("I cannot say.", False, False), ("Both the cat and the dog", False, False), ("", False, False),
    ],
)  # fmt: skip
def test_options(tmp_path: Path, text: str, right: bool, tolerant: bool) -> None:
    score = verdict(one(tmp_path), text)
    assert (score.strict, score.tolerant) == (right, tolerant), score


def test_an_answer_that_no_rule_reads_says_so(tmp_path: Path) -> None:
    assert verdict(one(tmp_path), "It is hard to tell.").reason == "no answer can be read"


def test_an_open_question(tmp_path: Path) -> None:
    asking = one(tmp_path, A="", B="nan", C="", answer="24/7")
    assert not asking.example.payload.options
    assert find_task("mmmu", asking.example.task).closing(asking.example.payload) == ""
    assert verdict(asking, "The answer is \\frac{24}{7}").strict
    assert not verdict(asking, "24").strict


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": "E"}, "the letter of no option"), ({"B": ""}, "an option C, but none B"),
        ({"image": ""}, "shows no picture"), ({"image": "@" * 80}, "is no base64"),
        ({"question": "<image 3> what"}, "names more pictures"), ({"question": " "}, "no column question"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named(tmp_path: Path, change: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=r"MMMU_DEV_VAL\.tsv: row 2") as found:
        read(write(tmp_path, ROW, {**ROW, "index": "2", **change}))
    assert said in str(found.value)


def test_a_file_without_the_columns(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has no column image"):
        read(write(tmp_path, ROW, columns=COLUMNS[:-1]))
    with pytest.raises(BadInput, match="holds no questions"):
        read(write(tmp_path))


def test_the_table() -> None:
    assert sum(map(len, DISCIPLINES.values())) == 30
    every = {f"mmmu_{subject}": 0.5 for subjects in DISCIPLINES.values() for subject in subjects}
    assert summarise({**every, "mmmu_art": 1.0})["overall"] == pytest.approx(15.5 / 30)
    assert summarise({**every, "mmmu_art": 1.0})["art_design"] == pytest.approx(2.5 / 4)
    del every["mmmu_math"]
    assert "science" not in summarise(every)
    assert "overall" not in summarise(every)
    assert summarise({}) == {}
