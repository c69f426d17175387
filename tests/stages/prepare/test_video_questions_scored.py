"""Benchmarks about videos from published files to figures: ``vtb-prepare questions``, then ``vtb-eval score``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract.command_line import call
from stages.prepare.room_films import film, room
from vtb.artifact import read_manifest


def good(command: str, *words: object) -> str:
    result = call(command, *words)
    assert result.code == 0, result.err
    return result.out.strip()


def score(base: Path, benchmark: str, rows: Any, answers: Mapping[str, str], *more: object) -> dict[str, Any]:
    """The figures on texts by the keys of their questions."""
    (base / "all.json").write_text(json.dumps(rows))
    given = ("--questions", base / "all.json", "--videos", base / "videos", "--frames", "2", "--workers", "1", *more)
    asked = good("vtb-prepare", "questions", "--benchmark", benchmark, *given, "--output", base / "asked")
    (base / "texts").mkdir()
    for key, text in answers.items():
        (base / "texts" / f"{key}.txt").write_text(text)
    given = ("--input", asked, "--answers", base / "texts", "--workers", "1")
    good("vtb-eval", "score", *given, "--output", base / "scores")
    found: dict[str, Any] = json.loads((base / "scores" / "scores.json").read_text())
    return found


def test_vlm4d_scored(tmp_path: Path) -> None:
    film(tmp_path / "videos" / "davis" / "a.mp4", room(0))
    film(tmp_path / "videos" / "synthetic" / "b.mp4", room(1))
    row = {"id": "validation_1", "video": "https://huggingface.co/datasets/x/y/resolve/main/videos_real/davis/a.mp4",
           "question": "Where to?", "choices": {"A": "left", "B": "No"}, "answer": "left"}  # fmt: skip
    rows = [row, {**row, "id": "validation_1000"}, {**row, "video": "synthetic/b.mp4"},
            {**row, "id": "validation_2", "video": "synthetic/b.mp4", "answer": "No"}]  # fmt: skip
    said = {
        "vlm4d-real-validation_1": "Therefore, the final answer is: A", "vlm4d-real-validation_1000": "B",
        "vlm4d-synthetic-validation_1": "left", "vlm4d-synthetic-validation_2": "A",
    }  # fmt: skip
    figures = score(tmp_path, "vlm4d", rows, said)
    table = figures["benchmarks"]["vlm4d"]
    assert table["own"]["this run"] == {
        "overall": 72.8, "macro": 50, "real": 67.3, "real_ego": 0, "real_exo": 100, "synthetic": 89.9,
        "synthetic_directional": 100, "synthetic_fp": 0,
    }  # fmt: skip
    assert table["published"]["Gemini-2.5-Pro"]["overall"] == 61.95
    assert table["not comparable"][1] == "4 questions, not the benchmark's 1,816"
    assert "InternVL2.5-38B" in (tmp_path / "scores" / "report.html").read_text()


def test_dsr_bench_scored_without_a_missing_video(tmp_path: Path) -> None:
    film(tmp_path / "videos" / "a.mp4", room(0))
    row = {"videoID": "a", "question": "How?", "options": ["A. up", "B. down", "C. on", "D. no"], "answer": "B"}
    rows = [{**row, "type": "abs_dir"}, {**row, "type": "non_temp"}, {**row, "videoID": "gone", "type": "rel_dis"}]
    said = {"dsr-bench-1": "A car goes, so the answer is B", "dsr-bench-2": "A"}
    figures = score(tmp_path, "dsr-bench", rows, said, "--max-bad", "0.5")
    assert read_manifest(str(tmp_path / "asked")).metrics["bad"] == ["gone: is not there"]
    assert figures["benchmarks"]["dsr-bench"]["own"]["this run"] == {"abs_dir": 100, "non_temp": 0}
    assert figures["per_signal"]["text"]["means"] == {"abs_dir": {"released": 0}, "non_temp": {"released": 0}}
    assert "GeoSR" in (tmp_path / "scores" / "report.html").read_text()
