"""``vtb-train-vlm merge --fsdp`` on checkpoints that torch's own FSDP has written."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call
from stages.train_vlm import fsdp_writer
from stages.train_vlm.stage_runs import ONE_THREAD, metrics, patiently
from vtb.artifact import read_manifest
from vtb_train_vlm.tiny_model import build_tiny_model

pytestmark = pytest.mark.engine
Written = Callable[..., Path]
BESIDE = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja",
          "preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json")  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model of each family, and one whose output layer is its table of words."""
    import torch
    from transformers import AutoConfig, AutoModelForImageTextToText

    out = tmp_path_factory.mktemp("models")
    for family in ("qwen3_vl", "qwen2_5_vl"):
        build_tiny_model(family, out / family, seed=5)  # type: ignore[arg-type]
    shutil.copytree(out / "qwen3_vl", out / "tied")
    config = AutoConfig.from_pretrained(out / "tied")
    config.tie_word_embeddings = True
    config.text_config.tie_word_embeddings = True
    torch.manual_seed(5)
    tied = AutoModelForImageTextToText.from_config(config)
    assert tied.lm_head.weight is tied.get_input_embeddings().weight
    tied.save_pretrained(out / "tied")
    return {path.name: path for path in out.iterdir()}


@pytest.fixture(scope="module")
def written(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A checkpoint of a model, written once."""
    out = tmp_path_factory.mktemp("checkpoints")

    def write(name: str, how: str, world: int) -> Path:
        actor = out / f"{name}-{how}-{world}" / "actor"
        if not actor.is_dir():
            (actor / "huggingface").mkdir(parents=True)
            for file in BESIDE:
                if (models[name] / file).exists():
                    shutil.copy(models[name] / file, actor / "huggingface")
            line = [sys.executable, fsdp_writer.__file__, models[name], actor, how, str(world)]
            done = subprocess.run(line, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[-2000:]
        return actor

    return write


@pytest.fixture
def copied(written: Written, tmp_path: Path) -> Path:
    """A checkpoint to do harm to."""
    return Path(shutil.copytree(written("qwen3_vl", "fsdp2", 2), tmp_path / "actor"))


def merge(parts: Path, out: Path, *more: object) -> Result:
    return call("vtb-train-vlm", "merge", "--fsdp", parts, "--output", out, *more)


def logits(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForImageTextToText

    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        return model(input_ids=torch.arange(8, 40)[None]).logits


@pytest.mark.parametrize(
    ("name", "how", "world"),
    [
        ("qwen3_vl", "fsdp1", 2),
        ("qwen3_vl", "fsdp2", 2),
        ("qwen3_vl", "fsdp2", 3),  # whose parts are of different sizes
        ("qwen3_vl", "hsdp", 4),
        ("qwen2_5_vl", "fsdp1", 2),
        ("qwen2_5_vl", "fsdp2", 2),
        ("tied", "fsdp1", 2),
        ("tied", "fsdp2", 2),
    ],
)
def test_the_merged_model_is_the_one_that_was_cut(
    written: Written, models: dict[str, Path], tmp_path: Path, name: str, how: str, world: int
) -> None:
    import torch

    parts = written(name, how, world)
    done = merge(parts.parent, tmp_path / "out")
    assert done.code == 0, done.err
    assert torch.equal(logits(tmp_path / "out"), logits(models[name]))
    manifest = read_manifest(str(tmp_path / "out"), ("checkpoint",))
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {file.path for file in manifest.files}
    assert [entry.kind for entry in manifest.plan.inputs] == ["fsdp-checkpoint"]
    assert metrics(str(tmp_path / "out"))["ranks"] == world
    assert "already complete" in merge(parts, tmp_path / "out").err
