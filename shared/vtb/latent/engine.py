"""Trains a model to think in latents, in this process: ``python -m vtb.latent.engine JOB.json``, or under torchrun."""

from __future__ import annotations

import sys

from vtb.engine.held_out import choose
from vtb.engine.own_model import load_model, make_accelerator, settle
from vtb.engine.own_process import own_process
from vtb.engine.stop_signal import StopSignal
from vtb.engine.vision_language import load_processor
from vtb.latent.job import Job
from vtb.latent.loading import add_latents, make_trainable
from vtb.latent.parts import parts_of
from vtb.latent.rows import read_rows
from vtb.latent.sequences import Sequencer
from vtb.latent.trainer import Trainer


def train(job: Job, stop: StopSignal) -> None:
    """Load the model and train."""
    accelerator = make_accelerator(job.device)
    processor = load_processor(job.model, job.max_pixels)
    model = load_model(job.model, job.device)
    parts = parts_of(model)
    tokens = add_latents(model, processor, job.model, job.latent_size, job.tuner) if job.latent_size else None
    model = make_trainable(model, tokens, job.tuner, job.rank, job.seed, tune_vision=job.tune_vision)
    # Stage 2 needs the cache, which checkpointing rules out.
    settle(model, accelerator, job.device, checkpointing=job.gradient_checkpointing and job.stage == 1)
    rows, val = read_rows(job.dataset, "train"), read_rows(job.dataset, "val")
    puzzles = choose(val, job.judging.count) if job.judging else []
    sequencer = Sequencer(processor, tokens, job.max_length)
    shown = val[: job.judging.count] if job.judging else []
    for row in (*rows, *shown):  # told now, and not in the middle of the training
        sequencer.length(row)
    Trainer(job, model, parts, tokens, sequencer, rows, val, puzzles, accelerator, stop).run()
    accelerator.end_training()


if __name__ == "__main__":
    own_process(sys.argv[1:], Job, train)
