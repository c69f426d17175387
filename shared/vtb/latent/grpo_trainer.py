"""Training by reward of a model that thinks in latents (GRPO, arXiv 2402.03300).

A process answers one question several times, and learns from what the better answers have ahead of the others. All
answers to a question are made and compared in one process, so that a group is never split, however many there are.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from vtb.engine.advantages import advantages
from vtb.engine.kept_weights import KeptWeights
from vtb.engine.launch import TRAIN_LOG, completions_file
from vtb.engine.optimizer import make_optimizer
from vtb.engine.order import Order
from vtb.engine.stop_signal import StopSignal
from vtb.engine.training_loop import TrainingLoop
from vtb.latent.checkpoint import load_checkpoint, save_checkpoint
from vtb.latent.decoding import generate
from vtb.latent.grpo_job import GrpoJob
from vtb.latent.held_out import AT_ONCE
from vtb.latent.parts import Parts
from vtb.latent.policy import Answers, answers_of, log_probs, policy_loss
from vtb.latent.rewards import LatentReward
from vtb.latent.rollouts import Rollouts, as_rollouts, plain_sampling, roll_out, without_latents
from vtb.latent.rows import Row
from vtb.latent.sequences import Sequencer
from vtb.latent.tokens import LatentTokens
from vtb.rewards.registry import find_reward
from vtb.rng import sample_seed

Question = tuple[Row, Mapping[str, Any]]
GREEDY: Mapping[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}


class GrpoTrainer(TrainingLoop[GrpoJob]):
    """One training of one model, in one of the processes that share it."""

    def __init__(
        self, job: GrpoJob, model: Any, parts: Parts, tokens: LatentTokens, sequencer: Sequencer,
        questions: Sequence[Question], val: Sequence[Question], accelerator: Any, stop: StopSignal,
    ) -> None:  # fmt: skip
        """Prepare the model, whose trained parts are marked by now, and go on from the checkpoint if there is one."""
        self.model, self.parts, self.tokens, self.sequencer = model, parts, tokens, sequencer
        self._questions, self._val, self.order = questions, val, Order(len(questions), job.seed)
        self.reward = LatentReward(find_reward(job.reward), job.weights, job.necessity, job.most_segments)
        self.before = KeptWeights(model)
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        optimizer = make_optimizer(weights, accelerator, rate=job.learning_rate, decay=job.weight_decay)
        super().__init__(job, accelerator, stop, make_policy(model, parts, tokens, job.temperature), optimizer)
        if job.resume_from is not None:
            self.done = load_checkpoint(job.resume_from, model, self.optimizer, None, accelerator.device)

    def backward(self) -> list[Mapping[str, float]]:
        """Question after question."""
        return [self._backward(place) for place in range(self.job.grad_accum)]

    def _backward(self, place: int) -> Mapping[str, float]:
        import torch

        world = self.accelerator.num_processes
        number = (self.done * self.job.grad_accum + place) * world + self.accelerator.process_index
        row, whole = self._questions[self.order.row_of(number)]
        self.model.eval()
        with self.accelerator.autocast():
            rollouts, answers, parts = self._rolled(row, whole, number)
            before = self._before(answers)
        rewards = torch.tensor([self.reward.total(one) for one in parts], dtype=torch.float64)
        worth = advantages(rewards).float().to(self.accelerator.device)
        self.model.train()
        with self.exchanging(last=place == self.job.grad_accum - 1):
            own = self.module(answers)
            loss, apart = policy_loss(own, before, answers.chosen, worth, self.job.beta)
            self.accelerator.backward(loss / self.job.grad_accum)
        return {**_figures(rollouts, parts, rewards), "loss": float(loss.detach()), "kl": float(apart)}

    def _rolled(
        self, row: Row, whole: Mapping[str, Any], number: int
    ) -> tuple[Rollouts, Answers, list[dict[str, float]]]:
        """The answers to one question, and what each achieves."""
        job, seed = self.job, sample_seed(self.job.seed, "rollout", number)
        settings = {"max_new_tokens": job.max_new_tokens, **plain_sampling(job.temperature)}
        roll = partial(roll_out, self.parts, self.sequencer, row, self.tokens)
        rollouts = roll(job.generations, job.latent, seed, **settings)
        answers = answers_of(rollouts, self.tokens, job.latent, self.sequencer.processor.tokenizer.pad_token_id)
        controls = roll(job.controls, "forbid", seed + 1, **settings).stated if job.controls else []
        again = partial(without_latents, self.parts, self.sequencer, row, rollouts, self.tokens, seed + 2, **settings)
        return (
            rollouts,
            answers,
            self.reward.parts(rollouts, whole, self.tokens, controls, again, partial(self._drops, rollouts, answers)),
        )

    def _drops(self, rollouts: Rollouts, answers: Answers) -> list[float | None]:
        """By how much the words after the last segment become less likely, per token."""
        import torch

        with torch.no_grad():
            seeing, blind = (
                log_probs(self.parts, answers, self.tokens, self.job.temperature, blind=each) for each in (False, True)
            )
        found: list[float | None] = []
        for row, count in enumerate(rollouts.segments):
            ends = (answers.batch.ids[row] == self.tokens.end).nonzero().flatten()
            if not count or not len(ends):
                found.append(None)
                continue
            words = answers.chosen[row].clone()
            words[: int(ends[-1])] = False
            few = words.sum().clamp(min=1)
            found.append(float(((seeing[row] - blind[row]) * words).sum() / few))
        return found

    def _before(self, answers: Answers) -> Any:
        import torch

        if not self.job.beta:
            return None
        with torch.no_grad(), self.before.in_place():
            return log_probs(self.parts, answers, self.tokens, self.job.temperature)

    def save(self, state: Mapping[str, Any]) -> None:
        """Of the model and the optimizer; the model before training is the one that it started from."""
        save_checkpoint(self.job.output_dir, self.done, self.job.steps, self.model, state, None)

    def evaluate(self) -> None:
        """The likeliest answers to held-out questions, shared out among the processes, and what they achieve."""
        if self.job.judging is None or not self._val:
            return
        began, rank, world = time.perf_counter(), self.accelerator.process_index, self.accelerator.num_processes
        self.model.eval()
        few = self._val[: self.job.judging.count]
        with self.accelerator.autocast():
            mine = few[rank::world]
            own = [line for at in range(0, len(mine), AT_ONCE) for line in self._answered(mine[at : at + AT_ONCE])]
        self.model.train()
        every = [line for part in self.everybodys(own) for line in part]
        if self.accelerator.is_main_process:
            self._keep(every)
            found = self.figures([line["parts"] for line in every])
            row = {f"eval_{name}": value for name, value in found.items()}
            row["eval_latent_answers"] = sum(line["segments"] > 0 for line in every) / len(every)
            self.log.write(self.done, {**row, "eval_runtime": time.perf_counter() - began})

    def _answered(self, questions: Sequence[Question]) -> list[dict[str, Any]]:
        assert self.job.judging is not None
        inputs = self.sequencer.prompts([row for row, _ in questions]).to(self.accelerator.device)
        longest = self.job.judging.max_new_tokens
        ids, thoughts = generate(self.parts, inputs, self.tokens, self.job.latent, max_new_tokens=longest, **GREEDY)
        said = as_rollouts(self.parts, self.sequencer, inputs, ids, thoughts.found, self.tokens)
        return [
            {"step": self.done, "id": row.id, "solution": row.answer, "completion": text,
             "parts": self.reward.base.parts(stated, whole), "segments": segments}
            for (row, whole), text, stated, segments in zip(
                questions, said.texts, said.stated, said.segments, strict=True
            )
        ]  # fmt: skip

    def _keep(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """For the page of the artifact."""
        if TRAIN_LOG in os.environ:
            path = Path(completions_file(self.job.output_dir))
            with path.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(line) + "\n" for line in lines))


def make_policy(model: Any, parts: Parts, tokens: LatentTokens, temperature: float) -> Any:
    """A module from the answers to a question to how likely they are."""
    import torch

    class Policy(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, answers: Answers) -> Any:
            return log_probs(parts, answers, tokens, temperature)

    return Policy()


def _figures(rollouts: Rollouts, parts: Sequence[Mapping[str, float]], rewards: Any) -> dict[str, float]:
    """What the log says of a group."""
    count = len(parts)
    return {
        "reward": float(rewards.mean()),
        "reward_std": float(rewards.std()),
        **{f"reward_{name}": sum(one[name] for one in parts) / count for name in parts[0]},
        "length": sum(rollouts.lengths) / count,
        "cut_off": sum(not ended for ended in rollouts.ended) / count,
        "latent_answers": sum(segments > 0 for segments in rollouts.segments) / count,
        "segments": sum(rollouts.segments) / count,
    }
