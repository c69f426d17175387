from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vtb.engine.curves import draw_loss_curve, read_log, read_outcome


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
    draw_loss_curve(log, tmp_path / "a" / "curve.png")
    draw_loss_curve(log, tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a" / "curve.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    _log(log)
    draw_loss_curve(log, tmp_path / "empty.png")
    assert (tmp_path / "empty.png").exists()
