"""Reads the log of training steps and draws its curves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

MEMORY = "memory_gib"  # of a row: the most that was in use so far
_SMOOTHING = 0.9
# What differs from run to run, and the engine's summary, which knows nothing of the steps before a restart.
_OF_ONE_RUN = re.compile(r"(step_)?time|total_flos|train_.*|.*(runtime|per_second|speed|memory).*")


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


def read_memory(path: Path) -> float | None:
    """The most memory that the first process had in use, in GiB; None where no log says it."""
    return max((float(line[MEMORY]) for line in _lines(path) if MEMORY in line), default=None)


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


@dataclass(frozen=True)
class Panel:
    """One part of a figure.

    Attributes:
        title: what its axis shows.
        lines: names of figures in the log, with what the legend calls them; those that the log lacks are left out.
    """

    title: str
    lines: Mapping[str, str]


def draw_curves(rows: Sequence[Mapping[str, Any]], panels: Sequence[Panel], png: Path) -> None:
    """Draws figures of a log over the steps, the training's with a smoothed line through them."""
    # The figure alone, without pyplot: no global state, no display.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.5 + 4 * len(panels)), dpi=120, layout="constrained")
    for axes, panel in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
        _draw(axes, panel, rows)
    png.parent.mkdir(parents=True, exist_ok=True)
    # Without the version stamp, the same log gives the same bytes.
    FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})


def _draw(axes: Any, panel: Panel, rows: Sequence[Mapping[str, Any]]) -> None:
    for place, (name, label) in enumerate(panel.lines.items()):
        steps, values = _series(rows, name)
        color = f"C{place}"
        if steps and name.startswith("eval_"):
            axes.plot(steps, values, color=color, marker="o", label=label)
        elif steps:
            axes.plot(steps, values, color=color, linewidth=1, alpha=0.3)
            axes.plot(steps, _smooth(values), color=color, linewidth=2, label=f"{label}, smoothed")
    axes.set_xlabel("step")
    axes.set_ylabel(panel.title)
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend()


def _series(rows: Sequence[Mapping[str, Any]], name: str) -> tuple[list[int], list[float]]:
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
