"""How many frames a clip may have."""

from __future__ import annotations


def valid_frame_count(frames: int) -> bool:
    """Video diffusion models take 4k+1 frames: one, and then groups of four."""
    return frames >= 5 and frames % 4 == 1
