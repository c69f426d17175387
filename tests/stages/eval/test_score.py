"""``vtb-eval score`` on answers made by hand: right, wrong, empty, absurd and huge ones, and what the report shows."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call, files, without_run
from vtb.artifact import InputEntry, Plan, ShardEntry, read_manifest
from vtb.artifact.output import Output
from vtb.datasets.asked import one_picture
from vtb.formats.webdataset import Sample, write_tar
from vtb.media.image import decode_image, encode_png, encode_rgb
from vtb.puzzles.maze.square import Config
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example
from vtb.tasks.example import example_fields
from vtb_eval.examples import TEXT_SHOWN
from vtb_eval.page import SHOWN
from vtb_eval.predicting import make_sample
from vtb_eval.questions import Question

FAMILY = find_family("maze_square")
PER_SHARD = 5


def question(size: int, index: int) -> Question:
    example = make_example(FAMILY, Config(size=size, cell_px=16), f"maze_square-{size:02d}", 1, index)
    picture = encode_rgb(FAMILY.show(example.payload, FAMILY.puzzle(example.payload)))
    puzzle = encode_png(FAMILY.draw_puzzle(example.payload), FAMILY.palette)
    return Question(example, "Which way?", one_picture(picture), one_picture(puzzle))


QUESTIONS = [question(size, index) for size in (7, 9, 11) for index in range(6)]
(PUZZLE,) = QUESTIONS[0].asked[0].files
RIGHT = [FAMILY.answer(question.example.payload) for question in QUESTIONS]


ASKED = InputEntry("/data/curated", "puzzles", "1" * 64)
MODEL = InputEntry("/models/tiny", "checkpoint", "2" * 64)


def write(folder: Path, found: list[Sample], inputs: tuple[InputEntry, ...] = (ASKED, MODEL)) -> None:
    """A predictions artifact."""
    config = {"seed": 42, "split": "test", "style": "direct", "note": "<script>alert(1)</script>"}
    output, shards = Output(str(folder), Plan("predictions", "vtb-eval predict", 1, config, inputs)), []
    output.begin()
    for number, start in enumerate(range(0, len(found), PER_SHARD)):
        part = found[start : start + PER_SHARD]
        data = output.put(f"shards/{number:05d}.tar", write_tar(part))
        shards.append(output.add_shard(ShardEntry(data.path, len(part), data.bytes, data.sha256)))
    output.commit(shards, [], {"answers": len(found)})


def predict(folder: Path, texts: list[str]) -> Path:
    write(folder, [make_sample(question, text) for question, text in zip(QUESTIONS, texts, strict=False)])
    return folder


def score(predictions: Path, output: Path, *more: object) -> Result:
    return call("vtb-eval", "score", "--input", predictions, "--output", output, "--workers", "1", *more)


def figures(predictions: Path, output: Path) -> dict[str, Any]:
    result = score(predictions, output)
    assert result.code == 0, result.err
    found: dict[str, Any] = json.loads((output / "scores.json").read_text())
    assert found == read_manifest(str(output)).metrics
    return found


def verdicts(output: Path) -> list[dict[str, Any]]:
    text = "".join(path.read_text() for path in sorted(output.glob("shards/*.jsonl")))
    return [json.loads(line) for line in text.splitlines()]


def test_all_right(tmp_path: Path) -> None:
    texts = [f"<think>[1, 2]? No.</think> <answer>{answer}</answer>" for answer in RIGHT]
    found = figures(predict(tmp_path / "p", texts), tmp_path / "o")
    for mode in ("strict", "tolerant"):
        share = found["overall"][mode]
        assert (share["right"], share["total"], share["rate"], share["high"]) == (18, 18, 1.0, 1.0)
        assert share["low"] == pytest.approx(0.8241, abs=1e-4)
    assert found["reasons"] == {"solved": 18}
    assert list(found["per_level"]) == [f"maze_square, size {size}" for size in (7, 9, 11)]
    assert all(share["strict"]["right"] == 6 for share in found["per_level"].values())
    assert "right: 18 of 18 (100.0 %)" in score(tmp_path / "p", tmp_path / "again").err


def test_all_wrong(tmp_path: Path) -> None:
    texts = [str(json.loads(answer)[:-2]) for answer in RIGHT]
    found = figures(predict(tmp_path / "p", texts), tmp_path / "o")
    assert (found["overall"]["strict"]["right"], found["overall"]["strict"]["low"]) == (0, 0.0)
    assert found["overall"]["strict"]["high"] == pytest.approx(0.1759, abs=1e-4)
    assert found["reasons"] == {"path is broken": 18}


def test_each_answer_gets_its_own_verdict(tmp_path: Path) -> None:
    texts = [answer if number % 3 == 0 else "[1]" for number, answer in enumerate(RIGHT)]
    found = figures(predict(tmp_path / "p", texts), tmp_path / "o")
    assert [verdict["id"] for verdict in verdicts(tmp_path / "o")] == [question.key for question in QUESTIONS]
    assert [verdict["strict"] for verdict in verdicts(tmp_path / "o")] == [number % 3 == 0 for number in range(18)]
    assert [share["strict"]["right"] for share in found["per_level"].values()] == [2, 2, 2]
    assert found["per_task"]["maze_square"]["strict"]["rate"] == pytest.approx(1 / 3)
    assert verdicts(tmp_path / "o")[0]["characters"] == len(RIGHT[0])


def test_the_wrong_puzzle_s_answer_is_wrong(tmp_path: Path) -> None:
    found = figures(predict(tmp_path / "p", RIGHT[1:] + RIGHT[:1]), tmp_path / "o")
    assert found["overall"]["strict"]["right"] <= 1


NOISE = random.Random(5)
ABSURD = [
    "", " \n\t ", "no", "[]", "[-1]", "[999999999999999999999]", "[1e9]", "[" * 3000, "]" * 3000, "[0, 0, 0]",
    str(list(range(5000))), "\x00\x01\x7f", "\u202e\u2028\x85", "</script><script>alert(1)</script>", "{{ 7 * 7 }}",
    "".join(chr(NOISE.randrange(32, 0x2FFF)) for _ in range(2000)), '{"answer": [[1, 2], [3]]}', "NaN",
]  # fmt: skip


def test_empty_and_absurd_answers_score_0(tmp_path: Path) -> None:
    assert len(ABSURD) == len(QUESTIONS)
    found = figures(predict(tmp_path / "p", ABSURD), tmp_path / "o")
    assert found["overall"]["strict"]["right"] == found["overall"]["tolerant"]["right"] == 0
    assert found["reasons"]["empty answer"] == 2
    assert found["reasons"]["no list of cells"] >= 8
    assert sum(found["reasons"].values()) == 18
    page = (tmp_path / "o" / "report.html").read_text()
    assert "<script" not in page
    assert "(empty)" in page


def test_huge_answers_score_by_their_end(tmp_path: Path) -> None:
    huge = 3_000_000
    texts = ["9" * huge, "[1, " * (huge // 4), f"{'word ' * (huge // 5)}{RIGHT[2]}", "\n" * huge]
    found = figures(predict(tmp_path / "p", texts), tmp_path / "o")
    assert found["reasons"] == {"no list of cells": 2, "solved": 1, "empty answer": 1}
    assert (tmp_path / "o" / "report.html").stat().st_size < 300_000


def answer_with(text: object, **columns: object) -> bytes:
    """A prediction as JSON, with other columns of its example."""
    example = {**example_fields(QUESTIONS[0].example), **columns}
    return json.dumps({"id": "a", "prompt": "?", "text": text, "example": example}).encode()


def test_halves_of_surrogate_pairs(tmp_path: Path) -> None:
    """JSON may hold them, and no encoding can write them."""
    answer = answer_with("\ud800 [1]")
    write(tmp_path / "p", [Sample("a", {"json": answer, "puzzle.png": PUZZLE})])
    assert figures(tmp_path / "p", tmp_path / "o")["overall"]["strict"]["right"] == 0


@pytest.mark.parametrize("text", [None, 5, [1, 2], {"a": 1}, True])
def test_answers_that_are_no_text(tmp_path: Path, text: object) -> None:
    write(tmp_path / "p", [Sample("a", {"json": answer_with(text), "puzzle.png": PUZZLE})])
    assert figures(tmp_path / "p", tmp_path / "o")["overall"]["strict"]["right"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"json": b"{"}, {"json": b"[]"}, {"json": b"{}"}, {"puzzle.png": b""}, {"puzzle.png": PUZZLE[:60]},
        {"json": json.dumps({"id": "a", "prompt": "?", "text": "a", "example": {"task": "maze_square"}}).encode()},
        {"json": answer_with("a", task="unknown")}, {"json": answer_with("a", payload="{}")},
        {"json": answer_with("a", version=99)}, {"json": b"[" * 100_000},
    ],
)  # fmt: skip
def test_what_predict_never_writes_is_bad_input(tmp_path: Path, change: dict[str, bytes]) -> None:
    sample = make_sample(QUESTIONS[0], "[1]")
    write(tmp_path / "p", [Sample("a", {**sample.parts, **change})])
    result = score(tmp_path / "p", tmp_path / "o")
    assert result.code == 3, result.err
    assert not (tmp_path / "o" / "manifest.json").exists()


def pictures(page: str) -> list[str]:
    return re.findall(r'<img src="(data:image/png;base64,[^"]+)"', page)


def test_the_report_shows_right_and_wrong_answers(tmp_path: Path) -> None:
    import base64

    texts = [answer if number % 2 else f"I say [{number + 9}, 20]" for number, answer in enumerate(RIGHT)]
    found = figures(predict(tmp_path / "p", texts), tmp_path / "o")
    page = (tmp_path / "o" / "report.html").read_text()
    shown = pictures(page)
    assert len(shown) == 3 * 2 * SHOWN  # the puzzle, the answer drawn, the right solution
    decoded = decode_image(base64.b64decode(shown[1].partition(",")[2]))
    red = (decoded == (255, 0, 0)).all(axis=2)
    assert red.any()
    assert not re.search(r"<script|javascript:|\son\w+=", page)
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    right, wrong = page.split("<h2>Right answers</h2>")[1].split("<h2>Wrong answers</h2>")
    assert right.count('<h3 class="right">') == wrong.count('<h3 class="wrong">') == SHOWN
    assert f"{QUESTIONS[1].key} (maze_square): solved" in right
    assert "I say [9, 20]" in wrong
    assert RIGHT[0] in wrong  # what would have been right
    for size, share in found["per_level"].items():
        rate = share["strict"]["rate"] * 100
        assert re.search(rf"<td>{size}</td><td class=\"number\">6</td><td class=\"number\">{rate:.1f} %", page)
    assert "Sora-2" in page
    assert "these puzzles were generated here" in page
    assert "<h1>tiny on curated</h1>" in page
    assert "/models/tiny" in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_rare_reason_is_seen_too(tmp_path: Path) -> None:
    texts = ["nothing"] * 17 + [str(json.loads(RIGHT[17])[:-2])]
    figures(predict(tmp_path / "p", texts), tmp_path / "o")
    page = (tmp_path / "o" / "report.html").read_text()
    assert f"{QUESTIONS[17].key} (maze_square): path is broken" in page
    assert page.count(": no list of cells") == SHOWN - 1


def test_long_answers_are_cut_in_the_report(tmp_path: Path) -> None:
    figures(predict(tmp_path / "p", ["x" * 5000]), tmp_path / "o")
    page = (tmp_path / "o" / "report.html").read_text()
    assert "x" * TEXT_SHOWN in page
    assert "x" * (TEXT_SHOWN + 1) not in page


def test_workers_parts_and_reruns_give_the_same_bytes(tmp_path: Path) -> None:
    predictions = predict(tmp_path / "p", RIGHT[:9] + ["no"] * 9)
    assert score(predictions, tmp_path / "a").code == 0
    whole = without_run(files(tmp_path / "a"))
    assert score(predictions, tmp_path / "b", "--workers", "2").code == 0
    assert without_run(files(tmp_path / "b")) == whole
    for index in (1, 2, 0):
        assert score(predictions, tmp_path / "c", "--num-shards", "3", "--shard-index", index).code == 0
    assert without_run(files(tmp_path / "c")) == whole
    (tmp_path / "a" / "manifest.json").unlink()
    (tmp_path / "a" / "shards" / "00002.jsonl").unlink()
    assert "3 of 4 shards are there already" in score(predictions, tmp_path / "a").err
    assert without_run(files(tmp_path / "a")) == whole


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    result = score(predict(tmp_path / "p", RIGHT), tmp_path / "o", "--dry-run")
    assert "verdicts on 18 puzzles" in result.out
    assert not (tmp_path / "o").exists()


def test_no_answers_at_all(tmp_path: Path) -> None:
    write(tmp_path / "p", [])
    result = score(tmp_path / "p", tmp_path / "o")
    assert (result.code, "p: holds no samples" in result.err) == (3, True), result.err
    assert not (tmp_path / "o").exists()


def test_predictions_that_changed_are_another_input(tmp_path: Path) -> None:
    figures(predict(tmp_path / "p", RIGHT), tmp_path / "o")
    shutil.rmtree(tmp_path / "p")
    predict(tmp_path / "p", RIGHT[:5])
    result = score(tmp_path / "p", tmp_path / "o")
    assert result.code == 3
    assert "the content of its inputs" in result.err


@pytest.mark.parametrize("finish", [None, "stop", 5, ["length"]])
def test_whoever_does_not_say_so_was_not_cut_off(tmp_path: Path, finish: Any) -> None:
    """Other programs may say anything, or nothing."""
    samples = [make_sample(question, text, finish) for question, text in zip(QUESTIONS[:2], RIGHT[:2], strict=True)]
    write(tmp_path / "p", samples)
    found = figures(tmp_path / "p", tmp_path / "s")
    assert (found["overall"]["strict"]["right"], "cut_off" in found) == (2, False)


def test_a_cut_answer_is_judged_as_far_as_it_goes(tmp_path: Path) -> None:
    samples = [make_sample(question, text, "length") for question, text in zip(QUESTIONS[:2], RIGHT[:2], strict=True)]
    write(tmp_path / "p", samples)
    found = figures(tmp_path / "p", tmp_path / "s")
    assert found["overall"]["strict"]["right"] == 2
    assert found["cut_off"] == {"answers": 2, "tokens": None}  # this artifact does not say at how many
