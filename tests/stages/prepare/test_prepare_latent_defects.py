"""``vtb-prepare latent`` from published rows: every defect is named with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stages.prepare.latent_rows_of_others import comt, good, picture, prepare, write
from stages.prepare.latent_rows_of_others import root as root  # a fixture


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


def test_a_folder_that_rows_name_twice_is_told(root: Path, tmp_path: Path) -> None:
    row = comt(root, 2)[0]
    row["image_input"] = [f"images_comt/{row['image_input'][0]}"]
    refused = prepare(tmp_path / "o", write(tmp_path / "rows.jsonl", [row]), root)
    assert "rows.jsonl, line 1: 'images_comt/images_comt/creation/0.png' is not in the folder" in refused.err
    assert "it names images_comt/ twice: write it once in the rows" in refused.err


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
