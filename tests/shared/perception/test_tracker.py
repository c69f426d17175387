"""The tracker: a tiny SAM 2.1 of the real class, through the session of a video."""

from __future__ import annotations

import numpy as np
import pytest

from tiny_perception import moving_square, one_thread, tiny_tracker  # noqa: F401 -- a fixture
from vtb.perception.masks import Masks, box_of, mask_overlap
from vtb.perception.tracker import TOGETHER, Tracker

BOXES = np.array([[16, 16, 31, 31], [0, 0, 10, 10], [30, 20, 60, 40], [5, 5, 50, 40], [1, 30, 20, 47]], np.float64)


@pytest.fixture(scope="module")
def tracker() -> Tracker:
    import torch

    return Tracker.load(tiny_tracker(), "cpu", torch.float32)


def test_what_is_followed_is_what_the_model_says_step_by_step(tracker: Tracker) -> None:
    import torch
    from torch.nn.functional import interpolate

    frames, at = moving_square(), 2
    session = tracker.processor.init_video_session(video=frames)
    tracker.processor.add_inputs_to_inference_session(session, at, [7], input_boxes=[[BOXES[1].tolist()]])
    expected = {}
    with torch.no_grad():
        tracker.model(session, frame_idx=at)
        for backwards in (False, True):
            for step in tracker.model.propagate_in_video_iterator(session, start_frame_idx=at, reverse=backwards):
                expected[step.frame_idx] = interpolate(step.pred_masks, (48, 64), mode="bilinear")[0, 0].numpy() > 0
    assert sorted(expected) == list(range(6))
    (masks,) = tracker.watch(frames).follow(at, BOXES[1:2])
    assert len(masks) == 6
    assert all(np.array_equal(masks[frame], mask) for frame, mask in expected.items())
    assert len({mask.tobytes() for mask in expected.values()}) > 1


def test_things_do_not_change_each_other_however_many_there_are(tracker: Tracker) -> None:
    assert len(BOXES) > TOGETHER
    watched = tracker.watch(moving_square())
    together = watched.follow(3, BOXES)
    for box, masks in zip(BOXES, together, strict=True):
        (alone,) = watched.follow(3, box[None])
        assert np.array_equal(alone.packed, masks.packed)
        (first,) = watched.segment(3, box[None])
        assert np.array_equal(first, masks[3])
    assert watched.segment(0, BOXES[:0]) == []
    assert watched.follow(0, BOXES[:0]) == []


def test_masks_are_kept_eight_pixels_a_byte() -> None:
    masks = np.random.default_rng(0).random((3, 5, 13)) > 0.5
    kept = Masks.pack(masks)
    assert kept.packed.shape == (3, 5, 2)
    assert all(np.array_equal(kept[frame], mask) for frame, mask in enumerate(masks))
    assert kept[0].dtype == np.bool_


def test_boxes_and_overlaps_of_masks() -> None:
    mask = np.zeros((6, 9), np.bool_)
    assert np.isnan(box_of(mask)).all()
    assert mask_overlap(mask, mask) == 0
    mask[2:4, 3:8] = True
    assert box_of(mask).tolist() == [3, 2, 7, 3]
    other = mask.copy()
    other[2] = False
    assert mask_overlap(mask, other) == pytest.approx(0.5)
