from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vtb.engine.curves import Panel, draw_curves, read_figures, read_log, read_outcome, read_parts
from vtb.engine.tensorboard_files import write_figures


def _log(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps({"max_steps": 9, **row}) + "\n" for row in rows))
    return path


def test_a_run_that_went_on_counts_once(tmp_path: Path) -> None:
    log = _log(
        tmp_path / "log.jsonl",
        {"event": "begin", "step": 0},
        {"step": 1, "loss": 3.0},
        {"step": 2, "loss": 2.0},
        {"step": 2, "eval_loss": 2.5},
        {"step": 3, "loss": 99.0},
        {"event": "begin", "step": 2},
        {"step": 4, "loss": 1.0},
    )
    with log.open("a") as end:
        end.write('{"step": 5, "lo')
    rows = read_log(log)
    assert [row["step"] for row in rows] == [1, 2, 4]
    assert (rows[1]["loss"], rows[1]["eval_loss"]) == (2.0, 2.5)
    assert read_outcome(log) is None


def test_outcome(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none.jsonl") == []
    log = _log(tmp_path / "log.jsonl", {"event": "begin", "step": 0}, {"event": "end", "step": 4, "stopped": True})
    assert (read_outcome(log) or {})["stopped"] is True


def test_curve_is_drawn_the_same_twice(tmp_path: Path) -> None:
    log = _log(tmp_path / "log.jsonl", *({"step": step, "loss": 5 / step} for step in range(1, 30)))
    panels = (Panel("loss", {"loss": "training loss", "eval_loss": "validation loss"}),)
    draw_curves(read_log(log), panels, tmp_path / "a" / "curve.png")
    draw_curves(read_log(log), panels, tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a" / "curve.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    _log(log)
    draw_curves(read_log(log), panels, tmp_path / "empty.png")
    assert (tmp_path / "empty.png").exists()


def test_figures_without_times(tmp_path: Path) -> None:
    log = _log(
        tmp_path / "log.jsonl",
        {"event": "begin", "step": 0, "time": 5.0},
        {"step": 1, "loss": 3.0, "memory(GiB)": 2.0, "train_speed(s/it)": 0.4, "time": 7.5},
        {"step": 1, "eval_loss": 2.0, "eval_runtime": 0.7, "eval_samples_per_second": 8.0, "time": 8.0},
        {"event": "begin", "step": 1, "time": 100.0},
        {"step": 2, "loss": 1.0, "time": 101.0},
        {"step": 2, "train_loss": 2.0, "train_runtime": 9.0, "total_flos": 7.0, "time": 102.0},
        {"step": 3, "train_runtime": 9.0, "time": 103.0},
    )
    assert read_figures(log) == [
        {"step": 1, "max_steps": 9, "loss": 3.0, "eval_loss": 2.0},
        {"step": 2, "max_steps": 9, "loss": 1.0},
    ]
    assert read_parts(log) == [
        {"from_step": 0, "began": "1970-01-01T00:00:05+00:00", "seconds": 3.0},
        {"from_step": 1, "began": "1970-01-01T00:01:40+00:00", "seconds": 3.0},
    ]


def test_tensorboard_reads_what_is_written(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    rows = [{"step": step, "max_steps": 3, "loss": 1 / step, "eval_loss": 2 / step} for step in (1, 2, 3)]
    for name in ("a", "b"):
        write_figures(rows, tmp_path / name)
    (one,), (other,) = ((tmp_path / name).iterdir() for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()
    assert one.name == other.name
    board = EventAccumulator(str(tmp_path / "a"))
    board.Reload()
    assert [event.step for event in board.Scalars("train/loss")] == [1, 2, 3]
    assert [event.value for event in board.Scalars("eval/loss")] == pytest.approx([2, 1, 2 / 3])
    assert set(board.Tags()["scalars"]) == {"train/loss", "eval/loss"}
