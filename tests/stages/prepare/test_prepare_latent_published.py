"""``vtb-prepare latent`` from published rows: every form is read, every defect is named with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from contract.command_line import files, without_run
from stages.prepare.latent_rows_of_others import COLUMNS, comt, media, picture, prepare, write
from stages.prepare.prepare_runs import rows
from vtb.artifact import Manifest, read_manifest
from vtb.media.image import decode_image


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it is published: TRAIN.jsonl, and the pictures below images_comt/."""
    base = tmp_path_factory.mktemp("comt")
    write(base / "TRAIN.jsonl", comt(base))
    return base


def good(output: Path, data: Path, images: Path, *more: object) -> Manifest:
    result = prepare(output, data, images, *more)
    assert result.code == 0, result.err
    return read_manifest(str(output), ("latent-dataset",))


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
        assert row["example"] == ""
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
    assert {row["task"] for row in made} == {"single"}
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


def changed(**fields: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda row: {**row, **fields}


def without(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda row: {key: value for key, value in row.items() if key != name}


def plan(*steps: Any) -> Callable[[dict[str, Any]], Any]:
    return changed(sequence_plan=list(steps))


SAID = {"type": "text", "content": "So."}
DEFECTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no JSON": (lambda row: '{"text_input": ', "is no JSON"),
    "no object": (lambda row: "[1]", "is no object of JSON"),
    "no question": (without("text_input"), "missing required field `text_input`"),
    "question of another type": (changed(text_input=3), "Expected `str`, got `int`.*text_input"),
    "blank question": (changed(text_input=" "), "its question has no words"),
    "only a placeholder": (changed(text_input="<image>"), "its question has no words"),
    "pictures of another type": (changed(image_input={"a": 1}), "image_input"),
    "empty path": (changed(image_input=[""]), "image_input"),
    "no plan": (without("sequence_plan"), "missing required field `sequence_plan`"),
    "empty plan": (plan(), "sequence_plan"),
    "plan of another type": (changed(sequence_plan="So."), "Expected `array`, got `str`.*sequence_plan"),
    "unknown step": (plan(SAID, {"type": "image", "helper_image": "a.png"}), "'image'.*sequence_plan"),
    "step without a type": (plan({"content": "So."}), "type"),
    "no helper picture": (plan(SAID, {"type": "latent"}), "missing required field `helper_image`"),
    "empty helper picture": (plan(SAID, {"type": "latent", "helper_image": ""}), "helper_image"),
    "blank plan": (plan({"type": "text", "content": " \n"}), "its plan has no words"),
    "no answer": (without("original_final_answer"), "missing required field `original_final_answer`"),
    "answer of another type": (changed(original_final_answer=70), "Expected `str`, got `int`"),
    "pad in the plan": (plan({"type": "text", "content": "A <|latent_pad|>"}), "its plan has the mark <.latent_pad.>"),
    "start in the question": (changed(text_input="<|latent_start|>?"), "the question has the mark <.latent_start.>"),
    "end in the answer": (changed(original_final_answer="<|latent_end|>"), "the answer has the mark <.latent_end.>"),
    "too many placeholders": (changed(text_input="<image><image>?"), "has 2 <image> for 1 pictures"),
    "id of another": (changed(id="one"), "has the id of rows.jsonl, line 1, 'one'"),
    "picture gone": (changed(image_input=["images_comt/gone.png"]), "'images_comt/gone.png' is not in the folder"),
    "helper gone": (plan(SAID, {"type": "latent", "helper_image": "images_comt/no.png"}), "no.png' is not in the"),
    "path up": (changed(image_input=["images_comt/../../secret.png"]), "leads out of the folder of pictures"),
    "absolute path": (changed(image_input=["/etc/hostname"]), "'/etc/hostname' leads out of the folder"),
    "link out": (changed(image_input=["images_comt/link.png"]), "is a link that leads out"),
    "path with a zero": (changed(image_input=["a\0b"]), "leads out of the folder"),
    "a folder": (changed(image_input=["images_comt"]), "cannot be read"),
    "no picture": (changed(image_input=["images_comt/words.png"]), "words.png' is not a readable picture"),
    "cut short": (changed(image_input=["images_comt/short.png"]), "short.png' is not a readable picture"),
}


@pytest.fixture(scope="module")
def traps(root: Path) -> Path:
    """Beside the pictures, what is none."""
    picture(root.parent / "secret.png", 5)
    (root / "images_comt" / "link.png").symlink_to(root.parent / "secret.png")
    (root / "images_comt" / "words.png").write_text("no picture")
    whole = (root / "images_comt" / "creation" / "0.png").read_bytes()
    (root / "images_comt" / "short.png").write_bytes(whole[: len(whole) // 2])
    return root


@pytest.mark.parametrize("name", DEFECTS)
def test_every_defect_names_file_and_line(traps: Path, tmp_path: Path, name: str) -> None:
    harm, says = DEFECTS[name]
    given = comt(traps, 4)
    given[0]["id"] = "one"
    data = write(tmp_path / "rows.jsonl", [given[0], given[1], harm(given[2]), given[3]])
    refused = prepare(tmp_path / "out", data, traps, "--val", "0")
    assert refused.code == 5, refused.err
    (line,) = refused.error_lines
    assert "1 of 4 rows cannot be used" in line
    assert re.search(f"rows.jsonl, line 3: .*{says}", line), line
    kept = good(tmp_path / "out", data, traps, "--max-bad", "0.25", "--val", "0")
    assert kept.metrics["rows"] == {"train": 3, "val": 0}
    (left_out,) = kept.metrics["left_out"]
    assert left_out.startswith("rows.jsonl, line 3: ")


SINGLE = {"text_input": "?", "text_output": "So.", "image_input": "images_comt/creation/0.png",
          "image_output": "images_comt/creation/0.png"}  # fmt: skip
THINK = {"id": "1", "image_path": "creation/0.png", "depth_path": "creation/0.png", "question": "?", "answer": "B",
         "cot": "O_pre:\nA\n\nO_post:\nB"}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({**SINGLE, "text_output": "<output_image> and <output_image>"}, "more than one <output_image>"),
        ({**SINGLE, "text_output": " <output_image> "}, "its plan has no words"),
        ({**SINGLE, "image_output": None}, "image_output"),
        ({**THINK, "cot": "I think."}, "its cot is not `O_pre:`"),
        ({**THINK, "cot": "O_pre:\n\nO_post:\nB"}, "its cot is not `O_pre:`"),
        ({**THINK, "answer": 3}, "Expected `str`, got `int`"),
        ({**THINK, "image_path": "x/../0.png"}, "leads out"),
    ],
)
def test_defects_of_the_other_forms(root: Path, tmp_path: Path, row: dict[str, Any], says: str) -> None:
    data = write(tmp_path / "rows.jsonl", [row])
    refused = prepare(tmp_path / "out", data, root / "images_comt" if "cot" in row else root)
    assert refused.code == 5, refused.err
    assert f"{says}" in refused.err
    assert "rows.jsonl, line 1: " in refused.err


def test_a_file_to_test_with_is_refused(root: Path, tmp_path: Path) -> None:
    given = [{key: value for key, value in row.items() if key != "sequence_plan"} for row in comt(root, 4)]
    for form in ("auto", "interleaved"):
        refused = prepare(tmp_path / "o", write(tmp_path / "TEST.jsonl", given), root, "--form", form, "--max-bad", "1")
        assert refused.code == 3, refused.err
        assert "no row has a sequence_plan: it is a file to test with, which no model may learn from" in refused.err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no rows"), ("\n\n", "holds no rows"), ("words\n", "holds no rows"), ("[1, 2]", "holds no rows"),
        ('[{"a": 1}', "cannot be read as JSON"), ('{"a": 1, "b": 2}\n', "has the keys a, b, none of the known forms"),
    ],
)  # fmt: skip
def test_files_that_hold_something_else(root: Path, tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "rows.jsonl").write_text(content)
    refused = prepare(tmp_path / "o", tmp_path / "rows.jsonl", root, "--max-bad", "1")
    assert (refused.code, says in refused.err) == (3, True), refused.err


def test_a_folder_without_rows_to_learn_from(root: Path, tmp_path: Path) -> None:
    refused = prepare(tmp_path / "o", root / "images_comt", root)
    assert (refused.code, "holds no TRAIN.jsonl" in refused.err) == (3, True), refused.err


@pytest.mark.parametrize("given", ["images_comt", "..", "wrapped"])
def test_the_wrong_root_is_told_the_right_one(root: Path, tmp_path: Path, given: str) -> None:
    """One folder too deep, one too high, and pictures below ``images_comt/images_comt``."""
    (tmp_path / "top").mkdir()
    data = write(tmp_path / "rows.jsonl", comt(tmp_path / "top" / "images_comt" if given == "wrapped" else root, 4))
    place = {"images_comt": root / "images_comt", "..": root.parent, "wrapped": tmp_path / "top"}[given]
    right = tmp_path / "top" / "images_comt" if given == "wrapped" else root
    refused = prepare(tmp_path / "o", data, place)
    assert refused.code == 5
    assert "--images should be the folder that contains images_comt/: give " in refused.err
    said = refused.err.rpartition("give ")[2].split(";")[0]
    assert Path(said).resolve() == right.resolve()


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
