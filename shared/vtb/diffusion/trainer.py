"""The training of all models that draw."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vtb.diffusion.checkpoint import load_checkpoint, save_checkpoint
from vtb.diffusion.denoiser import make_denoiser
from vtb.diffusion.features import Features
from vtb.diffusion.flow import by_quarter, draw
from vtb.diffusion.held_out import HeldOut, Solved, Worth, solve, write_strip
from vtb.diffusion.job import Job
from vtb.diffusion.sampling import Sampling
from vtb.diffusion.variants import Expert, Variant
from vtb.engine.launch import strips_folder
from vtb.engine.optimizer import make_optimizer
from vtb.engine.order import Order
from vtb.engine.stop_signal import StopSignal
from vtb.engine.training_loop import TrainingLoop

_TIMESTEP = "timestep"  # among the figures of a loss


class Trainer(TrainingLoop[Job]):
    """One training of one model, in one of the processes that share it.

    Attributes:
        worth: gives the reward of a held-out drawing, where training is by reward.
    """

    worth: Worth | None = None

    def __init__(
        self, job: Job, variant: Variant, pipe: Any, features_of: Callable[[int], Features], rows: int,
        accelerator: Any, stop: StopSignal, puzzles: Sequence[HeldOut] = (),
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
            puzzles: to solve while training goes on.
        """
        self.variant, self.pipe, self._features_of, self._puzzles = variant, pipe, features_of, puzzles
        self.experts = [expert for expert in variant.experts if expert.name in job.experts]
        places = {expert.name: expert.attribute for expert in self.experts}
        self.dits = {name: getattr(pipe, place) for name, place in places.items()}
        self.job = job
        module = self.make_module(places)
        weights = [weight for weight in module.parameters() if weight.requires_grad]
        optimizer = make_optimizer(weights, accelerator, rate=job.learning_rate, decay=job.weight_decay)
        super().__init__(job, accelerator, stop, module, optimizer)
        self.order = Order(rows, job.seed)
        self._steps_each = max(1, job.steps // len(self.experts))
        if job.resume_from is not None:
            self.done = load_checkpoint(job.resume_from, self.dits, self.optimizer, accelerator.device)

    def make_module(self, places: Mapping[str, str]) -> Any:
        """What is trained, from the attributes of the pipeline by the experts' names; its forward gives a loss."""
        return make_denoiser(self.pipe, self.variant, places, checkpointing=self.job.gradient_checkpointing)

    def expert_of(self, step: int) -> Expert:
        """The denoiser whose turn it is: one after the other, each for its share of the updates."""
        return self.experts[min(step // self._steps_each, len(self.experts) - 1)]

    def position(self) -> tuple[int, int]:
        """Each expert has a schedule of its own."""
        return self.done - self.experts.index(self.expert_of(self.done)) * self._steps_each, self._steps_each

    def trained(self) -> list[Any]:
        """Those of the expert whose turn it is."""
        dit = self.dits[self.expert_of(self.done).name]
        return [weight for weight in dit.parameters() if weight.requires_grad]

    def backward(self) -> list[Mapping[str, float]]:
        """Sample after sample."""
        return [self._backward(place, self.expert_of(self.done)) for place in range(self.job.batch_size)]

    def _backward(self, place: int, expert: Expert) -> Mapping[str, float]:
        world = self.accelerator.num_processes
        number = (self.done * self.job.batch_size + place) * world + self.accelerator.process_index
        chance = draw(self.job.seed, number, expert)
        features = self._features_of(self.order.row_of(number))
        with self.exchanging(last=place == self.job.batch_size - 1):
            loss = self.module(features, expert.name, chance)
            self.accelerator.backward(loss / self.job.batch_size)
        return {"loss": float(loss.detach()), _TIMESTEP: chance.timestep}

    def figures(self, losses: Sequence[Mapping[str, float]]) -> dict[str, float]:
        """The mean loss, in whole and by noise."""
        mean = sum(one["loss"] for one in losses) / len(losses)
        return {"loss": mean, **by_quarter([(int(one[_TIMESTEP]), one["loss"]) for one in losses])}

    def save(self, state: Mapping[str, Any]) -> None:
        """Of all experts."""
        save_checkpoint(self.job.output_dir, self.done, self.job.steps, self.dits, state)

    def evaluate(self) -> None:
        """Solve the held-out puzzles, shared out among the processes, and log how many are right."""
        if self.job.judging is None or not self._puzzles:
            return
        began, rank, world = time.perf_counter(), self.accelerator.process_index, self.accelerator.num_processes
        sampling = Sampling(self.job.judging.inference_steps, 1.0, self.job.edit_pixels)
        own = [self._solved(one, sampling) for one in self._puzzles[rank::world]]
        every = sorted((one for part in self.everybodys(own) for one in part), key=lambda one: one.number)
        if self.accelerator.is_main_process:
            write_strip(every, strips_folder(self.job.output_dir) / f"step-{self.done:06d}.png")
            self.log.write(self.done, {**_shares(every), "eval_runtime": time.perf_counter() - began})

    def _solved(self, puzzle: HeldOut, sampling: Sampling) -> Solved:
        return solve(self.pipe, self.variant, puzzle, sampling, self.job.seed, self.worth)


def _shares(every: Sequence[Solved]) -> dict[str, float]:
    """How many are right, and what they are worth on average."""
    found: dict[str, list[float]] = {
        "eval_solved": [one.strict for one in every], "eval_tolerant": [one.tolerant for one in every],
        "eval_reward": [one.reward for one in every if one.reward is not None],
        **{f"eval_reward_{name}": [one.parts[name] for one in every] for name in every[0].parts},
    }  # fmt: skip
    return {name: sum(values) / len(values) for name, values in found.items() if values}
