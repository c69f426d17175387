"""From the work folder of a training of our own to its artifact: weights, log, curves, strips of pictures."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from vtb.artifact import Manifest
from vtb.artifact.output import Output
from vtb.engine.complete import newest_complete_checkpoint
from vtb.engine.curves import MEMORY, Panel, read_figures, read_memory, read_parts
from vtb.engine.launch import strips_folder, train_log
from vtb.engine.lock import OutputLock
from vtb.engine.side_files import write_side_files
from vtb.engine.training_job import J
from vtb.errors import BadInput

log = logging.getLogger("vtb.train")
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Harvest(Generic[J]):
    """What a way of training makes of its last checkpoint.

    Attributes:
        weights: writes the weights from the job and the checkpoint into a folder; figures that show that they changed.
        curves: from the log to the panels of each figure.
        figures: from the log to the figures of the manifest.
    """

    weights: Callable[[J, Path, Path], dict[str, Any]]
    curves: Callable[[Rows], Mapping[str, Sequence[Panel]]]
    figures: Callable[[Rows], dict[str, float]]


def collect(job: J, harvest: Harvest[J], output: Output, outcome: dict[str, Any], lock: OutputLock) -> Manifest:
    """Write the artifact.

    Raises:
        BadInput: the engine ended well and left no checkpoint.
        QualityGate: training changed nothing.
        TryAgain: another run has taken the output over.
    """
    checkpoint = newest_complete_checkpoint(job.output_dir)
    if checkpoint is None:
        raise BadInput("training ended without a checkpoint: is the disk full?")
    place = job.output_dir / "artifact"
    place.mkdir()
    proof = harvest.weights(job, checkpoint, place)
    rows = read_figures(train_log(job.output_dir))
    write_side_files(rows, harvest.curves(rows), place)
    strips = strips_folder(job.output_dir)
    if strips.is_dir():
        shutil.copytree(strips, place / "strips")
    lock.check()
    files = output.put_folder(place)
    metrics = {**proof, **harvest.figures(rows), "steps": outcome["step"]}
    lock.check()
    return output.commit([], files, metrics, {"parts": read_parts(train_log(job.output_dir)), **_memory(job)})


def _memory(job: J) -> dict[str, float]:
    """What the training took; says it, too."""
    peak = read_memory(train_log(job.output_dir))
    if peak is None:
        return {}
    log.info("memory: %.2f GiB at most, in the first process", peak)
    return {MEMORY: round(peak, 3)}
