"""How fast frames are taken out of a video, beside PyAV's bare decoding of the same file."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SIZE, FRAMES, TAKEN, TURNS = (640, 480), 1800, 32, 7  # a minute at 30 frames a second


def run() -> list[dict[str, Any]]:
    """Frames of the video a CPU second, which both need on one thread, in turns; the best of each."""
    from vtb.media.frames import sample_video

    data = _film()
    ours, bare = [], []
    for _ in range(TURNS):
        ours.append(_rate(lambda: sample_video(data, TAKEN)))
        bare.append(_rate(lambda: _decode(data)))
    ratio = max(ours) / max(bare)
    return [
        {"name": "frame_extraction_of_bare_decode", "value": round(ratio, 3), "unit": "ratio", "target": 0.9,
         "frames_per_s": round(max(ours)), "bare_frames_per_s": round(max(bare)),
         "size": SIZE, "frames": FRAMES, "taken": TAKEN},
    ]  # fmt: skip


def _rate(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return FRAMES / (time.process_time() - before)


def _decode(data: bytes) -> None:
    import av

    with av.open(io.BytesIO(data)) as container:
        for _ in container.decode(video=0):
            pass


def _film() -> bytes:
    """A view that moves over noise, as a camera over a room with texture."""
    import av

    width, height = SIZE
    view = np.random.default_rng(0).integers(0, 255, (height // 8, width // 8 + FRAMES // 8, 3), dtype=np.uint8)
    wide = view.repeat(8, 0).repeat(8, 1)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(FRAMES):
            part = np.ascontiguousarray(wide[:, number : number + width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(part)))
        container.mux(stream.encode(None))
    return file.getvalue()
