"""Tiny models with geometry, rows of pictures, clips and words for them, and jobs for their trainer: made once."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from typing import Any

from latents import COLORS, tiny
from vtb.engine.vision_language import load_processor, load_vision_language
from vtb.geometry.job import Geometry, Job
from vtb.geometry.rows import Row, read_rows
from vtb.geometry.sequences import Sequencer
from vtb_train_vlm.tiny_encoder import build_tiny_encoder
from vtb_train_vlm.tiny_model import Family

QUERIES = 5
FAMILIES: tuple[Family, ...] = ("qwen2_5_vl", "qwen3_vl")
MODES: tuple[Geometry, ...] = ("select", "concat")


@functools.cache
def scratch() -> Path:
    """A folder of this process."""
    return Path(tempfile.mkdtemp(prefix="vtb-geometry-"))


@functools.cache
def encoder() -> Path:
    """The folder of a tiny geometry encoder."""
    build_tiny_encoder(scratch() / "encoder", seed=2)
    return scratch() / "encoder"


def write_dataset(folder: Path) -> Path:
    """Squares of one color: a picture, two of other sizes, a clip of four frames with times, words alone, in turns."""
    from PIL import Image, ImageDraw

    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(8):
        name = list(COLORS)[number % 3]
        files = []
        for part in range((1, 2, 4, 0)[number % 4]):
            picture = Image.new("RGB", (56 + 28 * (part % 2) * (number % 4 == 1), 84), "white")
            ImageDraw.Draw(picture).rectangle([8 * part, 20, 8 * part + 30, 60], fill=COLORS[name])
            picture.save(folder / f"{number}-{part}.png")
            files.append(f"{number}-{part}.png")
        clip = number % 4 == 2
        places = "<video>" if clip else "<image>" * len(files)
        asked = f"{places}What is the missing color{', number ' * (number > 3)}{number}?"
        lines.append({
            "messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": f"Answer: {name}"}],
            "images": [] if clip else files, "solution": name, "id": f"row-{number}",
            **({"videos": [files], "times": [[0.0, 1.5, 3.0, 4.5]]} if clip else {}),
        })  # fmt: skip
    (folder / "train_sft.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "val_sft.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:3]))
    return folder


@functools.cache
def dataset() -> Path:
    """The folder of one."""
    return write_dataset(scratch() / "dataset")


@functools.cache
def rows() -> tuple[Row, ...]:
    """Its rows to learn from."""
    return tuple(read_rows(dataset(), "train"))


def loaded(mode: Geometry, family: Family = "qwen2_5_vl") -> tuple[Any, Sequencer]:
    """A model, anew each time, and what makes packs for it."""
    import torch

    from vtb.geometry.encoder import load_encoder
    from vtb.geometry.making import with_geometry

    processor = load_processor(tiny(family), 1 << 20)
    model = load_vision_language(tiny(family), None, torch.float32)
    if mode != "none":
        model = with_geometry(model, load_encoder(encoder()), processor, mode, QUERIES, seed=4)
        with torch.no_grad():  # at the scale of a width of thousands, the little that is selected would drown
            for name, weight in model.geometry.named_parameters():
                if weight.ndim == 2 and not name.startswith(("encoder", "queries")):
                    weight.mul_(8)
    return model.eval(), Sequencer(processor, mode, QUERIES, model.model.get_rope_index, 4096, 1 << 20)


def job(output_dir: Path, **more: Any) -> Job:
    """A short training."""
    settings: dict[str, Any] = {
        "model": tiny("qwen2_5_vl"), "dataset": dataset(), "output_dir": output_dir, "tuner": "full", "rank": 4,
        "steps": 1, "batch_size": 1, "learning_rate": 3e-3, "weight_decay": 0.01, "warmup": 0, "schedule": "constant",
        "max_grad_norm": 1.0, "gradient_checkpointing": False, "save_steps": 100, "seed": 5, "resume_from": None,
        "device": "cpu", "geometry": "select", "encoder": encoder(), "queries": QUERIES, "tune_llm": True,
        "tune_vision": False, "tune_merger": True, "merger_rate": 3e-3, "vision_rate": 3e-3, "grad_accum": 1,
        "epochs": 1.0, "max_steps": 4, "warmup_share": 0.0, "max_length": 200, "max_pixels": 1 << 20, "judging": None,
        "offload": False,
    }  # fmt: skip
    return Job(**{**settings, **more})
