"""``vtb-train-vlm grpo``: reinforcement learning with group-relative advantages (GRPO, Shao et al. 2024)."""

from __future__ import annotations

import importlib.util
import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from vtb.engine.curves import Panel
from vtb.engine.hardware import Device, gpu_count
from vtb.errors import NotAvailable, UsageProblem
from vtb.rewards.engines import part_names
from vtb.rewards.registry import find_reward, read_weights, rewards
from vtb.stage.command import stage_command
from vtb.stage.fields import option
from vtb.stage.run import Run
from vtb_train_vlm import sft
from vtb_train_vlm.job import Job
from vtb_train_vlm.method import Method, Rows
from vtb_train_vlm.options import TRAINING, TrainingOptions
from vtb_train_vlm.run_training import run_training

log = logging.getLogger("vtb.train")
REWARD, GENERATION = "Rewards", "Generation"  # headings of the help
EVALUATED = 32  # rows of val that are answered at each of ten evaluations

STAGE = replace(
    sft.STAGE,
    command="vtb-train-vlm grpo",
    summary="Train a vision-language model on rewards for its own answers (GRPO), by LoRA or fully.",
    version=2,
)


@dataclass(frozen=True)
class Options(TrainingOptions):
    """The command's own options; the defaults are those of the published recipe for VSI-Bench."""

    entry: ClassVar[str] = "rlhf"

    learning_rate: float = option(1e-6, low=0, above=True, group=TRAINING, help="Peak learning rate.")
    batch_size: int = option(
        8, low=1, group=TRAINING,
        help="Completions per process and step; over all processes a multiple of --generations.",
    )  # fmt: skip
    beta: float = option(0.001, low=0, group=TRAINING, help="Weight of the distance (KL) to the model before training.")
    reward: str = option(
        "vtb", metavar="NAME", group=REWARD, help="What pays: vtb (the puzzles' own judges) or vsi (VSI-Bench's score)."
    )  # fmt: skip
    reward_weights: str | None = option(
        None, metavar="PART=X,...", group=REWARD,
        help="Weights of the reward's parts, for example correct=1,format=0.1; parts that are left out keep theirs.",
    )  # fmt: skip
    generations: int = option(8, low=2, group=GENERATION, help="Completions of each prompt that are compared.")
    temperature: float = option(1.0, low=0, above=True, group=GENERATION, help="Temperature of the sampling.")
    max_completion_length: int = option(256, low=1, group=GENERATION, help="Longest completion in tokens.")
    rollout: Literal["auto", "transformers", "colocate", "server"] = option(
        "auto", group=GENERATION,
        help="What generates: vLLM in the training processes (colocate), a vLLM server (vtb-train-vlm rollout starts "
        "one), or transformers, which is slow but runs on a CPU; auto takes colocate on GPUs.",
    )  # fmt: skip
    vllm_tensor_parallel: int = option(
        4, low=1, group=GENERATION, help="GPUs that share one copy of the model in vLLM (colocate)."
    )
    vllm_memory: float = option(
        0.5, low=0, high=1, above=True, group=GENERATION, help="Share of a GPU's memory for vLLM (colocate)."
    )
    vllm_host: str = option("127.0.0.1", group=GENERATION, help="Address of the vLLM server.")
    vllm_port: int = option(8000, low=1, high=65535, group=GENERATION, help="Port of the vLLM server.")

    def __post_init__(self) -> None:
        """Weights, too, are looked at before any input is."""
        super().__post_init__()
        read_weights(find_reward(self.reward), self.reward_weights)


@stage_command(STAGE, Options)
def grpo(run: Run, options: Options) -> None:
    """Train a vision-language model on rewards for its own answers (GRPO), by LoRA or fully.

    Launches ms-swift on a swift-dataset artifact: the model answers each question several times, and learns from what
    the better answers have ahead of the others. Everything after -- goes to ms-swift untouched and wins over the
    options here. Checkpoints, stopping and going on are as in sft. completions.html shows what the model wrote at each
    evaluation, with its rewards.

    Example: vtb-train-vlm grpo --input out/dataset --model out/sft/merged --output out/adapter --rollout transformers
    """
    run_training(run, options, METHOD)


def arguments(options: Options, device: Device) -> dict[str, Any]:
    """The engine's arguments.

    Raises:
        UsageProblem: the batch does not divide by the generations, or vLLM's share of GPUs does not fit.
        NotAvailable: vLLM was asked for and is not installed, or there is no GPU.
    """
    check_batch(options)
    weights = read_weights(find_reward(options.reward), options.reward_weights)
    return {
        "rlhf_type": "grpo",
        "num_generations": options.generations,
        "beta": options.beta,
        "temperature": options.temperature,
        "max_completion_length": options.max_completion_length,
        # The engine cuts a prompt that is too long from the left, and with it the picture.
        "truncation_strategy": "delete",
        "reward_funcs": part_names(options.reward),
        "reward_weights": list(weights.values()),
        **generation(options, device),
    }


