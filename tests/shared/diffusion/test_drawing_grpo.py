"""Training by reward of models that draw: it raises what it is paid for, goes on exactly, and never splits a group."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from drawing import job, judging, tiny
from drawing import one_thread as one_thread  # a fixture
from stopping import StopAfter
from two_processes import in_two_processes
from vtb.diffusion.grpo_engine import train
from vtb.diffusion.grpo_job import GrpoJob
from vtb.diffusion.grpo_trainer import GrpoTrainer
from vtb.diffusion.job import Job
from vtb.diffusion.memory import GIB, estimate
from vtb.diffusion.rows import Sample
from vtb.diffusion.tiny.build import build_tiny_model
from vtb.diffusion.variants import VARIANTS
from vtb.engine.complete import newest_complete_checkpoint
from vtb.engine.launch import TRAIN_LOG
from vtb.engine.stop_signal import StopSignal
from vtb.engine.training_job import read_job, write_job
from vtb.errors import BadInput
from vtb.media.image import decode_image
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example
from vtb.tasks.example import Example

pytestmark = pytest.mark.engine
VARIANT = "qwen-image-edit"
TOY = """
import sys
from pathlib import Path
from shared.diffusion.test_drawing_grpo import toy_train
from vtb.diffusion.grpo_job import GrpoJob
from vtb.engine.own_process import leave
from vtb.engine.training_job import read_job

toy_train(read_job(Path(sys.argv[1]), GrpoJob))
leave()
"""


class Redness:
    """A reward that every drawing has something of, for tests: the share of red in its light."""

    name, weights = "redness", {"red": 1.0}

    def parts(self, example: Example, frames: Any, shown: Any, *, moving: bool) -> dict[str, float]:
        red, green, blue = (float(frames[-1][..., channel].mean()) for channel in range(3))
        return {"red": red / (red + green + blue + 1)}


@pytest.fixture
def redness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb.diffusion.grpo_trainer.find_drawing_reward", lambda name: Redness())


def by_reward(variant: str, out: Path, **changes: Any) -> GrpoJob:
    """A training of few updates of few drawings."""
    settings: dict[str, Any] = {
        "steps": 3, "save_steps": 100, "warmup": 0, "schedule": "constant", "generations": 3, "rollout_steps": 3,
        "noise_level": 0.7, "window": 1, "iterations": 1, "clip_range": 1e-4, "beta": 0.04, "reward": "drawn",
        "weights": {"red": 1.0}, **changes,
    }  # fmt: skip
    base = job(variant, out, **{name: value for name, value in settings.items() if name in Job.__struct_fields__})
    return GrpoJob(**{**{name: getattr(base, name) for name in Job.__struct_fields__}, **settings})


def trained(
    work: GrpoJob, monkeypatch: pytest.MonkeyPatch, stop: StopSignal | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The weights of the last checkpoint, and the log."""
    log = work.output_dir / "log.jsonl"
    monkeypatch.setenv(TRAIN_LOG, str(log))
    train(work, stop or StopSignal(None))
    return weights_of(work), [json.loads(line) for line in log.read_text().splitlines()]


def weights_of(work: GrpoJob) -> dict[str, Any]:
    from safetensors.torch import load_file

    checkpoint = newest_complete_checkpoint(work.output_dir)
    assert checkpoint is not None
    return {
        f"{expert}/{name}": tensor
        for expert in work.experts
        for name, tensor in load_file(checkpoint / f"{expert}.safetensors").items()
    }


class ToyScheduler:
    """Levels of noise in equal steps."""

    def set_timesteps(self, steps: int, **_: Any) -> None:
        import torch

        self.sigmas = torch.linspace(1, 0, steps + 1)[:-1]
        self.timesteps = 1000 * self.sigmas


class ToyPipe:
    """A denoiser of a thousand weights that are learned in milliseconds, with what a trainer asks of the engine."""

    in_iteration_models = ("dit",)

    def __init__(self) -> None:
        import torch

        from vtb.diffusion.tiny.codec import CosineCodec

        self.device, self.torch_dtype, self.vae = torch.device("cpu"), self.precision(), CosineCodec()
        self.scheduler, self.dit = ToyScheduler(), torch.nn.Module()
        self.dit.scale = torch.nn.Parameter(torch.full((1, 16, 1, 1), 0.5))
        self.dit.shift = torch.nn.Parameter(torch.zeros(1, 16, 8, 8))
        self.dit2 = torch.nn.Linear(1, 1)  # as models of two denoisers have

    @staticmethod
    def precision() -> Any:
        import torch

        return torch.float32

    def model_fn(self, dit: Any, latents: Any, **_: Any) -> Any:
        return dit.scale.to(latents.dtype) * latents + dit.shift.to(latents.dtype)

    def vae_output_to_image(self, made: Any) -> Any:
        return ((made[0].permute(1, 2, 0) + 1) * 127.5).clip(0, 255).byte().numpy()


