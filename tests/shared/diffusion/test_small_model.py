"""The small model: pictures go through its transform well enough to be judged, and it is trained like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drawing import job, rows, unpacked
from drawing import one_thread as one_thread  # a fixture
from vtb.diffusion.engine import train
from vtb.diffusion.held_out import choose, judge
from vtb.diffusion.rows import read_rows
from vtb.diffusion.tiny.build import build_tiny_model
from vtb.diffusion.variants import VARIANTS
from vtb.engine.stop_signal import StopSignal

pytestmark = pytest.mark.engine
VARIANT = "qwen-image-edit"


def test_blocks_and_smooth_pictures_come_back() -> None:
    import torch

    from vtb.diffusion.tiny.codec import BLOCK, CosineCodec

    codec = CosineCodec()
    blocks = torch.rand(1, 3, 4, 6) * 2 - 1
    picture = blocks.repeat_interleave(BLOCK, 2).repeat_interleave(BLOCK, 3)
    latents = codec.encode(picture, tiled=False)
    assert latents.shape == (1, 16, 4, 6)
    assert torch.allclose(latents[:, :3], blocks, atol=1e-6)  # a block's color is its value
    assert latents[:, 3:].abs().max() < 1e-6
    assert torch.allclose(codec.decode(latents, device="cpu"), picture, atol=1e-5)
    flat = codec.basis[:15].reshape(15, -1)
    assert torch.allclose(flat @ flat.T, torch.eye(15), atol=1e-6)  # nothing is counted twice


def test_a_solution_is_still_right_after_it() -> None:
    import torch

    from vtb.diffusion.tiny.codec import CosineCodec

    known, codec = VARIANTS[VARIANT], CosineCodec()
    puzzles = choose(read_rows(unpacked(VARIANT), known, val=True), known, 4)
    for puzzle in puzzles:
        picture = torch.from_numpy(np.array(puzzle.sample.frames[0])).permute(2, 0, 1)[None].float() / 127.5 - 1
        again = (codec.decode(codec.encode(picture))[0].permute(1, 2, 0) + 1) * 127.5
        assert judge(known, puzzle.example, puzzle.sample, [again.clip(0, 255).byte().numpy()]).tolerant


def test_it_is_trained_like_any_other(tmp_path: Path) -> None:
    build_tiny_model(VARIANT, tmp_path / "model", 0, small=True)
    assert rows(VARIANT)
    train(
        job(VARIANT, tmp_path / "run", model=tmp_path / "model", tuner="full", steps=2, save_steps=2), StopSignal(None)
    )
    assert (tmp_path / "run/checkpoint-2/lora.safetensors").exists()
