"""Benchmarks about pictures from published files to figures: ``vtb-prepare questions``, then ``vtb-eval score``."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract.command_line import call
from stages.prepare.picture_questions import COMT, PICTURES, ask, draw, good, lines, zipped
from vtb.artifact import read_manifest

MAPS: list[dict[str, Any]] = [
    {"text_input": "<image> Go.", "image_input": ["imgs_test/level3/img/1.png"], "map_id": "1",
     "map_desc": [[1, 0, 0], [-1, 0, 0], [0, 0, 2]]},
    {"text_input": "<image> Go.", "image_input": ["imgs_test/level4/img/1.png"], "map_id": "1",
     "map_desc": [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]]},
]  # fmt: skip


def score(asked: str, folder: Path, answers: Mapping[str, str]) -> dict[str, Any]:
    """The figures on texts by the keys of their questions."""
    (folder / "texts").mkdir()
    for key, text in answers.items():
        (folder / "texts" / f"{key}.txt").write_text(text, encoding="utf-8")
    out = folder / "scores"
    given = ("--input", asked, "--answers", folder / "texts", "--output", out, "--workers", "1")
    good(call("vtb-eval", "score", *given))
    found: dict[str, Any] = json.loads((out / "scores.json").read_text())
    return found


def test_comt_scored(tmp_path: Path) -> None:
    lines(tmp_path / "TEST.jsonl", COMT)
    comt = good(ask("comt", tmp_path / "TEST.jsonl", tmp_path / "out", "--images", draw(tmp_path / "data", PICTURES)))
    said = {"comt-1": "The answer is 70 degrees.", "comt-2": "(B)", "comt-3": "A", "comt-4": "7 mm"}
    figures = score(comt, tmp_path, said)
    assert {name: share["strict"]["right"] for name, share in figures["per_task"].items()} == {
        "creation": 1, "deletion": 1, "update": 0, "selection": 0,
    }  # fmt: skip
    assert figures["overall"]["strict"]["rate"] == 0.5
    table = figures["benchmarks"]["comt"]
    assert table["own"]["this run"]["macro"] == 50
    assert (table["published"], table["not comparable"]) == ({}, [])
    released = figures["per_signal"]["text"]["means"]
    assert {name: one["released"] for name, one in released.items()} == {
        "creation": 0, "deletion": 1, "update": 1, "selection": 0,
    }  # fmt: skip
    page = (tmp_path / "scores" / "report.html").read_text()
    assert "the script which was released with the data" in page
    assert "Not to be compared with the published figures" not in page


def test_vsp_scored(tmp_path: Path) -> None:
    lines(tmp_path / "test_direct.jsonl", MAPS)
    draw(tmp_path / "data", ["imgs_test/level3/img/1.png", "imgs_test/level4/img/1.png"])
    out = good(ask("vsp", tmp_path / "test_direct.jsonl", tmp_path / "out", "--images", tmp_path / "data"))
    figures = score(out, tmp_path, {"vsp-3-1": "\\boxed{RDRD}", "vsp-4-1": "R, D, D, D, R, R"})
    assert figures["per_task"]["vsp_3"]["strict"]["right"] == 1
    assert figures["per_task"]["vsp_4"]["strict"]["right"] == 0
    assert figures["reasons"] == {"solved": 1, "into a hole": 1}
    assert figures["benchmarks"]["vsp"]["own"]["this run"] == {"3x3": 100, "4x4": 0}


def test_virl39k_scored_by_category(tmp_path: Path) -> None:
    row = {"question": "<image> How many?", "answer": "\\boxed{\\frac{1}{2}}", "category": "A B", "source": "s",
           "PassRate_32BTrained": 0.5, "PassRate_7BBase": 0.5, "image": ["images/1.png"]}  # fmt: skip
    rows = [{**row, "qid": "1"}, {**row, "qid": "2", "category": "C"}, {**row, "qid": "3", "answer": "\\boxed{{1}"},
            {**row, "qid": "4", "question": "How many?", "image": []}]  # fmt: skip
    lines(tmp_path / "rows.jsonl", rows)
    archive = zipped(draw(tmp_path / "data", ["images/1.png"]), tmp_path / "images.zip")
    done = ask("virl39k", tmp_path / "rows.jsonl", tmp_path / "out", "--images", archive)
    out = good(done)
    assert "rows left out: 1 (its \\boxed{} does not close), 1 (shows no picture)" in done.err
    assert read_manifest(out).metrics["left_out"] == {"its \\boxed{} does not close": 1, "shows no picture": 1}
    figures = score(out, tmp_path, {"virl39k-1": "\\boxed{0.5}", "virl39k-2": "\\boxed{2}"})
    assert figures["per_task"]["virl39k_a_b"]["strict"]["rate"] == 1
    assert figures["per_task"]["virl39k_c"]["strict"]["rate"] == 0


def test_mmmu_scored_with_the_pictures_of_its_file(tmp_path: Path) -> None:
    place = draw(tmp_path, ["a.png"]) / "a.png"
    image = base64.b64encode(place.read_bytes()).decode()
    head = ("index", "question", "A", "B", "answer", "category", "split", "image")
    rows = [head, ("1", "<image 1> Which?", "yes, it is", "no", "A", "Math", "validation", image),
            ("2", "Which?", "", "", "12", "Art", "validation", "1"),
            ("3", "x", "", "", "1", "Art", "dev", image)]  # fmt: skip
    (tmp_path / "m.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    out = good(ask("mmmu", tmp_path / "m.tsv", tmp_path / "out"))
    assert read_manifest(out).metrics["questions"] == 2
    figures = score(out, tmp_path, {"mmmu-1": "A", "mmmu-2": "I think it is 13"})
    assert figures["per_task"]["mmmu_math"]["strict"]["rate"] == 1
    assert figures["per_task"]["mmmu_art"]["strict"]["rate"] == 0
