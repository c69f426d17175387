"""``vtb-prepare latent`` from published rows: every form is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from contract.command_line import files, without_run
from stages.prepare.latent_rows_of_others import COLUMNS, comt, good, media, picture, prepare, write
from stages.prepare.latent_rows_of_others import root as root  # a fixture
from stages.prepare.prepare_runs import rows
from vtb.artifact import read_manifest
from vtb.media.image import decode_image
from vtb.tasks.registry import decode_example, task_of


def everything(folder: Path) -> list[dict[str, Any]]:
    names = [name for name in ("train.jsonl", "val.jsonl") if (folder / name).exists()]
    return [row for name in names for row in rows(folder, name)]


def test_rows_of_ilvr(root: Path, tmp_path: Path) -> None:
    manifest = good(tmp_path, root, root, "--val", "0")
    assert manifest.metrics == {"rows": {"train": 8, "val": 0}, "segments": {"2": 8}, "left_out": []}
    stored, given = media(tmp_path), [json.loads(line) for line in (root / "TRAIN.jsonl").read_text().splitlines()]
    made = rows(tmp_path, "train.jsonl")
    for number, (row, theirs) in enumerate(zip(made, given, strict=True)):
        assert set(row) == COLUMNS
        assert row["id"] == f"TRAIN-{number + 1:06d}"
        assert row["text_input"] == theirs["text_input"]
        assert row["original_final_answer"] == theirs["original_final_answer"]
        assert row["task"] == theirs["image_input"][0].split("/")[1]
        judged = decode_example(row["example"].encode())
        assert (judged.source, judged.task, judged.answer) == ("comt", row["task"], f"{number}°")
        assert task_of(judged).score_text(judged.payload, f"So. The final answer is: {number} degrees").strict
        stem = f"media/00000/{number:06d}"
        assert row["image_input"] == [f"{stem}-input-1.png"]
        assert [step.get("helper_image") for step in row["sequence_plan"]] == [
            None, f"{stem}-helper-1.jpg", None, f"{stem}-helper-2.png", None,
        ]  # fmt: skip
        for step, other in zip(row["sequence_plan"], theirs["sequence_plan"], strict=True):
            assert step["type"] == other["type"]
            assert step.get("content") == other.get("content")
            if step["type"] == "latent":
                assert stored[step["helper_image"]] == (root / other["helper_image"]).read_bytes()
        assert stored[row["image_input"][0]] == (root / theirs["image_input"][0]).read_bytes()
    assert {entry.kind for entry in manifest.plan.inputs} == {"latent-rows", "pictures"}


def test_questions_on_one_picture_stay_in_one_split(tmp_path: Path) -> None:
    given = comt(tmp_path / "data", 60)
    given[0]["image_input"] = [given[0]["image_input"][0], given[30]["image_input"][0]]  # which joins four rows
    copy = tmp_path / "data" / "images_comt" / "creation" / "copy.png"
    copy.write_bytes((tmp_path / "data" / given[10]["image_input"][0]).read_bytes())
    given[20]["image_input"] = ["images_comt/creation/copy.png"]  # the same picture by another name
    data = write(tmp_path / "data" / "TRAIN.jsonl", given)
    manifest = good(tmp_path / "a", data, tmp_path / "data", "--val", "0.4")
    ids = {split: {row["id"] for row in rows(tmp_path / "a", f"{split}.jsonl")} for split in ("train", "val")}
    assert 8 <= manifest.metrics["rows"]["val"] <= 40
    together = [{0, 1, 30, 31}, {10, 11, 20}, *({n, n + 1} for n in range(40, 60, 2))]
    for group in together:
        names = {f"TRAIN-{number + 1:06d}" for number in group}
        assert names <= ids["train"] or names <= ids["val"]
    good(tmp_path / "b", data, tmp_path / "data", "--val", "0.4", "--seed", "1")
    assert {row["id"] for row in rows(tmp_path / "b", "val.jsonl")} != ids["val"]


def test_the_same_bytes_by_workers_parts_and_place(tmp_path: Path) -> None:
    data = write(tmp_path / "data" / "TRAIN.jsonl", comt(tmp_path / "data", 140))
    good(tmp_path / "one", data, tmp_path / "data")
    good(tmp_path / "two", data, tmp_path / "data", "--workers", "2")
    for index in (2, 1, 0):
        part = ("--num-shards", "3", "--shard-index", index)
        assert prepare(tmp_path / "parts", data.parent, tmp_path / "data", *part).code == 0
    whole = without_run(files(tmp_path / "one"))
    assert len(read_manifest(str(tmp_path / "one")).shards) == 3
    assert without_run(files(tmp_path / "two")) == whole
    assert without_run(files(tmp_path / "parts")) == whole


def test_rows_of_mirage(tmp_path: Path) -> None:
    picture(tmp_path / "data" / "in.png", 1)
    picture(tmp_path / "data" / "out.png", 2)
    shared = {"text_input": "Where to?", "image_input": "in.png", "image_output": "out.png"}
    given = [
        {**shared, "text_output": "I draw it: <output_image> so it is \\boxed{LLD}."},
        {**shared, "text_output": "Left."},
        {**shared, "text_output": "<output_image>Up.", "original_final_answer": "U"},
    ]
    data = write(tmp_path / "data.jsonl", given)
    manifest = good(tmp_path / "out", data, tmp_path / "data", "--val", "0")
    made = rows(tmp_path / "out", "train.jsonl")
    plans = [[step.get("content", "<latent>") for step in row["sequence_plan"]] for row in made]
    assert plans == [["I draw it: ", "<latent>", " so it is \\boxed{LLD}."], ["<latent>", "Left."], ["<latent>", "Up."]]
    assert [row["original_final_answer"] for row in made] == ["LLD", "Left.", "U"]
    assert {(row["task"], row["example"]) for row in made} == {("single", "")}  # nobody judges them
    assert manifest.metrics["segments"] == {"1": 3}


def test_rows_with_depth_maps(tmp_path: Path) -> None:
    """A list of JSON with the paths of another machine; a map of sixteen bits becomes one that everybody can read."""
    picture(tmp_path / "data" / "image" / "x.jpg", 1)
    depth = (np.arange(24 * 32, dtype=np.uint16) * 80).reshape(24, 32)
    (tmp_path / "data" / "depth").mkdir()
    Image.fromarray(depth).save(tmp_path / "data" / "depth" / "x.png")
    row = {"id": 17, "image_path": "/mnt/a/image/x.jpg", "depth_path": "/mnt/a/depth/x.png", "question": "Which?",
           "answer": "B", "cot": "O_pre:\nI need the depth.\n\nO_post:\nB is nearer."}  # fmt: skip
    (tmp_path / "rows.json").write_text(json.dumps([row, {**row, "id": "18"}]))
    good(tmp_path / "out", tmp_path / "rows.json", tmp_path / "data", "--val", "0")
    one, other = rows(tmp_path / "out", "train.jsonl")
    assert [one["id"], other["id"], one["task"]] == ["17", "18", "think"]
    assert [step.get("content") for step in one["sequence_plan"]] == [
        "<think>I need the depth.</think>", None, "<think>B is nearer.</think>", "<answer>B</answer>",
    ]  # fmt: skip
    stored = media(tmp_path / "out")
    shown = decode_image(stored[one["sequence_plan"][1]["helper_image"]])
    assert shown.min() == 0
    assert 230 <= shown.max() <= 255
    assert stored[one["image_input"][0]] == (tmp_path / "data" / "image" / "x.jpg").read_bytes()


def test_placeholders_stay_and_other_marks_are_broken(root: Path, tmp_path: Path) -> None:
    row = comt(root, 2)[0]
    row["image_input"] = [row["image_input"][0]] * 2
    row["text_input"] = "Is <image> like <image>?<|im_end|>"
    row["sequence_plan"][0]["content"] = "See <image>. <|endoftext|>"
    good(tmp_path / "out", write(tmp_path / "rows.jsonl", [row]), root, "--val", "0")
    (made,) = rows(tmp_path / "out", "train.jsonl")
    assert made["text_input"] == "Is <image> like <image>?< |im_end|>"
    assert made["sequence_plan"][0]["content"] == "See < image>. < |endoftext|>"


def test_damaged_text_is_still_a_row(root: Path, tmp_path: Path) -> None:
    """Half of a character, a byte-order mark, other ends of lines."""
    row = {**comt(root, 2)[0], "text_input": "Which \ud83d? \u2028 one"}
    data = tmp_path / "rows.jsonl"
    data.write_bytes(b"\xef\xbb\xbf" + json.dumps(row).encode() + b"\r\n")
    good(tmp_path / "out", data, root, "--val", "0")
    (made,) = rows(tmp_path / "out", "train.jsonl")
    assert made["text_input"] == "Which ?? \u2028 one"


def test_a_dry_run_reads_the_rows(root: Path, tmp_path: Path) -> None:
    result = prepare(tmp_path / "o", root, root, "--dry-run")
    assert "8 rows with helper pictures in 1 shards" in result.out
    assert not (tmp_path / "o").exists()