def check_batch(options: Options) -> None:
    """Refuse a batch that does not divide by the generations, before anything is loaded."""
    nodes, per_node = os.environ.get("PET_NNODES") or "1", os.environ.get("PET_NPROC_PER_NODE") or options.nproc or 1
    processes = int(per_node) * int(nodes.partition(":")[0])
    at_once = options.batch_size * processes
    if at_once % options.generations:
        raise UsageProblem(
            f"--generations {options.generations} does not divide the {at_once} completions of a step (--batch-size "
            f"{options.batch_size} on {processes} processes): make that a multiple of it"
        )


def generation(options: Options, device: Device) -> dict[str, Any]:
    """The arguments that say what generates."""
    how = options.rollout
    if how == "auto":
        how = "colocate" if device == "cuda" and importlib.util.find_spec("vllm") else "transformers"
        if device == "cuda" and how == "transformers":
            log.warning(
                "vLLM is not installed, so transformers generates, which is slow: pip install 'vtb-train[vllm]'"
            )
    if how == "transformers":
        return {"use_vllm": False}
    if importlib.util.find_spec("vllm") is None:
        raise NotAvailable(f"--rollout {how} needs vLLM, which is not installed: pip install 'vtb-train[vllm]'")
    if device == "cpu":
        raise NotAvailable(f"--rollout {how} needs an NVIDIA GPU for the training, too: take --rollout transformers")
    if how == "server":
        at = {"vllm_server_host": options.vllm_host, "vllm_server_port": options.vllm_port}
        return {"use_vllm": True, "vllm_mode": "server", **at}
    check_tensor_parallel(options, gpu_count())
    return {
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_tensor_parallel_size": options.vllm_tensor_parallel,
        "vllm_gpu_memory_utilization": options.vllm_memory,
        "vllm_max_model_len": options.max_length + options.max_completion_length,
        "sleep_level": 1,  # its weights and cache make room while the model learns
    }


def check_tensor_parallel(options: Options, gpus: int) -> None:
    """Refuse a size that the GPUs of this machine do not divide by."""
    size, processes = options.vllm_tensor_parallel, options.nproc or 1
    if size > gpus or processes % size:
        raise UsageProblem(
            f"--vllm-tensor-parallel {size} does not fit {gpus} GPUs and {processes} processes: give a number that "
            "divides both, such as 1"
        )


def figures(rows: Rows) -> dict[str, float]:
    """First and last reward (means over a tenth of the steps), and the last on the validation rows."""
    values = [row["reward"] for row in rows if "reward" in row]
    checks = [row["eval_reward"] for row in rows if "eval_reward" in row]
    tenth = max(1, len(values) // 10)
    found = {"reward_first": _mean(values[:tenth]), "reward_last": _mean(values[-tenth:])} if values else {}
    if found:
        log.info("reward %.3f at first, %.3f at last", found["reward_first"], found["reward_last"])
    return {**found, **({"val_reward_last": checks[-1]} if checks else {})}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def unchanged(rows: Rows) -> str:
    """Why nothing was learned: mostly because no answer of a group was better than another."""
    if all_alike(rows):
        return (
            "the answers of every group were rewarded alike, so there was nothing to prefer: start from a model that "
            "answers some right (vtb-train-vlm sft), or raise --temperature or --generations"
        )
    return "is --learning-rate 0?"


def _every_part() -> list[tuple[str, str]]:
    """Each part of each reward, as the engine names it and by its own name."""
    return [pair for name, reward in rewards().items() for pair in zip(part_names(name), reward.weights, strict=True)]


def all_alike(rows: Rows) -> bool:
    """Whether no answer of any group was better than another."""
    stds = [row["reward_std"] for row in rows if "reward_std" in row]
    return bool(stds) and max(stds) == 0


def curves(rows: Rows) -> dict[str, tuple[Panel, ...]]:
    """The reward and its parts, as far as the log has them, what they cost, and the loss."""
    names = sorted({f"rewards/{name}/mean": part for name, part in _every_part() for row in rows
                    if f"rewards/{name}/mean" in row}.items())  # fmt: skip
    return {
        "reward.png": (
            Panel("reward", {"reward": "reward", "eval_reward": "reward on val"}),
            Panel("parts of the reward", dict(names)),
            Panel("distance to the first model (KL)", {"kl": "KL"}),
            Panel("length of completions in tokens", {"completions/mean_length": "mean length"}),
            Panel("share of completions cut off", {"completions/clipped_ratio": "cut off"}),
        ),
        "loss.png": (Panel("loss", {"loss": "training loss"}),),
    }


def _keep(job: Job, weights: Path) -> None:
    from vtb_train_vlm.completions import keep_completions  # pictures, which a help text does without

    keep_completions(job, weights)


METHOD = Method(
    stage=STAGE,
    entry="rlhf",
    rows="grpo",
    arguments=arguments,
    curves=curves,
    figures=figures,
    unchanged=unchanged,
    in_vain=all_alike,
    needs=lambda options: ("id", "solution", *find_reward(options.reward).columns),
    evaluated=EVALUATED,
    keep=_keep,
)
