"""Trains by reward, in this process: ``python -m vtb.latent.grpo_engine JOB.json``, or under torchrun."""

from __future__ import annotations

import sys

from vtb.engine.own_model import load_model, make_accelerator, settle
from vtb.engine.own_process import own_process
from vtb.engine.stop_signal import StopSignal
from vtb.engine.vision_language import load_processor
from vtb.errors import BadInput
from vtb.latent.grpo_job import GrpoJob
from vtb.latent.grpo_trainer import GrpoTrainer
from vtb.latent.loading import make_trainable
from vtb.latent.parts import parts_of
from vtb.latent.questions import read_questions
from vtb.latent.sequences import Sequencer
from vtb.latent.tokens import allow, known_latents


def train(job: GrpoJob, stop: StopSignal) -> None:
    """Load the model and train."""
    accelerator = make_accelerator(job.device)
    processor = load_processor(job.model, job.max_pixels)
    tokens = known_latents(job.model, processor.tokenizer)
    if tokens is None:
        raise BadInput(f"{job.model}: knows no latents: train it with `vtb-train-vlm latent-sft` first")
    model = load_model(job.model, job.device)
    allow(model, tokens)
    parts = parts_of(model)
    model = make_trainable(model, tokens, job.tuner, job.rank, job.seed, tune_vision=job.tune_vision)
    settle(model, accelerator, job.device, checkpointing=job.gradient_checkpointing)
    questions, val = read_questions(job.dataset, "train"), read_questions(job.dataset, "val")
    sequencer = Sequencer(processor, tokens, 1 << 30)
    for row, _ in (*questions, *val):  # told now, and not in the middle of the training
        sequencer.check_words(row)
    GrpoTrainer(job, model, parts, tokens, sequencer, questions, val, accelerator, stop).run()
    accelerator.end_training()


if __name__ == "__main__":
    own_process(sys.argv[1:], GrpoJob, train)
