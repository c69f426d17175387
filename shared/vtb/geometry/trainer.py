"""Supervised training of a model with geometry, on packs of rows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.engine.held_out import HeldOut
from vtb.engine.optimizer import make_optimizer
from vtb.engine.order import Order
from vtb.engine.own_checkpoints import read_progress, write_checkpoint
from vtb.engine.stop_signal import StopSignal
from vtb.engine.trained_weights import put_back, trained
from vtb.engine.training_loop import TrainingLoop
from vtb.geometry.held_out import judged, mean_losses
from vtb.geometry.job import Job
from vtb.geometry.learner import make_learner, whole_model
from vtb.geometry.rows import Row
from vtb.geometry.sequences import Sequencer
from vtb.geometry.trained import groups_of

WEIGHTS = "trained"  # of a checkpoint


class Trainer(TrainingLoop[Job]):
    """One training of one model, in one of the processes that share it."""

    def __init__(
        self, job: Job, model: Any, sequencer: Sequencer, packs: Sequence[Sequence[Row]], val: Sequence[Row],
        held: Sequence[HeldOut[Row]], told: Mapping[str, float], accelerator: Any, stop: StopSignal,
    ) -> None:  # fmt: skip
        """Prepare the model, whose trained parts are marked by now, and go on from the checkpoint if there is one.

        Args:
            job: what to do.
            model: the model, wrapped where it has a LoRA.
            sequencer: makes packs of rows.
            packs: to learn from.
            val: to measure the loss on.
            held: to answer while training goes on.
            told: figures that the log begins with.
            accelerator: accelerate's, of all processes.
            stop: says when to stop.
        """
        self.model, self.sequencer, self._packs, self._val, self._held = model, sequencer, packs, val, held
        self.order, self.learner = Order(len(packs), job.seed), make_learner(model)
        optimizer = make_optimizer(
            groups_of(model, job), accelerator, rate=job.learning_rate, decay=job.weight_decay, offload=job.offload
        )  # fmt: skip
        super().__init__(job, accelerator, stop, self.learner, optimizer)
        if job.resume_from is not None:
            from safetensors.torch import load_file

            put_back(model, load_file(job.resume_from / f"{WEIGHTS}.safetensors"), job.resume_from)
            self.done = read_progress(job.resume_from, self.optimizer, accelerator.device)
        else:
            self.log.write(0, told)

    def backward(self) -> list[Mapping[str, float]]:
        """Pack after pack."""
        return [self._backward(place) for place in range(self.job.grad_accum)]

    def _backward(self, place: int) -> Mapping[str, float]:
        world, rank = self.accelerator.num_processes, self.accelerator.process_index
        number = self.order.row_of((self.done * self.job.grad_accum + place) * world + rank)
        pack = self.sequencer.pack(self._packs[number]).to(self.accelerator.device)
        with self.exchanging(last=place == self.job.grad_accum - 1):
            loss, found = self.module(pack)
            self.accelerator.backward(loss / self.job.grad_accum)
        return dict(found)

    def save(self, state: Mapping[str, Any]) -> None:
        """What is trained, and the optimizer."""
        weights = {WEIGHTS: trained(self.model)}
        write_checkpoint(self.job.output_dir, self.done, self.job.steps, weights, state)

    def evaluate(self) -> None:
        """The loss on held-out rows, and the verdicts on answers to them, shared out among the processes."""
        if self.job.judging is None:
            return
        began, rank, world = time.perf_counter(), self.accelerator.process_index, self.accelerator.num_processes
        self.model.eval()
        few, device = self._val[: self.job.judging.count], self.accelerator.device
        # The bare model: processes have different numbers of rows here, and must not wait for each other.
        with self.accelerator.autocast():
            losses = mean_losses(self.learner, self.sequencer, few[rank::world], device)
            most = self.job.judging.max_new_tokens
            right = judged(whole_model(self.model), self.sequencer, self._held[rank::world], most, device)
        self.model.train()
        every = [one for part in self.everybodys(right) for one in part]
        found = self.figures([one for part in self.everybodys(losses) for one in part])
        if self.accelerator.is_main_process:
            row = {f"eval_{name}": value for name, value in found.items()}
            row |= {"eval_solved": sum(every) / len(every)} if every else {}
            self.log.write(self.done, {**row, "eval_runtime": time.perf_counter() - began})
