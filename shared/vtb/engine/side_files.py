"""What lies beside the weights of a training: its log, curves, and TensorBoard's files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.engine.curves import Panel, draw_curves
from vtb.engine.tensorboard_files import write_figures


def write_side_files(rows: Sequence[Mapping[str, Any]], curves: Mapping[str, Sequence[Panel]], folder: Path) -> None:
    """Write them; ``curves`` are the panels of each figure, by the name of its file."""
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, panels in curves.items():
        draw_curves(rows, panels, folder / name)
    write_figures(rows, folder / "tensorboard")
