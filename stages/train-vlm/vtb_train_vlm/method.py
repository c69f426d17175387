"""What one way of training does otherwise than the others; ``run_training`` does what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.engine.curves import Panel
from vtb.engine.hardware import Device
from vtb.stage.declaration import Stage
from vtb_train_vlm.job import Job

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Method:
    """One way of training.

    Attributes:
        stage: its contract.
        entry: which of the engine's commands it is.
        rows: of which rows of a dataset it learns: ``train_ROWS.jsonl``.
        keep: puts further files into the artifact's folder.
        needs: from the options to the columns that each of these rows must have.
        evaluated: how many rows of the validation split are looked at; None for all.
        arguments: from the options and the device to the engine's arguments beside those that all have.
        curves: from the log to the file and the panels of each figure to draw.
        figures: from the log to the figures of the manifest.
        unchanged: from the log to the reason why training changed nothing.
        in_vain: from the log to whether there was nothing to learn, whatever weight decay has changed.
    """

    stage: Stage
    entry: str
    rows: str
    arguments: Callable[[Any, Device], dict[str, Any]]
    curves: Callable[[Rows], Mapping[str, Sequence[Panel]]]
    figures: Callable[[Rows], dict[str, float]]
    unchanged: Callable[[Rows], str]
    in_vain: Callable[[Rows], bool] = lambda rows: False
    keep: Callable[[Job, Path], None] = lambda job, weights: None
    needs: Callable[[Any], tuple[str, ...]] = lambda options: ()
    evaluated: int | None = None
