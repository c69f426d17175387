"""Benchmarks about videos from published files to figures: ``vtb-prepare questions``, then ``vtb-eval score``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract.command_line import call
from stages.prepare.room_films import film, room
from vtb.artifact import read_manifest
from vtb.formats.webdataset import read_tar
from vtb.media.image import decode_image


def good(command: str, *words: object) -> str:
    result = call(command, *words)
    assert result.code == 0, result.err
    return result.out.strip()


def score(
    base: Path, benchmark: str, rows: Any, answers: Mapping[str, str], *more: object, frames: int | None = 2
) -> dict[str, Any]:
    """The figures on texts by the keys of their questions."""
    (base / "all.json").write_text(json.dumps(rows))
    more = (*more, *(() if frames is None else ("--frames", frames)))
    given = ("--questions", base / "all.json", "--videos", base / "videos", "--workers", "1", *more)
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
    page = (tmp_path / "scores" / "report.html").read_text()
    assert "GeoSR" in page
    again = call("vtb-eval", "score", "--input", tmp_path / "asked", "--answers", tmp_path / "texts", "--workers", "1",
                 "--output", tmp_path / "again")  # fmt: skip
    assert "1 questions of dsr-bench have no usable video and count nowhere" in again.err
    assert (
        "dsr-bench has 1,484 questions: 2 were asked, 2 answered; 1 have no usable video (gone: is not there)" in page
    )
    assert figures["coverage"] == {
        "benchmark": "dsr-bench", "has": 1484, "asked": 2, "answered": 2, "without_video": 1,
        "videos": ["gone: is not there"],
        "per_task": {
            "abs_dir": {"asked": 1, "answered": 1, "without_video": 0},
            "non_temp": {"asked": 1, "answered": 1, "without_video": 0},
            "rel_dis": {"asked": 0, "answered": 0, "without_video": 1},
        },
    }  # fmt: skip


def test_4d_bench_scored(tmp_path: Path) -> None:
    """Of each object six frames of three views; of one a view is damaged, of another one is missing."""
    for thing in ("aa", "bb", "cc"):
        for place, number in enumerate((1, 8, 16)):
            film(tmp_path / "videos" / thing / f"view_{number}_rgb_white_bg.mp4", room(place))
    (tmp_path / "videos" / "bb" / "view_8_rgb_white_bg.mp4").write_bytes(b"nothing")
    (tmp_path / "videos" / "cc" / "view_16_rgb_white_bg.mp4").unlink()
    row = {"Question": "What?", "Choices": ["a", "b", "c", "d"], "Answer index": 2, "Category": "Action"}
    rows = {"aa_0": row, "aa_1": {**row, "Category": "Appearance"}, "bb_0": row, "cc_0": row, "dd_0": row}
    said = {"4d-bench-aa_0": "(B)", "4d-bench-aa_1": "A dog; (B)"}
    figures = score(tmp_path, "4d-bench", rows, said, "--max-bad", "1",
                    frames=None)  # fmt: skip
    assert json.loads((tmp_path / "scores" / "4d_qa_results.json").read_text()) == {
        "aa_0": {"answer": 2, "correctness": 1}, "aa_1": {"answer": 2, "correctness": 1},
    }  # fmt: skip
    assert figures["benchmarks"]["4d-bench"]["own"]["this run"] == {"action": 100, "appearance": 100}
    assert figures["coverage"]["per_task"]["action"] == {"asked": 1, "answered": 1, "without_video": 3}
    missing, damaged, lacking = figures["coverage"]["videos"]
    assert missing == "dd: is not there"
    assert damaged.startswith("bb: view_8_rgb_white_bg.mp4 is no video")
    assert lacking.startswith("cc: view_16_rgb_white_bg.mp4 cannot be read")


def test_4d_bench_shows_its_own_frames(tmp_path: Path) -> None:
    """Every sixth of 40 frames from the first on, of one view after the other: the left half tells the number."""
    for place, number in enumerate((1, 8, 16)):
        film(tmp_path / "videos" / "aa" / f"view_{number}_rgb_white_bg.mp4", room(place))
    (tmp_path / "q.json").write_text(json.dumps({"aa_0": {"question": "What?", "A": "a", "B": "b", "Answer index": 1,
                                                          "Category": "Action"}}))  # fmt: skip
    given = ("--benchmark", "4d-bench", "--questions", tmp_path / "q.json", "--videos", tmp_path / "videos")
    asked = good("vtb-prepare", "questions", *given, "--workers", "1", "--output", tmp_path / "asked")
    frames, sample = read_tar((Path(asked) / "shards" / "00000.tar").read_bytes())
    seen = [round(decode_image(file)[:, :60].mean() / 6) for _, file in sorted(frames.parts.items())]
    assert seen == [0, 6, 12, 18, 24, 30] * 3
    assert sample.key == "4d-bench-aa_0"
    config = read_manifest(asked).plan.config
    assert "frames" not in config
    assert config["show"] == "images"
    refused = call("vtb-prepare", "questions", *given, "--frames", "8", "--output", tmp_path / "other")
    assert (refused.code, "4d-bench shows 6 of each of its videos" in refused.err) == (2, True)
