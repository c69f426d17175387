"""Trains a model that draws by reward, in this process: ``python -m vtb.diffusion.grpo_engine JOB.json``."""

from __future__ import annotations

import sys

from vtb.diffusion.engine import prepare
from vtb.diffusion.grpo_job import GrpoJob
from vtb.diffusion.grpo_trainer import GrpoTrainer, Question
from vtb.diffusion.pipelines import import_engine
from vtb.diffusion.rows import load_sample, read_rows
from vtb.diffusion.variants import VARIANTS
from vtb.engine.own_process import own_process
from vtb.engine.stop_signal import StopSignal
from vtb.errors import BadInput
from vtb.tasks.registry import decode_example


def train(job: GrpoJob, stop: StopSignal) -> None:
    """Load the model, make or read features, and train on the rows that somebody can judge."""
    variant = VARIANTS[job.variant]
    rows = [row for row in read_rows(job.dataset, variant) if row.example]
    if not rows:
        kind = "video" if variant.moving else "image"
        raise BadInput(f"{job.dataset}: has no row that somebody can judge: make it with `vtb-prepare {kind}`")
    ready = prepare(job, rows, draws=True)

    def question(number: int) -> Question:
        return decode_example(rows[number].example.encode()), load_sample(rows[number], variant)

    GrpoTrainer(
        job, variant, ready.pipe, ready.features_of, question, len(rows), ready.accelerator, stop, ready.puzzles
    ).run()
    ready.accelerator.end_training()


if __name__ == "__main__":
    own_process(sys.argv[1:], GrpoJob, train, import_engine)
