"""The measurement of real layers: with tiny ones it works on a CPU, and on a GPU with those of the released models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drawing import one_thread as one_thread  # a fixture
from gpu.drawing_steps import figures, operations, real
from real_denoisers import features_for
from vtb.pipeline.reading import read_pipeline

pytestmark = pytest.mark.engine


def tiny_wan(layers: int) -> Any:
    from diffsynth.models.wan_video_dit import WanModel

    from vtb.diffusion.tiny.wan import DITS

    return WanModel(**{**DITS["wan2.2-ti2v-5b"], "num_layers": layers})


def tiny_qwen(layers: int) -> Any:
    from vtb.diffusion.tiny.qwen import DIT, TinyQwenImageDiT

    return TinyQwenImageDiT(**{**DIT, "layers": layers})


@pytest.mark.parametrize(
    ("variant", "make", "width"), [("wan2.2-ti2v-5b", tiny_wan, 32), ("qwen-image-edit-2511", tiny_qwen, 64)]
)
def test_an_update_is_timed_and_counted(variant: str, make: Any, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpu.drawing_steps.WARM", 0)
    monkeypatch.setattr("gpu.drawing_steps.COUNTED", 1)
    features = features_for(variant, (64, 64), 5, 8, width)
    found = figures(variant, make, 1, features, "cpu", "lora", 4)
    assert found["seconds"] > 0
    assert found["tflops"] > 0
    counts = [operations(variant, make(layers), features, "cpu", "lora", 4) for layers in (1, 2, 3)]
    assert counts[2] - counts[1] == counts[1] - counts[0] > 0  # so many layers may be counted by two of them
    assert operations(variant, make(1), features, "cpu", "full", 4) > counts[0]
    assert found["tflops"] * found["seconds"] * 1e12 == pytest.approx(counts[0])


@pytest.mark.parametrize(
    ("name", "trained"), [("mazes-in-clips", "train-video sft"), ("eyeballing-drawn", "train-image sft")]
)
def test_studies_are_taken_by_their_stages(name: str, trained: str) -> None:
    """Reading checks the options of all steps, by their names and kinds."""
    pipeline = read_pipeline(Path(__file__).with_name(f"{name}.yaml"))
    assert trained in {step.stage for step in pipeline.steps}


@pytest.mark.gpu
def test_real_layers() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    found = real("wan2.2-ti2v-5b", (480, 480), 81, "lora", 32, 2)
    assert found["memory_gib"] > 1
    assert found["tflops"] > 1
