"""What still moves in a clip when the camera's own motion is taken off.

Between two frames the optical flow is found (dense inverse search: Kroeger et al., ECCV 2016), then the plane motion of
the camera, a homography, which most of the flow follows (RANSAC), and what differs from it moves by itself. This is
cheap and rough: things at very different depths seem to move where the camera travels. It serves to pass over clips in
which nothing moves, not to say what does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Image
from vtb.media.length import Length
from vtb.media.video import UnreadableVideo, decode_clip

PAIRS, APART_S = 8, 0.25  # pairs of frames over the clip, and the seconds between the two
SIDE = 320  # pixels of the longer side of what is looked at
STEP = 4  # pixels between the places at which motion is compared
INLIER = 1.5  # pixels by which the flow of what stands still may differ from the camera's motion
OWN, OWN_SHARE = 1.5, 0.15  # what moves differs by so many pixels, and by this share of the camera's motion there
TEXTURE = 12.0  # least slope (Sobel, levels) at a place; flow says nothing of plain ones
FEWEST = 16  # places with texture


def moving_share(data: bytes, length: Length) -> float:
    """The share of the picture that moves by itself, 0 to 1: the mean over pairs of frames.

    Args:
        data: the file.
        length: what ``clip_length`` says of it.

    Raises:
        UnreadableVideo: damaged, or with too few frames.
    """
    shares = [moving_mask(one, other).mean() for one, other in _pairs(data, length)]
    if not shares:
        raise UnreadableVideo("has too few frames to see whether anything moves")
    return round(float(np.mean(shares)), 4)


def _pairs(data: bytes, length: Length) -> Iterator[tuple[Image, Image]]:
    """Pairs of small frames, at equal distances; those that a shorter clip than it says does not have are left out."""
    apart = max(1, round(APART_S * length.frames / max(length.seconds, APART_S)))
    last = max(0, length.frames - 1 - apart)
    starts = sorted({int(place) for place in np.linspace(0, last, PAIRS, dtype=int)})
    waiting: dict[int, Image] = {}  # the first frame of a pair by the number of the second
    for number, frame in enumerate(decode_clip(data, SIDE)):
        if number in waiting:
            yield waiting.pop(number), frame()
        if number in starts:
            waiting[number + apart] = frame()


def moving_mask(one: Image, other: Image) -> NDArray[np.bool_]:
    """Which of the places of a frame, ``STEP`` pixels apart, move by themselves until the other frame.

    Args:
        one: (H, W, 3).
        other: of the same size.

    Returns:
        (H / STEP, W / STEP) rounded up; False at plain places, where nothing can be said.
    """
    flow, textured = _flow(one, other)
    height, width = textured.shape
    places = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32) * STEP
    there = places + flow
    inside = ((there >= 0) & (there < (one.shape[1], one.shape[0]))).all(axis=-1)
    usable = textured & inside
    camera = _camera(places[usable], there[usable])
    if camera is None:
        return np.zeros_like(textured)
    carried = _carried(places, camera)
    off = np.linalg.norm(there - carried, axis=-1)
    moving: NDArray[np.bool_] = usable & (off > OWN + OWN_SHARE * np.linalg.norm(carried - places, axis=-1))
    return moving


def _flow(one: Image, other: Image) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where each place goes, (h, w, 2) in pixels, and whether it has texture, (h, w)."""
    import cv2

    grey, later = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (one, other))
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    flow = search.calc(grey, later, None)
    slope = np.hypot(*(cv2.Sobel(grey, cv2.CV_32F, *axis, scale=0.25) for axis in ((1, 0), (0, 1))))
    near = cv2.dilate(slope, np.ones((STEP + 1, STEP + 1), np.uint8))
    return flow[::STEP, ::STEP], near[::STEP, ::STEP] > TEXTURE


def _camera(places: NDArray[np.float32], there: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """The homography that most places follow; None where there are too few to say."""
    import cv2

    if len(places) < FEWEST:
        return None
    found: Any = cv2.findHomography(places, there, cv2.RANSAC, INLIER)[0]
    return None if found is None else np.asarray(found, np.float64)


def _carried(places: NDArray[np.float32], camera: NDArray[np.float64]) -> NDArray[np.float32]:
    import cv2

    carried: NDArray[np.float32] = cv2.perspectiveTransform(places, camera)
    return carried
