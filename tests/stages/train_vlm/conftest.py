"""A tiny model, eight puzzles that it can learn by heart, and a way to run the engine on them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from contract.command_line import call
from stages.train_vlm.engine_runs import Run, train
from stages.train_vlm.stage_runs import ONE_THREAD, SECRETS, Place, make_dataset
from vtb_train_vlm.job import Job
from vtb_train_vlm.tiny_model import build_tiny_model

QUESTION = "Find the path that connects the two red dots. Present the path as a list of the cell IDs."


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tiny") / "qwen3_vl"
    build_tiny_model("qwen3_vl", out, seed=3)
    return out


@pytest.fixture(scope="session")
def puzzles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows that differ by their pictures alone, which they name by relative paths."""
    from PIL import Image, ImageDraw

    # Swift splits data set names at these characters.
    folder = tmp_path_factory.mktemp("data") / "set#1: puzzles"
    (folder / "images").mkdir(parents=True)
    rng, rows = random.Random(1), []
    for index in range(8):
        picture = Image.new("RGB", (128, 128), "white")
        draw = ImageDraw.Draw(picture)
        for cell in rng.sample(range(16), 6):
            draw.rectangle([cell % 4 * 32, cell // 4 * 32, cell % 4 * 32 + 31, cell // 4 * 32 + 31], fill="black")
        picture.save(folder / "images" / f"{index}.png")
        answer = str([rng.randrange(1, 17) for _ in range(rng.randint(3, 6))])
        turns = [{"role": "user", "content": "<image>" + QUESTION}, {"role": "assistant", "content": answer}]
        rows.append({"messages": turns, "images": [f"images/{index}.png"], "solution": answer})
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="session")
def job(tiny: Path, puzzles: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job(
        model=tiny,
        dataset_dir=puzzles,
        train_file="train.jsonl",
        val_file=None,
        output_dir=tmp_path_factory.mktemp("unused"),
        tuner="lora",
        epochs=1.0,
        max_steps=90,
        learning_rate=1e-2,
        batch_size=8,
        grad_accum=1,
        lora_rank=16,
        lora_alpha=32,
        max_length=512,
        max_pixels=65536,
        save_steps=30,
        save_total_limit=3,
        seed=7,
        resume_from=None,
        nproc=1,
        deepspeed=None,
        engine_args=(),
        engine_config=None,
    )


@pytest.fixture(scope="session")
def trained(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A LoRA that knows the puzzles by heart."""
    return train(replace(job, output_dir=tmp_path_factory.mktemp("trained"), val_file="train.jsonl"))


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A tiny model and a prepared dataset, for runs of the stage."""
    out = tmp_path_factory.mktemp("sft")
    env = {**ONE_THREAD, **SECRETS, "VTB_CACHE": str(out / "cache"), "PYTHONHASHSEED": "1"}
    done = call("vtb-train-vlm", "tiny-model", out / "model")
    assert done.code == 0, done.err
    return Place(make_dataset(str(out), out), str(out / "model"), out, env)
