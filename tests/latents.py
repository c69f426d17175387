"""Tiny models that think in latents, datasets for them, and jobs for their trainer: made once per process."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from vtb.engine.training_job import Judging
from vtb.engine.vision_language import load_processor
from vtb.latent.job import Job
from vtb.latent.loading import add_latents
from vtb.latent.parts import Parts, parts_of
from vtb.latent.rows import Row, read_rows
from vtb.latent.sequences import Sequencer
from vtb.latent.teacher import Teacher
from vtb.latent.tokens import LatentTokens
from vtb_train_vlm.tiny_model import Family, build_tiny_model

FAMILIES: tuple[Family, ...] = ("qwen2_5_vl", "qwen3_vl")
SIZE = 4  # latents of a segment
COLORS = {"red": (200, 0, 0), "green": (0, 160, 0), "blue": (0, 0, 200)}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """For modules that import it: tiny models on a busy machine, where more threads only wait for each other."""
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@functools.cache
def scratch() -> Path:
    """A folder of this process."""
    return Path(tempfile.mkdtemp(prefix="vtb-latent-"))


@functools.cache
def tiny(family: Family) -> Path:
    """The folder of a tiny model."""
    folder = scratch() / family
    build_tiny_model(family, folder, seed=3)
    return folder


def write_dataset(folder: Path, rows: int = 12) -> Path:
    """Squares of one color; a row imagines the picture with a line through it, then the picture, then says the color.

    Pictures have several sizes, and every third row asks about two.
    """
    from PIL import Image, ImageDraw

    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(rows):
        name, side = list(COLORS)[number % 3], 84 + 28 * (number % 2)
        before = Image.new("RGB", (side, 112), "white")
        ImageDraw.Draw(before).rectangle([20, 20, 60, 60], fill=COLORS[name])
        before.save(folder / f"{number}.png")
        after = before.copy()
        ImageDraw.Draw(after).line([0, 0, side, 111], fill="black", width=8)
        after.save(folder / f"{number}-after.png")
        latent = [{"type": "latent", "helper_image": f"{number}{end}.png"} for end in ("-after", "")]
        words = [{"type": "text", "content": text} for text in ("Draw the image. ", "Solve it. ", f"Answer: {name}")]
        lines.append({
            "id": f"row-{number}", "text_input": "What is the missing color?",
            "image_input": [f"{number}.png"] * (2 if number % 3 == 2 else 1),
            "sequence_plan": [words[0], latent[0], words[1], latent[1], words[2]],
            "original_final_answer": name, "task": "squares", "example": "",
        })  # fmt: skip
    (folder / "train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "val.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:3]))
    return folder


@functools.cache
def dataset() -> Path:
    """The folder of one."""
    return write_dataset(scratch() / "dataset")


@functools.cache
def rows() -> tuple[Row, ...]:
    """Its rows to learn from."""
    return tuple(read_rows(dataset(), "train"))


def loaded(family: Family) -> tuple[Any, Parts, LatentTokens, Sequencer]:
    """A model that knows the tokens, anew each time."""
    import torch
    from transformers import AutoModelForImageTextToText

    torch.manual_seed(0)
    model = AutoModelForImageTextToText.from_pretrained(tiny(family))
    processor = load_processor(tiny(family), 1 << 20)
    tokens = add_latents(model, processor, tiny(family), SIZE, "full")
    return model, parts_of(model), tokens, Sequencer(processor, tokens, 4096)


def teacher_of(model: Any, parts: Parts, tokens: LatentTokens, sequencer: Sequencer, **more: Any) -> Teacher:
    """As the trainer makes it."""
    special = [*sequencer.processor.tokenizer.all_special_ids, tokens.pad, tokens.start, tokens.end]
    return Teacher(model, parts, tokens, special, **more)


def batch(sequencer: Sequencer, numbers: Sequence[int]) -> Any:
    """Some rows side by side."""
    return sequencer.batch([rows()[number] for number in numbers], list(numbers))


def job(family: Family, output_dir: Path, **more: Any) -> Job:
    """A short training."""
    settings: dict[str, Any] = {
        "model": tiny(family), "dataset": dataset(), "output_dir": output_dir, "tuner": "lora", "rank": 8, "steps": 6,
        "batch_size": 2, "learning_rate": 3e-3, "weight_decay": 0.01, "warmup": 0, "schedule": "constant",
        "max_grad_norm": 1.0, "gradient_checkpointing": False, "save_steps": 100, "seed": 5, "resume_from": None,
        "device": "cpu", "latent_size": SIZE, "stage": 1, "grad_accum": 1, "word_weight": 1.0, "latent_weight": 1.0,
        "teacher_decay": 1.0, "selection": "relevance", "coverage": 0.9, "selection_temperature": 1.0,
        "max_length": 4096, "max_pixels": 1 << 20, "tune_vision": False, "judging": None,
    }  # fmt: skip
    return Job(**{**settings, **more})


def judging(every: int = 1000) -> Judging:
    """Short answers to three questions."""
    return Judging(every=every, count=3, max_new_tokens=40)


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For modules that import it: computation in bfloat16 on a processor, as on a GPU."""
    from accelerate.state import AcceleratorState

    # It keeps the precision that it was first asked for.
    AcceleratorState._reset_state(reset_partial_state=True)
    monkeypatch.setattr("vtb.engine.own_model.half_precision", lambda device: True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
