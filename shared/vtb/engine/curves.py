"""Reads the log of training steps and draws the loss curve."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

_SMOOTHING = 0.9
# What differs from run to run, and the engine's summary, which knows nothing of the steps before a restart.
_OF_ONE_RUN = re.compile(r"time|total_flos|train_.*|.*(runtime|per_second|speed|memory).*")


def read_log(path: Path) -> list[dict[str, Any]]:
    """Reads the numbers of each step, in order of steps; empty if there is no log yet.

    A run that was cut off and went on from a checkpoint logged some steps twice: only the run that counts is kept.
    What is logged at several moments of one step (training, validation, summary) is joined into one row.
    """
    rows: dict[int, dict[str, Any]] = {}
    for line in _lines(path):
        step = int(line["step"])
        if line.get("event") == "begin":
            rows = {kept: row for kept, row in rows.items() if kept <= step}
        elif "event" not in line:
            rows[step] = {**rows.get(step, {}), **line}
    return [rows[step] for step in sorted(rows)]


def read_figures(path: Path) -> list[dict[str, Any]]:
    """Reads the log as ``read_log`` does, without what two equal runs do not have in common: times and speeds."""
    rows = [{name: value for name, value in row.items() if not _OF_ONE_RUN.fullmatch(name)} for row in read_log(path)]
    return [row for row in rows if row.keys() > {"step", "max_steps"}]


def read_parts(path: Path) -> list[dict[str, Any]]:
    """Returns the runs that trained a model one after the other: ``from_step``, ``began`` (UTC) and ``seconds``."""
    parts: list[dict[str, Any]] = []
    for line in _lines(path):
        if line.get("event") == "begin":
            began = datetime.fromtimestamp(line["time"], timezone.utc).isoformat(timespec="seconds")
            parts.append({"from_step": line["step"], "began": began, "start": line["time"]})
        if parts:
            parts[-1]["seconds"] = round(line["time"] - parts[-1]["start"], 3)
    return [{name: value for name, value in part.items() if name != "start"} for part in parts]


def read_outcome(path: Path) -> dict[str, Any] | None:
    """Returns how the last run ended (``step``, ``max_steps``, ``stopped``); None if it was cut off."""
    events = [line for line in _lines(path) if "event" in line]
    return events[-1] if events and events[-1]["event"] == "end" else None


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    parsed = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            parsed.append(json.loads(text))
        except ValueError:
            # A kill can cut a line short.
            continue
    return parsed


def draw_loss_curve(log_jsonl: Path, png: Path) -> None:
    """Draws the loss of every step, a smoothed line through it, and the validation loss if there is one."""
    # The figure alone, without pyplot: no global state, no display.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = read_log(log_jsonl)
    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    steps, losses = _series(rows, "loss")
    axes.plot(steps, losses, color="0.75", linewidth=1, label="training loss")
    axes.plot(steps, _smooth(losses), color="tab:blue", linewidth=2, label="training loss, smoothed")
    eval_steps, eval_losses = _series(rows, "eval_loss")
    if eval_steps:
        axes.plot(eval_steps, eval_losses, color="tab:orange", marker="o", label="validation loss")
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    png.parent.mkdir(parents=True, exist_ok=True)
    # Without the version stamp, the same log gives the same bytes.
    FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})


def _series(rows: list[dict[str, Any]], name: str) -> tuple[list[int], list[float]]:
    chosen = [(int(row["step"]), float(row[name])) for row in rows if name in row]
    return [step for step, _ in chosen], [value for _, value in chosen]


def _smooth(values: list[float]) -> list[float]:
    """Averages with fading weights, corrected at the start, where there is little to average."""
    smoothed: list[float] = []
    mean = weight = 0.0
    for value in values:
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * value
        weight = _SMOOTHING * weight + (1 - _SMOOTHING)
        smoothed.append(mean / weight)
    return smoothed
