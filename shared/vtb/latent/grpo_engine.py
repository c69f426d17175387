"""Trains by reward, in this process: ``python -m vtb.latent.grpo_engine JOB.json``, or under torchrun."""

from __future__ import annotations

import sys

from vtb.engine.own_process import own_process
from vtb.engine.stop_signal import StopSignal
from vtb.engine.vision_language import load_processor, load_vision_language
from vtb.errors import BadInput
from vtb.latent.grpo_job import GrpoJob
from vtb.latent.grpo_trainer import GrpoTrainer
from vtb.latent.loading import make_trainable
from vtb.latent.parts import parts_of
from vtb.latent.questions import read_questions
from vtb.latent.sequences import Sequencer
from vtb.latent.tokens import allow, read_latent_config


def train(job: GrpoJob, stop: StopSignal) -> None:
    """Load the model and train."""
    import torch
    from accelerate import Accelerator, DistributedDataParallelKwargs

    unused = DistributedDataParallelKwargs(find_unused_parameters=True)  # tables of tokens that answers lack
    accelerator = Accelerator(cpu=job.device == "cpu", kwargs_handlers=[unused])
    tokens = read_latent_config(job.model)
    if tokens is None:
        raise BadInput(f"{job.model}: knows no latents: train it with `vtb-train-vlm latent-sft` first")
    processor = load_processor(job.model, job.max_pixels)
    model = load_vision_language(job.model, None, torch.float32 if job.device == "cpu" else torch.bfloat16)
    allow(model, tokens)
    parts = parts_of(model)
    model = make_trainable(model, tokens, job.tuner, job.rank, job.seed, tune_vision=job.tune_vision)
    model.to("cpu" if job.device == "cpu" else accelerator.device)
    if job.gradient_checkpointing:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})
    questions, val = read_questions(job.dataset, "train"), read_questions(job.dataset, "val")
    sequencer = Sequencer(processor, tokens, 1 << 30)
    GrpoTrainer(job, model, parts, tokens, sequencer, questions, val, accelerator, stop).run()
    accelerator.end_training()


if __name__ == "__main__":
    own_process(sys.argv[1:], GrpoJob, train)
