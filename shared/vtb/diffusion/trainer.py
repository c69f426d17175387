"""The training loop for all models that draw."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from vtb.diffusion.checkpoint import load_checkpoint, save_checkpoint
from vtb.diffusion.denoiser import make_denoiser
from vtb.diffusion.features import Features
from vtb.diffusion.flow import draw
from vtb.diffusion.held_out import HeldOut, Solved, solve, write_strip
from vtb.diffusion.job import Job
from vtb.diffusion.order import Order
from vtb.diffusion.pace import rate_factor
from vtb.diffusion.sampling import Sampling
from vtb.diffusion.step_log import StepLog, by_quarter
from vtb.diffusion.variants import Expert, Variant
from vtb.engine.launch import strips_folder
from vtb.engine.stop_signal import StopSignal, any_process


class Trainer:
    """One training of one model, in one of the processes that share it."""

    def __init__(
        self, job: Job, variant: Variant, pipe: Any, features_of: Callable[[int], Features], rows: int,
        accelerator: Any, stop: StopSignal,
    ) -> None:  # fmt: skip
        """Prepare the model, whose trained parts are marked by now, and go on from the checkpoint if there is one.

        Args:
            job: what to do.
            variant: which model it is.
            pipe: the engine's pipeline.
            features_of: from a row's number to its features.
            rows: how many there are.
            accelerator: accelerate's, of all processes.
            stop: says when to stop.
        """
        import torch

        self.job, self.variant, self.pipe, self._features_of = job, variant, pipe, features_of
        self.accelerator, self.stop = accelerator, stop
        self.experts = [expert for expert in variant.experts if expert.name in job.experts]
        places = {expert.name: expert.attribute for expert in self.experts}
        self.dits = {name: getattr(pipe, place) for name, place in places.items()}
        module = make_denoiser(pipe, variant, places, checkpointing=job.gradient_checkpointing)
        weights = [weight for weight in module.parameters() if weight.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=job.learning_rate, weight_decay=job.weight_decay)
        self.module, self.optimizer = accelerator.prepare(module, optimizer)
        self.order = Order(rows, job.seed)
        self.log = StepLog(job.steps, main=accelerator.is_main_process)
        self._steps_each = max(1, job.steps // len(self.experts))
        self.done = 0
        if job.resume_from is not None:
            self.done = load_checkpoint(job.resume_from, self.dits, self.optimizer, accelerator.device)

    def run(self, puzzles: Sequence[HeldOut]) -> bool:
        """Train to the end; says whether it was stopped before."""
        self.stop.training = True
        self.log.write(self.done, {"event": "begin"})
        if self.done == 0:
            self._judge(puzzles)
        while self.done < self.job.steps:
            row = self._update()
            self.done += 1
            last = self.done == self.job.steps
            stopping = not last and any_process(self.stop.asked(), self.accelerator.device)
            self.log.write(self.done, row)
            if self.job.judging and (last or self.done % self.job.judging.every == 0):
                self._judge(puzzles)
            if last or stopping or self.done % self.job.save_steps == 0:
                self._save()
            if stopping:
                break
        stopped = self.done < self.job.steps
        self.log.write(self.done, {"event": "end", "stopped": stopped})
        return stopped

    def expert_of(self, step: int) -> Expert:
        """The denoiser whose turn it is: one after the other, each for its share of the updates."""
        return self.experts[min(step // self._steps_each, len(self.experts) - 1)]

    def _update(self) -> dict[str, float]:
        """One step of the optimizer: the mean gradient of the samples of all processes."""
        job, expert, began = self.job, self.expert_of(self.done), time.perf_counter()
        own = self.done - self.experts.index(expert) * self._steps_each
        rate = job.learning_rate * rate_factor(own, self._steps_each, job.warmup, job.schedule)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        losses = [self._backward(place, expert) for place in range(job.batch_size)]
        norm = self.accelerator.clip_grad_norm_(self._weights(expert), job.max_grad_norm)
        losses = self._gathered(losses)
        mean = sum(loss for _, loss in losses) / len(losses)
        if not math.isfinite(mean) or not math.isfinite(float(norm)):
            raise FloatingPointError(
                f"the loss is {mean:g} and its gradient's norm {float(norm):g} at update {self.done + 1}: lower "
                "--learning-rate, or raise --warmup"
            )
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        row = {"loss": mean, "grad_norm": float(norm), "learning_rate": rate, **by_quarter(losses)}
        return {**row, **self._memory(), "step_time": time.perf_counter() - began}

    def _backward(self, place: int, expert: Expert) -> tuple[int, float]:
        """Add the gradient of one sample; processes exchange theirs after the last."""
        world, last = self.accelerator.num_processes, place == self.job.batch_size - 1
        number = (self.done * self.job.batch_size + place) * world + self.accelerator.process_index
        chance = draw(self.job.seed, number, expert)
        features = self._features_of(self.order.row_of(number))
        with nullcontext() if last else self.accelerator.no_sync(self.module):
            loss = self.module(features, expert.name, chance)
            self.accelerator.backward(loss / self.job.batch_size)
        return chance.timestep, float(loss.detach())

    def _weights(self, expert: Expert) -> list[Any]:
        return [weight for weight in self.dits[expert.name].parameters() if weight.requires_grad]

    def _gathered(self, losses: list[tuple[int, float]]) -> list[tuple[int, float]]:
        if self.accelerator.num_processes == 1:
            return losses
        import torch

        own = torch.tensor(losses, dtype=torch.float64, device="cpu").to(self.accelerator.device)
        return [(int(timestep), loss) for timestep, loss in self.accelerator.gather(own).tolist()]

    def _memory(self) -> dict[str, float]:
        import torch

        if self.accelerator.device.type != "cuda":
            return {}
        return {"memory_gib": torch.cuda.max_memory_allocated() / 2**30}

    def _save(self) -> None:
        if self.accelerator.is_local_main_process:
            save_checkpoint(self.job.output_dir, self.done, self.job.steps, self.dits, self.optimizer)
        self.accelerator.wait_for_everyone()

    def _judge(self, puzzles: Sequence[HeldOut]) -> None:
        """Solve the held-out puzzles, shared out among the processes, and log how many are right."""
        if self.job.judging is None or not puzzles:
            return
        began, rank, world = time.perf_counter(), self.accelerator.process_index, self.accelerator.num_processes
        sampling = Sampling(self.job.judging.inference_steps, 1.0, self.job.edit_pixels)
        solved = [solve(self.pipe, self.variant, one, sampling, self.job.seed) for one in puzzles[rank::world]]
        every = self._everybodys(solved)
        if self.accelerator.is_main_process:
            write_strip(every, strips_folder(self.job.output_dir) / f"step-{self.done:06d}.png")
            share = {"eval_solved": [one.strict for one in every], "eval_tolerant": [one.tolerant for one in every]}
            means = {name: sum(found) / len(found) for name, found in share.items()}
            self.log.write(self.done, {**means, "eval_runtime": time.perf_counter() - began})

    def _everybodys(self, solved: list[Solved]) -> list[Solved]:
        if self.accelerator.num_processes > 1:
            import torch.distributed as dist

            parts: list[Any] = [None] * self.accelerator.num_processes
            dist.all_gather_object(parts, solved)
            solved = [one for part in parts for one in part]
        return sorted(solved, key=lambda one: one.number)
