"""Trains a model that draws in this process: ``python -m vtb.diffusion.engine JOB.json``, alone or under torchrun."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.diffusion.feature_cache import FeatureCache, maker_digest
from vtb.diffusion.features import Features, encode
from vtb.diffusion.held_out import HeldOut, choose
from vtb.diffusion.job import Job
from vtb.diffusion.pipelines import import_engine, load_pipeline
from vtb.diffusion.rows import Row, load_sample, read_rows
from vtb.diffusion.trained_weights import make_trainable
from vtb.diffusion.trainer import Trainer
from vtb.diffusion.variants import VARIANTS, Variant
from vtb.engine import own_model
from vtb.engine.own_process import own_process
from vtb.engine.stop_signal import StopSignal
from vtb.engine.together import how_together


def train(job: Job, stop: StopSignal) -> None:
    """Load the model, make or read features, and train."""
    ready = prepare(job, read_rows(job.dataset, VARIANTS[job.variant]))
    rows = len(ready.rows)
    Trainer(job, ready.variant, ready.pipe, ready.features_of, rows, ready.accelerator, stop, ready.puzzles).run()
    ready.accelerator.end_training()


@dataclass(frozen=True)
class Ready:
    """A model whose trained parts are marked, with what it learns from and what it is judged by."""

    variant: Variant
    pipe: Any
    rows: Sequence[Row]
    features_of: Callable[[int], Features]
    puzzles: Sequence[HeldOut]
    accelerator: Any


def prepare(job: Job, rows: Sequence[Row], *, draws: bool = False) -> Ready:
    """Load the model, and make or read features of these rows; ``draws``: pictures are decoded while training."""
    import torch
    from accelerate import Accelerator

    variant = VARIANTS[job.variant]
    accelerator = Accelerator(cpu=job.device == "cpu", kwargs_handlers=how_together())
    dtype = torch.bfloat16 if own_model.half_precision(job.device) else torch.float32
    place = "cpu" if job.device == "cpu" else str(accelerator.device)  # accelerate numbers processors, too
    pipe = load_pipeline(variant, job.model, place, dtype)
    attributes = {expert.name: expert.attribute for expert in variant.experts if expert.name in job.experts}
    features_of = features_for(job, variant, pipe, rows, accelerator)
    puzzles = choose(read_rows(job.dataset, variant, val=True), variant, job.judging.count) if job.judging else []
    if not puzzles and job.cache is not None:  # nobody needs them any more
        pipe.text_encoder = None
        pipe.vae = pipe.vae if draws else None
    make_trainable(pipe, variant, attributes, job.tuner, job.rank, job.seed)
    return Ready(variant, pipe, rows, features_of, puzzles, accelerator)


def features_for(
    job: Job, variant: Variant, pipe: Any, rows: Sequence[Row], accelerator: Any
) -> Callable[[int], Features]:
    """From a row's number to its features: made each time, or kept in the cache, which is filled here and now."""

    def make(row: Row) -> Features:
        return encode(pipe, variant, load_sample(row, variant), job.edit_pixels)

    if job.cache is None:
        return lambda number: make(rows[number])
    settings = {"edit_pixels": job.edit_pixels, "dtype": str(pipe.torch_dtype)}
    cache = FeatureCache(job.cache, maker_digest(variant, job.model, settings))
    keys = [cache.key(row) for row in rows]
    for number in range(accelerator.process_index, len(rows), accelerator.num_processes):
        row = rows[number]
        cache.get(keys[number], lambda row=row: make(row))  # type: ignore[misc]
    accelerator.wait_for_everyone()
    return lambda number: cache.get(keys[number], lambda: make(rows[number]))


if __name__ == "__main__":
    own_process(sys.argv[1:], Job, train, import_engine)
