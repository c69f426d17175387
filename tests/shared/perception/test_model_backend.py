"""One video through all models: tiny random ones of the real classes, which find nothing sensible, twice the same."""

from __future__ import annotations

import json
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shared.perception.pi3_stand_in import stand_in
from tiny_perception import (  # noqa: F401 -- a fixture
    ExactTruthReconstructor,
    moving_square,
    one_thread,
    tiny_backend,
    tiny_detector,
    tiny_orienter,
    tiny_tracker,
)
from vtb.errors import NotAvailable
from vtb.perception.models import ModelBackend, load_backend
from vtb.perception.perceived import Perceived

N = 6


@pytest.fixture(autouse=True)
def every_mask_is_a_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Masks of random weights look alike, and would all be one thing; a few of them are enough."""
    monkeypatch.setattr("vtb.perception.things.SAME", 2.0)
    monkeypatch.setattr("vtb.perception.things.MOST_THINGS", 6)


@pytest.fixture(scope="module")
def backend() -> ModelBackend:
    return tiny_backend(N)


def _perceive(backend: ModelBackend) -> Perceived:
    return backend.perceive(moving_square(N), np.arange(N) / 2, ["dog", "car"], ["cat", "red truck"])


def test_one_video_end_to_end(backend: ModelBackend) -> None:
    video = _perceive(backend)
    assert video.size == (64, 48)
    assert video.poses.shape == (N, 4, 4)
    assert {track.agent for track in video.tracks} == {True, False}
    for track in video.tracks:
        assert (track.label in ("dog", "car")) == track.agent
        shapes = (track.boxes.shape, track.centres.shape, track.angles.shape, track.confidence.shape)
        assert shapes == ((N, 4), (N, 3), (N, 3), (N,))
        there = ~np.isnan(track.boxes[:, 0])
        assert there.any()
        assert np.array_equal(np.isfinite(track.centres[:, 0]), there)  # all points are trusted here
        assert np.array_equal(np.isfinite(track.angles[:, 0]), there & track.agent)
        left, top, right, bottom = track.boxes[there].T
        assert ((left >= 0) & (left <= right) & (right < 64) & (top >= 0) & (top <= bottom) & (bottom < 48)).all()


def test_the_same_video_twice_is_the_same(backend: ModelBackend) -> None:
    once, again = _perceive(backend), _perceive(backend)
    assert len(once.tracks) == len(again.tracks) > 1
    for one, other in zip(once.tracks, again.tracks, strict=True):
        for name in ("boxes", "centres", "angles", "confidence"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_points_that_are_not_there_leave_things_without_a_place(backend: ModelBackend) -> None:
    nothing = ExactTruthReconstructor(np.zeros((N, 1, 1, 3), np.float32), np.stack([np.eye(4)] * N))
    nothing.space.valid[:] = False
    video = _perceive(replace(backend, reconstructor=nothing))
    assert not any(track.seen.any() for track in video.tracks)


def test_one_folder_gives_the_whole_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from safetensors.torch import save_file

    for model in (tiny_detector(), tiny_tracker(), tiny_orienter()):
        (tmp_path / model.name).symlink_to(model)
    with pytest.raises(NotAvailable, match=r"pi3: is missing; `vtb weights check .*` tells"):
        load_backend(tmp_path, "cpu")
    (tmp_path / "pi3").mkdir()
    (tmp_path / "pi3" / "config.json").write_text(json.dumps({"pos_type": "rope100", "decoder_size": "large"}))
    save_file({"shift": torch.ones(1)}, tmp_path / "pi3" / "model.safetensors")
    for name in ("pi3", "pi3.models", "pi3.models.pi3"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setattr(sys.modules["pi3.models.pi3"], "Pi3", stand_in(), raising=False)
    backend = load_backend(tmp_path, "cpu")
    assert isinstance(backend, ModelBackend)
    backend.detector.least_score = 0.0
    video = backend.perceive(moving_square(3), np.arange(3.0), ["dog"], [])
    assert video.tracks
    assert video.poses.tolist() == [np.eye(4).tolist()] * 3


@pytest.mark.skipif("__import__('torch').cuda.is_available()", reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(NotAvailable, match="cuda: torch sees no GPU here"):
        load_backend(tmp_path, "cuda")
