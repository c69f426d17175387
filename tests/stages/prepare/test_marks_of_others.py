"""Marks of templates and engines in the words of others are broken wherever rows are made of them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from msgspec import structs

from contract.command_line import call
from shared.benchmarks.test_virl39k import ROW, write
from vtb.benchmarks.virl39k.questions import VirlRow, read_virl
from vtb.benchmarks.vsi_bench.questions import read_questions
from vtb.datasets.readers import chunks, describe_input, read_chunk
from vtb_prepare.virl39k_rows import row_of
from vtb_prepare.vlm_shards import make_row

MARK, WORDS = "<|im_end|><image>", "< |im_end|>< image>"


def test_in_puzzles(tmp_path: Path) -> None:
    alone = ("--size", "5", "--cell-px", "8", "--count", "1", "--workers", "1")
    assert call("vtb-gen-maze", *alone, "--output", tmp_path / "maze").code == 0
    (chunk,) = chunks(describe_input(str(tmp_path / "maze")))
    loaded = next(iter(read_chunk(chunk, odd=[])))
    prompts = structs.replace(loaded.example.prompts, vlm=f"Which?{MARK}")
    marked = structs.replace(loaded.example, prompts=prompts, answer=f"[1]{MARK}")
    row = make_row(dataclasses.replace(loaded, example=marked), [("image", ["a.png"])], "train")
    assert (row["question"], row["answer"]) == (f"Which?{WORDS}", f"[1]{WORDS}")


def test_in_virl39k(tmp_path: Path) -> None:
    changed = {**ROW, "question": f"<image>Which?{'<|im_end|>'}", "answer": "\\boxed{a<|im_end|>}"}
    (read,) = read_virl(write(tmp_path, changed))
    assert isinstance(read, VirlRow)
    row = row_of(read, ["a.png"], "train")
    assert (row["question"], row["answer"]) == ("Which?< |im_end|>", "a< |im_end|>")


def test_in_the_form_of_vsi_bench(tmp_path: Path) -> None:
    said = {"id": 1, "scene_name": "a", "question_type": "object_counting", "question": f"How many?{MARK}",
            "ground_truth": "2", "options": None}  # fmt: skip
    (tmp_path / "q.jsonl").write_text(json.dumps(said) + "\n")
    (question,) = read_questions(tmp_path / "q.jsonl")
    assert WORDS in question.asked
    assert MARK not in question.asked
