"""Trains a model to think in latents, in this process: ``python -m vtb.latent.engine JOB.json``, or under torchrun.

Exit code 0 means an orderly end: trained, or asked to stop (SIGTERM, or the file named by ``VTB_STOP_FILE``) and saved.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from vtb.engine.launch import STOP_FILE
from vtb.engine.no_remote_code import forbid_remote_code
from vtb.engine.own_engine import REFUSED
from vtb.engine.parent import die_with_parent
from vtb.engine.stop_signal import StopSignal
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb.engine.training_job import read_job
from vtb.engine.vision_language import load_vision_language
from vtb.errors import VtbError
from vtb.latent.held_out import choose
from vtb.latent.job import Job
from vtb.latent.loading import add_latents, load_processor, make_trainable
from vtb.latent.parts import parts_of
from vtb.latent.rows import read_rows
from vtb.latent.sequences import Sequencer
from vtb.latent.trainer import Trainer


def main(argv: Sequence[str]) -> None:
    """Run one training to its end."""
    if len(argv) != 1:
        raise SystemExit("usage: python -m vtb.latent.engine JOB.json")
    die_with_parent()
    stop = StopSignal(os.environ.get(STOP_FILE))
    stop.listen()
    allow_cpu_torchvision()
    forbid_remote_code()
    try:
        train(read_job(Path(argv[0]), Job), stop)
    except VtbError as error:
        raise SystemExit(f"{REFUSED} {error}") from error


def train(job: Job, stop: StopSignal) -> None:
    """Load the model and train."""
    import torch
    from accelerate import Accelerator, DistributedDataParallelKwargs

    unused = DistributedDataParallelKwargs(find_unused_parameters=True)  # tables of tokens that a batch lacks
    accelerator = Accelerator(cpu=job.device == "cpu", kwargs_handlers=[unused])
    processor = load_processor(job.model, job.max_pixels)
    model = load_vision_language(job.model, None, torch.float32 if job.device == "cpu" else torch.bfloat16)
    parts = parts_of(model)
    tokens = add_latents(model, processor, job.model, job.latent_size) if job.latent_size else None
    model = make_trainable(model, tokens, job.tuner, job.rank, job.seed, tune_vision=job.tune_vision)
    model.to("cpu" if job.device == "cpu" else accelerator.device)
    if job.gradient_checkpointing and job.stage == 1:  # stage 2 needs the cache, which checkpointing rules out
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})
    rows, val = read_rows(job.dataset, "train"), read_rows(job.dataset, "val")
    puzzles = choose(val, job.judging.count) if job.judging else []
    sequencer = Sequencer(processor, tokens, job.max_length)
    Trainer(job, model, parts, tokens, sequencer, rows, val, puzzles, accelerator, stop).run()
    accelerator.end_training()


if __name__ == "__main__":
    main(sys.argv[1:])
