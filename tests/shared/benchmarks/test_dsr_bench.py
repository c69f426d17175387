"""DSR-Bench in both of its forms: how a row is read, and what is right."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from vtb.benchmarks.dsr_bench import SIZES
from vtb.benchmarks.dsr_bench.benchmark import PUBLISHED, read, summarise
from vtb.benchmarks.registry import Asking
from vtb.errors import BadInput
from vtb.tasks.example import encode_example
from vtb.tasks.registry import decode_example, find_task
from vtb.tasks.score import Score

OPTIONS = ["A. it grows", "B. it shrinks", "C. it stays", "D. it grows, then shrinks"]
ROW: dict[str, Any] = {"videoID": "abc-1", "question": "How does the distance change?", "options": OPTIONS,
                       "answer": "B", "type": "rel_dis"}  # fmt: skip


def one(folder: Path, row: Any = ROW) -> Asking:
    (folder / "b.json").write_text(json.dumps([row]))
    (asking,) = read(folder / "b.json")
    assert isinstance(asking, Asking)
    return asking


def verdict(asking: Asking, text: str) -> Score:
    example = decode_example(encode_example(asking.example))
    return find_task(example.source, example.task).score_text(example.payload, text)


def test_parquet(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([ROW]), tmp_path / "benchmark.parquet")
    (asking,) = read(tmp_path / "benchmark.parquet")
    assert isinstance(asking, Asking)
    assert (asking.video, asking.example.task, asking.example.answer) == ("abc-1", "rel_dis", "B")
    assert asking.example.prompts.vlm == "\n".join(
        ("These are frames of a video.", "How does the distance change?", "Options:", *OPTIONS)
    )


@pytest.mark.parametrize("cell", [repr(OPTIONS), json.dumps(OPTIONS)])
def test_tsv_is_the_same(tmp_path: Path, cell: str) -> None:
    head = "index\tvideo\tquestion\toptions\tanswer\ttask_type"
    quoted = '"' + cell.replace('"', '""') + '"'
    text = f"{head}\n1\tfolder/abc-1.mp4\tHow does the distance change?\t{quoted}\tB\trel_dis\n"
    (tmp_path / "DSRBench.tsv").write_text(text)
    (asking,) = read(tmp_path / "DSRBench.tsv")
    assert isinstance(asking, Asking)
    assert asking.video == "folder/abc-1"
    assert asking.example.prompts == one(tmp_path).example.prompts
    assert asking.example.key == "dsr-bench-1"


@pytest.mark.parametrize(
    ("text", "right", "released"),
    [
        ("B", True, 1), ("(B)", True, 1), ("The answer is B.", True, 1), ("it shrinks", True, 1),
        ("A person walks away, so the answer is B", True, 0), ("Best answer: B", True, 1),
        ("Between the two it grows", False, 1), ("A", False, 0), ("B or C", False, 1), ("", False, 0),
    ],
)  # fmt: skip
def test_verdicts(tmp_path: Path, text: str, right: bool, released: int) -> None:
    score = verdict(one(tmp_path), text)
    assert (score.strict, score.details) == (right, {"released": float(released)})


def test_a_doubled_beginning_is_not_taken_off(tmp_path: Path) -> None:
    """The released list lacks commas: the B of "Best" is read as the answer."""
    assert verdict(one(tmp_path), "Best answer: C").details == {"released": 1.0}
    assert not verdict(one(tmp_path), "Best answer: C").strict


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"type": "abs_colour"}, "row 2 has the type 'abs_colour'"),
        ({"type": None}, "row 2 has no column type or task_type"),
        ({"videoID": ""}, "row 2 has no column videoID or video"),
        ({"options": None}, "row 2: its options are no list of words"),
        ({"options": "['A. x' 'B. y']"}, "row 2 has 1 options"),
        ({"options": "['A. x'"}, "row 2: its options are no list as"),
        ({"options": "['a'*9]"}, "row 2: its options are no list as"),
        ({"videoID": "http://[::1/a.mp4"}, "'http://[::1/a.mp4' is no video below a folder"),
        ({"answer": "E"}, "row 2: has the answer 'E', which is the letter of no option"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, more: Any, said: str) -> None:
    (tmp_path / "b.jsonl").write_text(f"{json.dumps(ROW)}\n{json.dumps({**ROW, **more})}\n")
    with pytest.raises(BadInput, match=r"b\.jsonl: row 2") as found:
        read(tmp_path / "b.jsonl")
    assert said in str(found.value)


def test_a_parquet_file_may_be_damaged_anywhere(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "b.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([ROW]), path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with suppress(BadInput):
            read(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(BadInput, match="is no regular file"):
        read(path)


def test_a_file_of_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.tsv").write_text("index\tvideo\n")
    with pytest.raises(BadInput, match="holds no questions"):
        read(tmp_path / "b.tsv")


def test_means() -> None:
    suite = PUBLISHED["DSR Suite-7B"]
    means = summarise({name: suite[name] for name in SIZES})
    assert means["micro"] == pytest.approx(suite["micro"], abs=0.1)
    assert round(means["macro"], 1) == 64.2
    assert summarise({"abs_dis": 1.0}) == {"abs_dis": 1.0}
