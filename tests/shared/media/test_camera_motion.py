"""What moves by itself, in real encoded clips: a body under a moving camera, and camera motion alone."""

from __future__ import annotations

import numpy as np
import pytest

from moving_clips import BODY, SIZE, clip, texture
from vtb.media.camera_motion import moving_mask, moving_share
from vtb.media.image import Image
from vtb.media.length import Length, clip_length
from vtb.media.video import UnreadableVideo, encode_rgb_clip

AREA = BODY**2 / (SIZE[0] * SIZE[1])
CAMERAS = ("stands", "pans", "zooms and turns")


def share(**how: object) -> float:
    data = clip(seconds=6, fps=8, **how)  # type: ignore[arg-type]
    return moving_share(data, clip_length(data))


@pytest.mark.parametrize("seed", [0, 10])
@pytest.mark.parametrize("camera", CAMERAS)
def test_the_camera_is_taken_off(camera: str, seed: int) -> None:
    assert share(moves=False, camera=camera, seed=seed) < 0.002
    assert 0.6 * AREA < share(moves=True, camera=camera, seed=seed) < 1.7 * AREA


def test_the_body_is_what_moves() -> None:
    world, body = texture(3, 200), texture(4, 50)

    def seen(shift: int, place: int) -> Image:
        whole = world.copy()
        whole[40:90, 60 + place : 110 + place] = body
        return np.ascontiguousarray(whole[20:140, 20 + shift : 180 + shift])

    mask = moving_mask(seen(0, 0), seen(6, 8))  # the camera goes right by 6, the body by 8
    rows, columns = np.nonzero(mask)
    assert 0.5 < mask.sum() * 16 / 50**2 < 1.6
    assert rows.min() * 4 >= 16
    assert rows.max() * 4 <= 76
    assert columns.min() * 4 >= 32
    assert columns.max() * 4 <= 104


def test_nothing_can_be_said_of_plain_pictures() -> None:
    plain = np.full((120, 160, 3), 90, np.uint8)
    assert not moving_mask(plain, plain).any()
    data = encode_rgb_clip([plain] * 20, SIZE, 4)
    assert moving_share(data, clip_length(data)) == 0


def test_a_cut_is_no_crash_and_a_clip_without_pairs_is_told() -> None:
    still = [texture(seed, 128)[:96] for seed in (1, 2)]
    data = encode_rgb_clip([still[0]] * 5 + [still[1]] * 5, (128, 96), 4)
    assert 0 <= moving_share(data, clip_length(data)) <= 1
    single = encode_rgb_clip(still[:1], (128, 96), 4)
    with pytest.raises(UnreadableVideo, match="too few frames"):
        moving_share(single, clip_length(single))
    assert moving_share(data, Length(25.0, 100)) == 0  # fewer frames than its head says: the pairs that there are
