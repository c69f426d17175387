"""The loop of every training by our own code: updates, checkpoints, evaluations, and an end in good order.

What is learned, and from what, is each trainer's own; this is what they have in common.
"""

from __future__ import annotations

import math
import resource
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Generic

from vtb.engine.curves import MEMORY
from vtb.engine.optimizer import whole_state
from vtb.engine.pace import rate_factor
from vtb.engine.step_log import StepLog
from vtb.engine.stop_signal import StopSignal, any_process
from vtb.engine.training_job import J


class TrainingLoop(ABC, Generic[J]):
    """One training of one model, in one of the processes that share it."""

    def __init__(self, job: J, accelerator: Any, stop: StopSignal, module: Any, optimizer: Any) -> None:
        """Nothing has been done yet; a subclass that goes on from a checkpoint sets ``done``.

        Args:
            job: what to do.
            accelerator: accelerate's, of all processes.
            stop: says when to stop.
            module: what is trained, as it is called for a loss.
            optimizer: its optimizer, of ``make_optimizer``.
        """
        self.job, self.accelerator, self.stop = job, accelerator, stop
        self.module, self.optimizer = accelerator.prepare(module), optimizer
        self.log = StepLog(job.steps, main=accelerator.is_main_process)
        self.done = 0

    def run(self) -> bool:
        """Train to the end; says whether it was stopped before."""
        self.stop.training = True
        self.log.write(self.done, {"event": "begin"})
        if self.done == 0:
            self.evaluate()
        while self.done < self.job.steps:
            row = self._update()
            self.done += 1
            last = self.done == self.job.steps
            stopping = not last and any_process(self.stop.asked(), self.accelerator.device)
            self.log.write(self.done, row)
            if last or self.evaluates_now():
                self.evaluate()
            if last or stopping or self.done % self.job.save_steps == 0:
                self._save()
            if stopping:
                break
        stopped = self.done < self.job.steps
        self.log.write(self.done, {"event": "end", "stopped": stopped})
        return stopped

    @abstractmethod
    def backward(self) -> list[Mapping[str, float]]:
        """Add the gradients of one update; figures of each of its losses, ``loss`` among them."""

    @abstractmethod
    def evaluate(self) -> None:
        """Look at what has been learned; at the start, at the end, and where ``evaluates_now`` says so."""

    def evaluates_now(self) -> bool:
        """Whether it is time, after an update, to evaluate: at the interval that was asked for."""
        return self.job.judging is not None and self.done % self.job.judging.every == 0

    @abstractmethod
    def save(self, state: Mapping[str, Any]) -> None:
        """Write a checkpoint; called in one process of each machine, with the optimizer's state."""

    def trained(self) -> Iterable[Any]:
        """The weights whose turn it is."""
        return [weight for group in self.optimizer.param_groups for weight in group["params"]]

    def position(self) -> tuple[int, int]:
        """The update within its schedule, and how many that has."""
        return self.done, self.job.steps

    def figures(self, losses: Sequence[Mapping[str, float]]) -> dict[str, float]:
        """What the log says of an update, from the losses of all processes: the mean of each figure."""
        names = dict.fromkeys(name for one in losses for name in one)
        found = {name: [one[name] for one in losses if name in one] for name in names}
        return {name: sum(values) / len(values) for name, values in found.items()}

    def after_update(self) -> None:
        """Called when the optimizer has made its step."""
        return None

    def _update(self) -> dict[str, float]:
        """One step of the optimizer."""
        job, began, (step, steps) = self.job, time.perf_counter(), self.position()
        factor = rate_factor(step, steps, job.warmup, job.schedule)
        for group in self.optimizer.param_groups:
            group["lr"] = factor * group.get("peak", job.learning_rate)  # a group may have a rate of its own
        losses = self._gathered(self.backward())
        row = self.figures(losses)
        norm = self.clip(row["loss"])
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.after_update()
        row = {**row, "grad_norm": norm, "learning_rate": factor * job.learning_rate}
        return {**row, **self._memory(), "step_time": time.perf_counter() - began}

    def clip(self, loss: float = 0.0) -> float:
        """Scale the gradients down to what is allowed; their norm before.

        Raises:
            FloatingPointError: it, or the loss, is no number.
        """
        norm = float(self.accelerator.clip_grad_norm_(self.trained(), self.job.max_grad_norm))
        if not math.isfinite(loss) or not math.isfinite(norm):
            raise FloatingPointError(
                f"the loss is {loss:g} and its gradient's norm {norm:g} at update {self.done + 1}: lower "
                "--learning-rate, or raise --warmup"
            )
        return norm

    def exchanging(self, last: bool) -> Any:
        """The context of one loss among several: processes exchange their gradients with the last alone."""
        return nullcontext() if last else self.accelerator.no_sync(self.module)

    def _gathered(self, losses: list[Mapping[str, float]]) -> list[Mapping[str, float]]:
        return [one for part in self.everybodys(losses) for one in part]

    def everybodys(self, own: Any) -> list[Any]:
        """What every process has, in their order."""
        if self.accelerator.num_processes == 1:
            return [own]
        import torch.distributed as dist

        parts: list[Any] = [None] * self.accelerator.num_processes
        dist.all_gather_object(parts, own)
        return parts

    def _memory(self) -> dict[str, float]:
        """The most that was in use so far, of the GPU or of this process."""
        import torch

        if self.accelerator.device.type == "cuda":
            return {MEMORY: torch.cuda.max_memory_allocated() / 2**30}
        unit = 1 if sys.platform == "darwin" else 1024  # bytes in which the system counts
        return {MEMORY: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30}

    def _save(self) -> None:
        state = whole_state(self.optimizer, saves=self.accelerator.is_local_main_process)
        if self.accelerator.is_local_main_process:
            self.save(state)
        self.accelerator.wait_for_everyone()