def toy_job(out: Path, **changes: Any) -> GrpoJob:
    """A training of the toy, paid for red near the right point."""
    out.mkdir(exist_ok=True)
    settings: dict[str, Any] = {
        "variant": "qwen-image", "model": out, "dataset": out, "output_dir": out, "experts": ("lora",), "rank": 4,
        "tuner": "full", "steps": 40, "batch_size": 1, "learning_rate": 0.05, "weight_decay": 0.0, "warmup": 0,
        "schedule": "constant", "max_grad_norm": 1.0, "gradient_checkpointing": False, "edit_pixels": 4096,
        "save_steps": 1000, "seed": 0, "cache": None, "judging": None, "resume_from": None, "device": "cpu",
        "generations": 16, "rollout_steps": 5, "noise_level": 0.7, "window": 2, "iterations": 1, "clip_range": 1e-4,
        "beta": 0.0, "reward": "drawn", "weights": {"correct": 0.0, "near": 1.0, "trajectory": 0.0},
    }  # fmt: skip
    return GrpoJob(**{**settings, **changes})


def toy_train(work: GrpoJob) -> ToyPipe:
    """Train the toy on one eyeballing puzzle, in this process or one of several."""
    import torch
    from accelerate import Accelerator

    family: Any = find_family("midpoint")
    example = make_example(family, family.config_class(width=256), "toy", 1, 0)
    question = example, Sample("", (), (), (64, 64))
    features: Mapping[str, Any] = {"input_latents": torch.zeros(1, 16, 8, 8)}
    pipe, accelerator = ToyPipe(), Accelerator(cpu=True)
    known, stop = VARIANTS[work.variant], StopSignal(None)
    GrpoTrainer(work, known, pipe, lambda _: features, lambda _: question, 1, accelerator, stop).run()
    accelerator.end_training()
    return pipe


