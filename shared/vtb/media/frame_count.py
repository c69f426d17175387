"""How many frames a clip may have for a video model, and of what size."""

from __future__ import annotations

from vtb.errors import UsageProblem

MULTIPLE = 32  # of both sides


def valid_frame_count(frames: int) -> bool:
    """Video diffusion models take 4k+1 frames: one, and then groups of four."""
    return frames >= 5 and frames % 4 == 1


def check_clip_form(frames: int, size: tuple[int, int], flag: str) -> None:
    """Refuse what a video model would round, ``flag`` being the option that says the size.

    Raises:
        UsageProblem: it would.
    """
    if not valid_frame_count(frames):
        raise UsageProblem(f"--frames {frames}: video models take 4k+1 frames, at least 5, for example 81")
    width, height = size
    if width % MULTIPLE or height % MULTIPLE or min(size) < MULTIPLE:
        raise UsageProblem(f"{flag} {width}x{height}: both sides must be multiples of {MULTIPLE}")
