"""Small real clips of a textured world: a body that moves or stands, under a camera that moves or stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from vtb.media.image import Image
from vtb.media.video import encode_rgb_clip

SIZE = (160, 120)
BODY = 40  # pixels of its side; a twelfth of the picture
WORLD = 500


def texture(seed: int, side: int) -> Image:
    noise = np.random.default_rng(seed).integers(0, 256, (side, side, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return np.asarray(cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX), np.uint8)


def camera_at(camera: str, time: float) -> Any:
    """The affine map from the world to the picture, (2, 3), at a time from 0 to 1."""
    zoom, turn = (1 + 0.3 * time, 12 * time) if camera == "zooms and turns" else (1.0, 0.0)
    matrix = cv2.getRotationMatrix2D((WORLD / 2, WORLD / 2), turn, zoom)
    matrix[:, 2] -= (WORLD - np.array(SIZE)) / 2 + (60 * (time - 0.5) if camera == "pans" else 0, 0)
    return matrix


def frames(*, moves: bool, camera: str, count: int, seed: int = 0) -> Iterator[Image]:
    """The frames; the body goes three pixels a frame, to and fro."""
    world, body = texture(seed, WORLD), texture(seed + 1, BODY)
    for number in range(count):
        place = abs(60 - number * 3 % 120) if moves else 15
        seen = world.copy()
        seen[230 : 230 + BODY, 220 + place : 220 + place + BODY] = body
        yield cv2.warpAffine(seen, camera_at(camera, number / count), SIZE)


def clip(*, moves: bool = True, camera: str = "stands", seconds: float = 21, fps: int = 4, seed: int = 0) -> bytes:
    """An MP4 file."""
    shown = frames(moves=moves, camera=camera, count=round(seconds * fps), seed=seed)
    return encode_rgb_clip(shown, SIZE, fps)
