"""Which points are trusted, at which size they are used, and Pi3 by a package that stands in the place of its own."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from shared.perception.pi3_stand_in import stand_in
from tiny_perception import moving_square, one_thread  # noqa: F401 -- a fixture
from vtb.errors import BadInput, NotAvailable
from vtb.perception.pi3 import MOST_PIXELS, Pi3Reconstructor, looked_at
from vtb.perception.reconstruction import Reconstruction, trusted


def test_what_is_unsure_or_at_an_edge_is_not_trusted() -> None:
    depths = np.full((1, 5, 6), 10, np.float32)
    depths[0, :, 4:] = 10.305  # a step of 3.05 % of what is nearer, of 2.96 % of what is farther
    confidence = np.full((1, 5, 6), np.log(0.11 / 0.89), np.float32)
    confidence[0, 2, 1] = np.log(0.09 / 0.91)
    expected = np.ones((5, 6), np.bool_)
    expected[:, 3] = False
    expected[2, 1] = False
    assert np.array_equal(trusted(confidence, depths)[0], expected)


@pytest.mark.parametrize("step", [0.29, -0.29])
def test_a_slope_is_no_edge(step: float) -> None:
    depths = np.full((1, 4, 4), 10, np.float32)
    depths[0, :, 2:] += np.float32(step)
    assert trusted(np.zeros((1, 4, 4), np.float32), depths).all()


def test_each_pixel_has_the_nearest_point() -> None:
    points = np.arange(2 * 2 * 3 * 3, dtype=np.float32).reshape(2, 2, 3, 3)
    valid = np.zeros((2, 2, 3), np.bool_)
    valid[1, 0, 2] = True
    space = Reconstruction(points, valid, np.zeros((2, 4, 4)))
    large, where = space.at_size(1, 4, 6)
    assert np.array_equal(large, points[1].repeat(2, axis=0).repeat(2, axis=1))
    assert np.array_equal(where, valid[1].repeat(2, axis=0).repeat(2, axis=1))
    small, _ = space.at_size(0, 1, 1)
    assert np.array_equal(small[0, 0], points[0, 1, 1])
    same, _ = space.at_size(0, 2, 3)
    assert np.array_equal(same, points[0])


@pytest.mark.parametrize(
    ("size", "seen"),
    [((640, 480), (574, 434)), ((1920, 1080), (672, 378)), ((1080, 1920), (378, 672)), ((504, 504), (504, 504)),
     ((100_000, 1), (18_214, 14)), ((1, 100_000), (14, 18_214))],
)  # fmt: skip
def test_frames_are_looked_at_in_whole_patches(size: tuple[int, int], seen: tuple[int, int]) -> None:
    assert looked_at(*size) == seen
    assert seen[0] * seen[1] <= MOST_PIXELS


def test_pi3_by_a_package_of_the_same_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from safetensors.torch import save_file

    kind = stand_in()
    for name in ("pi3", "pi3.models", "pi3.models.pi3"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setattr(sys.modules["pi3.models.pi3"], "Pi3", kind, raising=False)
    (tmp_path / "config.json").write_text(json.dumps({"pos_type": "rope100", "decoder_size": "large"}))
    save_file({"shift": torch.ones(1)}, tmp_path / "model.safetensors")
    frames = moving_square(2)
    space = Pi3Reconstructor.load(tmp_path, "cpu").reconstruct(frames)
    assert space.points.shape == (2, *reversed(looked_at(64, 48)), 3)
    assert [str(part.dtype) for part in (space.points, space.poses)] == ["float32", "float64"]
    points, valid = space.at_size(1, 48, 64)
    assert points[0, 0] == pytest.approx([0, 1, 3 + 90 / 255], abs=1e-5)
    assert not valid[24, 18]  # the red square
    assert valid[5, 5]
    save_file({"other": torch.ones(1)}, tmp_path / "model.safetensors")
    with pytest.raises(BadInput, match="cannot be loaded as a Pi3"):
        Pi3Reconstructor.load(tmp_path, "cpu")


def test_without_the_package_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi3", None)
    with pytest.raises(NotAvailable, match=r"the package pi3 cannot be imported .*pip install .*non-commercial"):
        Pi3Reconstructor.load(tmp_path, "cpu")
