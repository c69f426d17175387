"""``vtb-prepare virl39k``: the published rows and pictures become rows for GRPO that the reward can judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call
from stages.prepare.picture_questions import draw, lines, zipped
from stages.prepare.prepare_runs import picture_of, rows
from vtb.artifact import Manifest, read_manifest
from vtb.media.image import decode_image
from vtb.rewards.registry import find_reward

BASE = {"answer": "\\boxed{12}", "PassRate_32BTrained": 0.5, "PassRate_7BBase": 0.25, "category": "Geometry",
        "source": "Processed"}  # fmt: skip


def published() -> list[dict[str, Any]]:
    """Forty rows about thirty pictures: ten in pairs that share one."""
    found = [
        {**BASE, "qid": f"q-{n}", "question": f"<image>\nHow many, {n}?", "image": [f"images/{n % 30}.png"]}
        for n in range(40)
    ]
    found[0] |= {"question": "<image><image> Which one?\n(A) one (B) two", "answer": "\\boxed{B}",
                 "image": ["images/0.png", "images/5.png"]}  # fmt: skip
    found[1] |= {"PassRate_32BTrained": 1.0}
    found[2] |= {"PassRate_32BTrained": 0.05}
    found[3] |= {"PassRate_32BTrained": -1.0, "PassRate_7BBase": -1.0}
    found[4] |= {"answer": "\\boxed{\\frac{1}{2}"}
    found[6] |= {"category": "Charts & Tables"}
    found[7] |= {"question": "What is 3 * 4?", "image": [], "source": "DeepScaleR"}
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import pyarrow
    import pyarrow.parquet

    base = tmp_path_factory.mktemp("virl39k")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(published()), base / "rows.parquet")
    zipped(draw(base / "data", [f"images/{n}.png" for n in range(30)]), base / "images.zip")
    return base


def prepare(world: Path, output: Path, *more: object, **other: Path) -> Result:
    questions, images = other.get("questions", world / "rows.parquet"), other.get("images", world / "images.zip")
    words = ("--questions", questions, "--images", images, "--output", output, "--workers", "1", *more)
    return call("vtb-prepare", "virl39k", *words)


def good(result: Result) -> Manifest:
    assert result.code == 0, result.err
    return read_manifest(result.out.strip(), ("swift-dataset",))


@pytest.fixture(scope="module")
def made(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "out"
    good(prepare(world, out, "--val", "0.3"))
    return out


def test_a_row(made: Path, world: Path) -> None:
    every = {row["id"]: row for split in ("train", "val") for row in rows(made, f"{split}_grpo.jsonl")}
    row = every["virl39k-q-8"]
    assert set(row) == {
        "messages", "images", "solution", "task_type", "task_group", "id", "example", "category", "source",
        "pass_rate_32b", "pass_rate_7b",
    }  # fmt: skip
    (message,) = row["messages"]
    assert message["role"] == "user"
    assert message["content"].startswith("<image>How many, 8?\nThink it through")
    assert (row["solution"], row["task_type"], row["category"]) == ("12", "virl39k_geometry", "Geometry")
    assert (row["pass_rate_32b"], row["pass_rate_7b"], row["source"]) == (0.5, 0.25, "Processed")
    assert (decode_image(picture_of(made, row)) == decode_image((world / "data/images/8.png").read_bytes())).all()
    two = every["virl39k-q-0"]
    assert two["messages"][0]["content"].startswith("<image><image>Which one?\n(A) one (B) two\n")
    assert len(two["images"]) == 2
    assert two["solution"] == "B"
    assert every["virl39k-q-6"]["task_type"] == "virl39k_charts_tables"


def test_the_reward_judges_a_row(made: Path) -> None:
    every = {row["id"]: row for split in ("train", "val") for row in rows(made, f"{split}_grpo.jsonl")}
    parts = find_reward("vtb").parts
    assert parts("<answer>12</answer>", every["virl39k-q-8"])["correct"] == 1
    assert parts("<think>x</think><answer>\\boxed{12}</answer>", every["virl39k-q-8"])["correct"] == 1
    assert parts("<answer>13</answer>", every["virl39k-q-8"])["correct"] == 0
    assert parts("<answer>(B)</answer>", every["virl39k-q-0"])["correct"] == 1
    assert parts("<answer>A or B</answer>", every["virl39k-q-0"])["correct"] == 0


def test_what_is_left_out_is_counted(world: Path, tmp_path: Path) -> None:
    done = prepare(
        world, tmp_path / "out", "--min-pass-rate", "0.1", "--max-pass-rate", "0.9", "--category", "geometry"
    )
    manifest = good(done)
    assert manifest.metrics["left_out"] == {
        "has no pass rate": 1, "its \\boxed{} does not close": 1, "of another category": 1,
        "pass rate above --max-pass-rate": 1, "pass rate below --min-pass-rate": 1, "shows no picture": 1,
    }  # fmt: skip
    assert sum(manifest.metrics["rows"].values()) == 34
    assert done.err.count("rows left out") == 1
    assert manifest.plan.config["category"] == ["geometry"]


def test_rows_that_are_asked_for(world: Path, tmp_path: Path) -> None:
    manifest = good(prepare(world, tmp_path / "out", "--unannotated", "--text-only", "--val", "0"))
    assert manifest.metrics["left_out"] == {"its \\boxed{} does not close": 1}
    every = {row["id"]: row for row in rows(tmp_path / "out", "train_grpo.jsonl")}
    assert every["virl39k-q-7"]["images"] == []
    assert every["virl39k-q-7"]["messages"][0]["content"].startswith("What is 3 * 4?")
    assert every["virl39k-q-3"]["pass_rate_32b"] is None
    assert not rows(tmp_path / "out", "val_grpo.jsonl")


def test_no_picture_is_in_both_splits(made: Path, world: Path) -> None:
    shown = [
        {picture_of(made, {"images": [path]}) for row in rows(made, f"{split}_grpo.jsonl") for path in row["images"]}
        for split in ("train", "val")
    ]
    assert all(shown)
    assert not shown[0] & shown[1]


def test_the_held_out_rows_can_be_asked(made: Path, world: Path, tmp_path: Path) -> None:
    held = rows(made, "held_out.jsonl")
    assert [row["qid"] for row in held] == [row["id"][8:] for row in rows(made, "val_grpo.jsonl")]
    asked = ("--benchmark", "virl39k", "--questions", made / "held_out.jsonl", "--images", world / "images.zip")
    done = call("vtb-prepare", "questions", *asked, "--output", tmp_path / "out", "--workers", "1")
    assert done.code == 0, done.err
    assert read_manifest(done.out.strip()).metrics["questions"] == len(held)


def test_the_same_rows_from_a_folder_and_from_lines(made: Path, world: Path, tmp_path: Path) -> None:
    questions = lines(tmp_path / "rows.jsonl", published())
    good(prepare(world, tmp_path / "out", "--val", "0.3", questions=questions, images=world / "data"))
    for name in ("train_grpo.jsonl", "val_grpo.jsonl", "held_out.jsonl"):
        assert (tmp_path / "out" / name).read_bytes() == (made / name).read_bytes()


def test_missing_pictures_are_counted_and_refused(world: Path, tmp_path: Path) -> None:
    draw(tmp_path / "data", [f"images/{n}.png" for n in range(29)])
    refused = prepare(world, tmp_path / "out", images=tmp_path / "data")
    assert refused.code == 5
    assert "1 of 37 questions lack a picture" in refused.err
    kept = good(prepare(world, tmp_path / "out", "--max-bad", "0.05", images=tmp_path / "data"))
    assert len(kept.metrics["bad"]) == 1


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--category", "Algebra"), 3, "no row has it: choose from Charts & Tables, Geometry"),
        (("--min-pass-rate", "0.9", "--max-pass-rate", "0.1"), 2, "is above --max-pass-rate"),
        (("--min-pass-rate", "0.6", "--max-pass-rate", "0.7"), 3, "no row is left"),
        (("--min-pass-rate", "2"), 2, "--min-pass-rate"),
    ],
)
def test_choices_that_leave_nothing(world: Path, tmp_path: Path, more: tuple[str, ...], code: int, said: str) -> None:
    refused = prepare(world, tmp_path / "out", *more)
    assert refused.code == code
    assert said in refused.err


def test_rows_that_are_none_are_named(world: Path, tmp_path: Path) -> None:
    questions = lines(tmp_path / "rows.jsonl", [{**published()[0], "answer": None}])
    refused = prepare(world, tmp_path / "out", questions=questions)
    assert refused.code == 3
    assert "rows.jsonl: row 1 has no column answer" in refused.err
    assert json.loads((tmp_path / "rows.jsonl").read_text())["qid"] == "q-0"
