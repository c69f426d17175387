"""A picture's latents by a fixed transform, where a VAE would have to be trained first.

Each block of 8 x 8 pixels becomes the five lowest coefficients of its discrete cosine transform (Ahmed et al., 1974) in
each color, and one channel that is always 0: the size of Qwen-Image's latents. Blocks of one color, and edges through
their middle, come back well enough to be judged; finer things are lost.
"""

from __future__ import annotations

import math
from typing import Any

import torch

BLOCK, CHANNELS = 8, 16
_WAVES = ((0, 0), (0, 1), (1, 0), (1, 1), (2, 2))  # along height and width, in half periods of a block


class CosineCodec(torch.nn.Module):  # type: ignore[misc]
    """The interface of the engine's ``QwenImageVAE``; nothing of it is learned."""

    def __init__(self) -> None:
        """The transform is a buffer, so that a file holds it as it would hold weights."""
        super().__init__()
        self.register_buffer("basis", _basis())

    def encode(self, x: Any, **_: Any) -> Any:
        """Pictures (B, 3, H, W) from -1 to 1 as latents (B, 16, H / 8, W / 8); a block of one color has its value."""
        return torch.nn.functional.conv2d(x, self.basis.to(x), stride=BLOCK) / BLOCK

    def decode(self, x: Any, device: Any = None, **_: Any) -> Any:
        """Latents back to pictures."""
        return torch.nn.functional.conv_transpose2d(x, self.basis.to(x), stride=BLOCK) * BLOCK


def _basis() -> Any:
    """(16, 3, 8, 8), each row of length 1."""
    found = torch.zeros(CHANNELS, 3, BLOCK, BLOCK)
    places = torch.arange(BLOCK) + 0.5
    for number, (down, across) in enumerate(_WAVES):
        wave = torch.outer(*(torch.cos(math.pi * half * places / BLOCK) for half in (down, across)))
        for color in range(3):
            found[3 * number + color, color] = wave / wave.norm()
    return found
