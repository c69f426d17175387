"""Small real video files, and questions about them in the columns of VSI-Bench."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vtb.media.image import Image

FRAMES = 40


def room(seed: int, frames: int = FRAMES, size: tuple[int, int] = (160, 96)) -> list[Image]:
    """Frames of blocks that move; the left half's brightness tells the number of the frame."""
    rng = np.random.default_rng(seed)
    width, height = size
    coarse = rng.integers(40, 255, (6, 10 + frames // 4, 3), dtype=np.uint8)
    pictures = []
    for number in range(frames):
        view = coarse[:, number // 4 : number // 4 + 10].repeat(height // 6, 0).repeat(width // 10, 1).copy()
        view[:, : width // 2] = 6 * number
        pictures.append(view)
    return pictures


def film(path: Path, pictures: list[Image], codec: str = "libx264") -> Path:
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    return path


def question(number: int, scene: str, **more: Any) -> dict[str, Any]:
    asked = {"id": number, "dataset": "scans", "scene_name": scene, "question_type": "object_counting",
             "question": "How many chairs are there?", "ground_truth": "3", "options": None}  # fmt: skip
    return {**asked, **more}