def toy_run(out: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> tuple[ToyPipe, list[dict[str, Any]]]:
    """Train the toy: its pipe, and the log."""
    log = out / "log.jsonl"
    monkeypatch.setenv(TRAIN_LOG, str(log))
    pipe = toy_train(toy_job(out, **changes))
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    return pipe, [row for row in rows if "reward" in row]


def test_red_near_the_right_place_becomes_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dense property by the puzzle's own judge, on a toy that learns in seconds what a model learns in hours."""
    _, rows = toy_run(tmp_path, monkeypatch)
    first, last = (sum(row["reward_near"] for row in few) / 10 for few in (rows[:10], rows[-10:]))
    assert 0 < first < 0.03
    assert last > 3 * first, (first, last)
    assert all(row["ratio"] == 1 and row["clipped"] == 0 and row["kl"] == 0 for row in rows)


def test_a_denoiser_without_a_step_is_refused_before_its_turn(tmp_path: Path) -> None:
    both = {"variant": "wan2.2-i2v-a14b", "experts": ("high_noise", "low_noise")}
    with pytest.raises(BadInput, match="low_noise makes none of the 2 steps"):
        toy_train(toy_job(tmp_path, rollout_steps=2, **both))


def test_several_updates_of_the_same_drawings_stay_near_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, rows = toy_run(tmp_path, monkeypatch, steps=6, iterations=3, beta=0.04)
    assert all(row["ratio"] != 1 for row in rows)
    assert any(row["clipped"] > 0 for row in rows)
    assert all(row["kl"] > 0 for row in rows)


def test_the_distance_holds_the_model_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def far(beta: float) -> float:
        (tmp_path / str(beta)).mkdir()
        pipe, _ = toy_run(tmp_path / str(beta), monkeypatch, steps=15, beta=beta)
        return float(pipe.dit.shift.detach().norm())

    assert far(1e4) < 0.5 * far(0.0)


def test_the_loop_clips_gradients_and_warms_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AdamW makes steps of one size whatever the gradient is, unless that is far below its epsilon."""

    def far(name: str, **changes: Any) -> float:
        (tmp_path / name).mkdir()
        pipe, _ = toy_run(tmp_path / name, monkeypatch, steps=1, generations=4, **changes)
        return float(pipe.dit.shift.detach().norm())

    plain = far("plain")
    assert 0 < far("clipped", max_grad_norm=1e-12) < 0.01 * plain
    assert 0 < far("warming", warmup=1000) < 0.01 * plain


def test_in_half_precision_the_steps_are_those_of_single(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model computes in bfloat16, and chance and likelihood in float32."""
    import torch

    _, rows = toy_run(tmp_path, monkeypatch, steps=2, iterations=2, beta=0.04)
    monkeypatch.setattr(ToyPipe, "precision", staticmethod(lambda: torch.bfloat16))
    _, half = toy_run(tmp_path, monkeypatch, steps=2, iterations=2, beta=0.04)
    assert [row["ratio"] for row in half[-2:]] == pytest.approx([row["ratio"] for row in rows], abs=1e-4)
    assert [row["kl"] for row in half[-2:]] == pytest.approx([row["kl"] for row in rows], rel=0.3)


def test_drawings_that_are_worth_the_same_teach_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {"correct": 1.0, "near": 0.0, "trajectory": 0.0}
    pipe, rows = toy_run(tmp_path, monkeypatch, steps=2, weights=weights, beta=0.04)
    assert all(row["alike"] == 1 and row["grad_norm"] == 0 for row in rows)
    assert not pipe.dit.shift.detach().any()


def test_a_real_architecture_draws_more_of_what_is_paid_for(
    redness: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_tiny_model(VARIANT, tmp_path / "model", 3, small=True)
    fast = {"generations": 6, "learning_rate": 0.03}
    work = by_reward(VARIANT, tmp_path / "out", model=tmp_path / "model", steps=9, beta=0.0, **fast)
    rows = [row for row in trained(work, monkeypatch)[1] if "reward" in row]
    first, last = (sum(row["reward"] for row in few) / 3 for few in (rows[:3], rows[-3:]))
    assert last > first + 0.03, (first, last)


@pytest.mark.parametrize(("variant", "tuner"), [(VARIANT, "full"), ("wan2.2-ti2v-5b", "lora")])
def test_a_stopped_training_by_reward_goes_on_exactly(
    variant: str, tuner: str, redness: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged meanwhile or not, activations kept or not."""
    import torch

    few = {"tuner": tuner, "steps": 2, "generations": 2}
    whole, log = trained(by_reward(variant, tmp_path / "whole", **few), monkeypatch)
    assert all(row["reward_std"] > 0 and row["grad_norm"] > 0 for row in log if "loss" in row)
    assert [row["kl"] > 0 for row in log if "kl" in row] == [False, True]
    parts = by_reward(variant, tmp_path / "parts", **few)
    trained(parts, monkeypatch, StopAfter(1))
    again = structs.replace(
        parts, resume_from=newest_complete_checkpoint(parts.output_dir), judging=judging(1), gradient_checkpointing=True
    )
    resumed, log = trained(again, monkeypatch)
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(weight, resumed[name]) for name, weight in whole.items())
    assert tuner == "full" or any(weight.any() for name, weight in whole.items() if "lora_B" in name)
    assert all(row["eval_reward"] == row["eval_reward_red"] > 0 for row in log if "eval_reward" in row)
    strip = decode_image((parts.output_dir / "strips/step-000002.png").read_bytes())
    assert len(strip) == 2 * (196 + 20)  # two puzzles, and a line of print with the reward below each


@pytest.mark.parametrize(("tuner", "width"), [("lora", 4), ("full", 2)])
def test_the_model_before_training_takes_memory(tuner: str, width: int) -> None:
    plain, kept = (
        estimate(VARIANTS[VARIANT], tiny(VARIANT), ("lora",), tuner, 4, 2, 1, kept=each) for each in (False, True)
    )
    assert (kept.trained_gib - plain.trained_gib) * GIB == pytest.approx(width * plain.trained)


def test_two_processes_compare_the_groups_that_one_compares(tmp_path: Path) -> None:
    """Were a group split, its mean and deviation would be others, and so would the weights."""
    import torch

    few = {"steps": 3, "save_steps": 3, "generations": 6}
    alone, two = (toy_job(tmp_path / f"{size}", batch_size=size, **few) for size in (2, 1))
    toy_train(alone)
    write_job(two, tmp_path / "job.json")
    assert read_job(tmp_path / "job.json", GrpoJob) == two
    (tmp_path / "toy.py").write_text(TOY)
    in_two_processes(tmp_path / "toy.py", tmp_path / "job.json")
    one, both = weights_of(alone), weights_of(two)
    assert all(torch.allclose(weight, both[name], atol=1e-5) for name, weight in one.items())
    assert float(one["lora/shift"].abs().max()) > 0.1
