"""From the patches of Qwen's processor back to pictures, and from their features to one group a vision token."""

from __future__ import annotations

from typing import Any

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # what DINOv2 was trained with


def frames_of(patches: Any, grid: tuple[int, int, int], merge: int, pair: int, side: int) -> Any:
    """The frames of one medium.

    Args:
        patches: (T * H * W, 3 * pair * side * side) of the processor, those of a merged token one after the other.
        grid: T pairs of frames, H rows and W columns of patches.
        merge: rows and columns of patches that become one token.
        pair: frames that the model looks at together.
        side: pixels of a patch.

    Returns:
        (T * pair, 3, H * side, W * side), normalised as they came.
    """
    time, high, wide = grid
    parts = patches.reshape(time, high // merge, wide // merge, merge, merge, 3, pair, side, side)
    # time, frame, channel, then rows: block, row in it, pixel; then columns alike
    return parts.permute(0, 6, 5, 1, 3, 7, 2, 4, 8).reshape(time * pair, 3, high * side, wide * side)


def resized(frames: Any, grid: tuple[int, int, int], side: int) -> Any:
    """Frames at other patches: (N, 3, H * side, W * side), where they are not so large already."""
    import torch

    size = (grid[1] * side, grid[2] * side)
    if tuple(frames.shape[2:]) == size:
        return frames
    return torch.nn.functional.interpolate(frames, size=size, mode="bilinear", antialias=True)


def renormalised(frames: Any, mean: list[float], std: list[float]) -> Any:
    """Frames as DINOv2 wants them, from such as have this mean and deviation."""
    import torch

    def channels(values: Any) -> Any:
        return torch.tensor(values, dtype=frames.dtype, device=frames.device)[:, None, None]

    return (frames * channels(std) + channels(mean) - channels(IMAGENET_MEAN)) / channels(IMAGENET_STD)


def grouped(features: Any, grid: tuple[int, int, int], merge: int, pair: int) -> Any:
    """Patch features (T * pair, H * W, D) as one vector a vision token: (T * H/merge * W/merge, pair * merge² * D)."""
    time, high, wide = grid
    parts = features.reshape(time, pair, high // merge, merge, wide // merge, merge, -1)
    return parts.permute(0, 2, 4, 1, 3, 5, 6).reshape(time * (high // merge) * (wide // merge), -1)
