"""Trains a model with geometry, in this process: ``python -m vtb.geometry.engine JOB.json``, or under torchrun."""

from __future__ import annotations

import sys

from vtb.engine.held_out import choose
from vtb.engine.own_model import make_accelerator, settle
from vtb.engine.own_process import own_process
from vtb.engine.stop_signal import StopSignal
from vtb.engine.vision_language import load_processor
from vtb.geometry.job import Job
from vtb.geometry.known import make_known
from vtb.geometry.learner import whole_model
from vtb.geometry.making import load_model
from vtb.geometry.packing import efficiency, pack, planned
from vtb.geometry.rows import read_rows
from vtb.geometry.sequences import Sequencer
from vtb.geometry.trained import make_trainable
from vtb.geometry.trainer import Trainer


def train(job: Job, stop: StopSignal) -> None:
    """Load the model, pack the rows and train."""
    accelerator = make_accelerator(job.device)
    make_known(job.model)
    processor = load_processor(job.model, job.max_pixels)
    model = make_trainable(load_model(job, processor), job)
    # Inputs that ask for gradients, as ``settle`` makes them, would have a frozen vision tower compute its own.
    settle(model, accelerator, job.device, checkpointing=False, offload=job.offload)
    whole = whole_model(model)
    if job.gradient_checkpointing:
        whole.gradient_checkpointing_enable({"use_reentrant": False})
    rows, val = read_rows(job.dataset, "train"), read_rows(job.dataset, "val")
    own = getattr(whole.config, "geometry_config", None)
    sequencer = Sequencer(
        processor, job.geometry, own.queries if own else 0, whole.model.get_rope_index, job.max_length, job.max_pixels
    )
    lengths = [sequencer.length(row) for row in rows]
    for row in val[: job.judging.count] if job.judging else ():  # told now, and not in the middle of the training
        sequencer.length(row)
    packs = pack(lengths, job.max_length, job.seed)
    job = planned(job, len(packs), accelerator.num_processes)
    held = choose(val, job.judging.count) if job.judging else []
    packed = [[rows[number] for number in numbers] for numbers in packs]
    told = {
        "rows": len(rows), "packs": len(packs), "packing_efficiency": efficiency(lengths, len(packs), job.max_length)
    }  # fmt: skip
    # Nothing may keep the trainer until the end: freed after the group of processes, it can wait for it forever.
    Trainer(job, model, sequencer, packed, val, held, told, accelerator, stop).run()
    accelerator.end_training()


if __name__ == "__main__":
    own_process(sys.argv[1:], Job, train)
