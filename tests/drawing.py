"""Tiny models that draw, datasets for them, and jobs for their trainer: made once per process."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call
from vtb.artifact import read_manifest
from vtb.artifact.unpacked import unpacked_folder
from vtb.diffusion.job import Job, Judging
from vtb.diffusion.pipelines import load_pipeline
from vtb.diffusion.rows import Row, read_rows
from vtb.diffusion.tiny.build import build_tiny_model, kind_of
from vtb.diffusion.variants import VARIANTS

EVERY = tuple(VARIANTS)
FEW = ("qwen-image-edit", "wan2.2-ti2v-5b", "wan2.2-i2v-a14b")  # one of each architecture
MAZES = ("--size", "7", "--cell-px", "8", "--count", "24", "--video", "--frames", "5", "--clip-size", "64x64")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """For modules that import it: tiny models on a busy machine, where more threads only wait for each other.

    The engine can be imported by whatever test comes first.
    """
    import torch

    from vtb.diffusion.pipelines import import_engine

    import_engine()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@functools.cache
def scratch() -> Path:
    """A folder of this process."""
    return Path(tempfile.mkdtemp(prefix="vtb-drawing-"))


@functools.cache
def tiny(variant: str) -> Path:
    """The folder of a tiny model."""
    kind = kind_of(variant)
    folder = scratch() / kind
    if not folder.exists():
        build_tiny_model(variant, folder, seed=3)
    return folder


@functools.cache
def dataset(kind: str) -> str:
    """The artifact of ``vtb-prepare image`` or ``video``: 18 rows to train on and 6 held out."""
    mazes, made = scratch() / "mazes", scratch() / kind
    if not mazes.exists():
        _run("vtb-gen-maze", *MAZES, "--workers", "1", "--output", str(mazes))
    form = ("--frames", "5", "--size", "64x64") if kind == "video" else ()
    _run("vtb-prepare", kind, "--input", str(mazes), "--val", "0.3", *form, "--workers", "1", "--output", str(made))
    return str(made)


def _run(*words: str) -> None:
    done = call(*words)
    assert done.code == 0, done.err


def dataset_for(variant: str) -> str:
    """The artifact that a variant learns from."""
    return dataset("video" if VARIANTS[variant].moving else "image")


@functools.cache
def unpacked(variant: str) -> Path:
    """Its rows and media as files."""
    uri = dataset_for(variant)
    return unpacked_folder(uri, read_manifest(uri, ("diffsynth-dataset",)))


def rows(variant: str) -> list[Row]:
    """The rows to train on."""
    return read_rows(unpacked(variant), VARIANTS[variant])


def pipeline(variant: str, folder: Path | None = None) -> Any:
    """A fresh pipeline of a tiny model, float32 on the CPU."""
    import torch

    return load_pipeline(VARIANTS[variant], folder or tiny(variant), "cpu", torch.float32)


def job(variant: str, out: Path, **changes: Any) -> Job:
    """A training of six updates."""
    out.mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = {
        "variant": variant, "model": tiny(variant), "dataset": unpacked(variant), "output_dir": out,
        "experts": tuple(expert.name for expert in VARIANTS[variant].experts), "tuner": "lora", "rank": 4, "steps": 6,
        "batch_size": 1, "learning_rate": 1e-2, "weight_decay": 0.01, "warmup": 2, "schedule": "cosine",
        "max_grad_norm": 1.0, "gradient_checkpointing": False, "edit_pixels": 4096, "save_steps": 3, "seed": 0,
        "cache": None, "judging": None, "resume_from": None, "device": "cpu",
    }  # fmt: skip
    return Job(**{**values, **changes})


def judging(every: int = 3) -> Judging:
    """Two puzzles, two steps each."""
    return Judging(every=every, count=2, inference_steps=2)
