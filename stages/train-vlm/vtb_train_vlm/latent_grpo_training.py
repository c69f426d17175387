"""The stage's side of a training with latents by reward: checks, the job for the engine process, and the artifact."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.artifact import Plan
from vtb.engine.curves import Panel
from vtb.engine.hardware import Device
from vtb.engine.launch import completions_file
from vtb.engine.own_artifact import Harvest, Rows
from vtb.engine.own_engine import processes, updates
from vtb.engine.run_training import work_place
from vtb.engine.training_job import Judging
from vtb.errors import BadInput
from vtb.latent.grpo_job import GrpoJob
from vtb.latent.questions import GRPO_FILES, read_questions
from vtb.latent.rewards import PENALTIES
from vtb.latent.rows import FILES
from vtb.latent.tokens import read_latent_config
from vtb.rewards.registry import find_reward
from vtb.stage.run import Run
from vtb_train_vlm.completions import Writing, write_completions
from vtb_train_vlm.latent_grpo_options import Options
from vtb_train_vlm.latent_training import trained_weights
from vtb_train_vlm.own_training import Way, first_and_last, train_by

log = logging.getLogger("vtb.train")
MODULE = "vtb.latent.grpo_engine"  # what ``python -m`` runs
_SMALLER = "--generations, --max-new-tokens or --max-pixels, take --tuner lora, or leave out --keep-activations"
_UNCHANGED = (
    "no answer of any group was worth more than another: start from a model that answers some questions right, raise "
    "--temperature or --generations"
)
# The options that a job has by the same names.
SAME = (
    "tuner", "learning_rate", "weight_decay", "warmup", "schedule", "max_grad_norm", "save_steps", "grad_accum",
    "generations", "controls", "latent", "temperature", "max_new_tokens", "beta", "reward", "necessity",
    "most_segments", "max_pixels", "tune_vision",
)  # fmt: skip


def train_by_reward(run: Run, options: Options) -> None:
    """By reward."""
    train_by(run, options, BY_REWARD)


def check_job(job: GrpoJob) -> None:
    """Refuse a model that knows no latents, and questions that the reward cannot judge.

    Raises:
        BadInput: it does not, or one of them has nothing to judge by.
    """
    if read_latent_config(job.model) is None:
        raise BadInput(f"{job.model}: knows no latents: train it with `vtb-train-vlm latent-sft` first")
    needed = find_reward(job.reward).columns
    for split in GRPO_FILES:
        for row, whole in read_questions(job.dataset, split):
            missing = next((name for name in needed if not whole.get(name)), None)
            if missing is not None:
                raise BadInput(
                    f"{job.dataset}: row {row.id} of {split} has no {missing} by which the reward {job.reward} judges "
                    "answers: take rows of puzzles, of CoMT, or of `vtb-prepare virl39k`"
                )


def make_job(run: Run, plan: Plan, options: Options, dataset: Path, model: Path, rows: int, where: Device) -> GrpoJob:
    """The job; nothing is written yet."""
    judging = Judging(every=options.judge_steps, count=options.judge_count, max_new_tokens=options.max_new_tokens)
    return GrpoJob(
        model=model, dataset=dataset, output_dir=work_place(run, plan), rank=options.lora_rank, batch_size=1,
        steps=updates(options.epochs, options.max_steps, rows, options.grad_accum, processes(options.nproc, where)),
        gradient_checkpointing=not options.keep_activations, seed=run.seed, resume_from=None, device=where,
        weights=options.weights(), judging=judging if options.judge_steps else None,
        **{name: getattr(options, name) for name in SAME},
    )  # fmt: skip


def weights(job: GrpoJob, checkpoint: Path, place: Path) -> dict[str, Any]:
    """The trained weights, and the page with what the model wrote."""
    proof = trained_weights(job, checkpoint, place, _UNCHANGED)
    files = (job.dataset / each["val"] for each in (GRPO_FILES, FILES))
    asked = next((path for path in files if path.is_file()), None)
    if asked is not None:
        base = find_reward(job.reward).weights
        parts = {name: job.weights[name] for name in base}
        write_completions(Writing(completions_file(job.output_dir), asked, job.dataset, parts, 1), place)
    return proof


def curves(rows: Rows) -> Mapping[str, Sequence[Panel]]:
    """The reward and its parts, how latents are used, and how far the model has gone."""
    parts = sorted({name for row in rows for name in row if name.startswith("reward_") and name != "reward_std"})
    told = {name: name.removeprefix("reward_") for name in parts}
    gains = {name: what for name, what in told.items() if what not in PENALTIES}
    losses = {name: what for name, what in told.items() if what in PENALTIES}
    return {
        "curves.png": (
            Panel("reward", {"reward": "mean", "reward_std": "deviation in a group"}),
            Panel("parts of the reward", gains),
            Panel("penalties", losses),
            Panel("latents", {"latent_answers": "answers with latents", "segments": "segments"}),
            Panel("answers", {"cut_off": "cut off"}),
            Panel("length in tokens", {"length": "length"}),
            Panel("distance to the model before", {"kl": "KL"}),
        )
    }


def figures(rows: Rows) -> dict[str, float]:
    """First and last of each figure of the log that says how training went."""
    names = dict.fromkeys(name for row in rows for name in row if name.startswith(("reward", "eval_")))
    found = first_and_last(rows, (*names, "kl", "length", "latent_answers", "segments"))
    if "reward_first" in found:
        log.info("reward %.3f at the first step, %.3f at the last", found["reward_first"], found["reward_last"])
    return found


HARVEST = Harvest(weights, curves, figures)
BY_REWARD = Way(MODULE, make_job, check_job, "questions", lambda job: _SMALLER, HARVEST)
