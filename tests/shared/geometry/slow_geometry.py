"""What a model with geometry computes, transcribed slowly: token by token, in the order of the formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def slow_norm(vector: Any, weight: Any, eps: float) -> Any:
    return weight * vector / (vector.pow(2).mean() + eps).sqrt()


def slow_axes(rope: Mapping[str, Any]) -> list[int]:
    """Axis by axis: Qwen2.5-VL's frequencies lie in sections, Qwen3-VL's take turns until height and width have all."""
    time, high, wide = rope["mrope_section"]
    if rope.get("mrope_interleaved"):
        found = [0] * (time + high + wide)
        for number in range(high):
            found[3 * number + 1] = 1
        for number in range(wide):
            found[3 * number + 2] = 2
        return found
    return [0] * time + [1] * high + [2] * wide


def slow_rotation(vector: Any, place: Sequence[int], axis: Sequence[int], theta: float) -> Any:
    """Pairs (i, i + half) turned by place / theta^(i / half), each by its axis of the place."""
    import torch

    half, turned = len(vector) // 2, vector.clone()
    for i in range(half):
        angle = place[axis[i]] * theta ** (-i / half)
        cos, sin = math.cos(angle), math.sin(angle)
        turned[i] = vector[i] * cos - vector[i + half] * sin
        turned[i + half] = vector[i + half] * cos + vector[i] * sin
    return torch.as_tensor(turned)


def slow_look(former: Any, text: Any, queries: Any, target: Any, places: Sequence[Sequence[int]]) -> Any:
    """A Q-Former, query by query and head by head."""
    import torch

    head, group = former.head, former.heads // former.key_heads
    theta, axes, eps = text.rope_parameters["rope_theta"], slow_axes(text.rope_parameters), text.rms_norm_eps
    shown = [slow_norm(one, former.norm.weight, eps) for one in target]
    out = []
    for number, query in enumerate(queries):
        asks = former.q_proj(slow_norm(query, former.norm.weight, eps))
        found = []
        for h in range(former.heads):
            own = slow_rotation(asks[h * head : (h + 1) * head], [number] * 3, axes, theta)
            k = slice(h // group * head, (h // group + 1) * head)
            keys = [
                slow_rotation(former.k_proj(one)[k], at, axes, theta) for one, at in zip(shown, places, strict=True)
            ]
            share = torch.stack([own @ key / math.sqrt(head) for key in keys]).softmax(0)
            found.append(sum(weight * former.v_proj(one)[k] for weight, one in zip(share, shown, strict=True)))
        seen = query + former.o_proj.weight @ torch.cat(found)
        inner = slow_norm(seen, former.mlp_norm.weight, eps)
        gate = former.mlp.gate_proj(inner)
        out.append(seen + former.mlp.down_proj(gate * torch.sigmoid(gate) * former.mlp.up_proj(inner)))
    return torch.stack(out)


def slow_frames(pixels: Any, grid: Sequence[int], mean: Sequence[float], std: Sequence[float], side: int) -> Any:
    """Pixel by pixel out of the processor's patches, as ImageNet has them, at 14 pixels a patch."""
    import torch

    time, high, wide = grid
    frames = torch.zeros(time * 2, 3, high * side, wide * side)
    order = [
        (t, 2 * by + y, 2 * bx + x)
        for t in range(time) for by in range(high // 2) for bx in range(wide // 2) for y in (0, 1) for x in (0, 1)
    ]  # fmt: skip
    for patch, (t, row, column) in zip(pixels, order, strict=True):
        inside = patch.reshape(3, 2, side, side)
        for color in range(3):
            for frame in (0, 1):
                own = inside[color, frame] * std[color] + mean[color]
                own = (own - (0.485, 0.456, 0.406)[color]) / (0.229, 0.224, 0.225)[color]
                across = slice(side * column, side * column + side)
                frames[2 * t + frame, color, side * row : side * row + side, across] = own
    return slow_shrunk(high, side) @ frames @ slow_shrunk(wide, side).T


def slow_shrunk(patches: int, side: int) -> Any:
    """(14 patches, side patches): what each new pixel takes of the old ones, a triangle as wide as two new pixels."""
    import torch

    scale, found = side / 14, torch.zeros(14 * patches, side * patches)
    for new in range(14 * patches):
        for old in range(side * patches):
            found[new, old] = max(0.0, 1 - abs(old + 0.5 - (new + 0.5) * scale) / scale)
    return found / found.sum(1, keepdim=True)


def slow_spatial(model: Any, pixels: Any, grid: Sequence[int]) -> tuple[Any, list[tuple[int, int, int]]]:
    """Spatial tokens one by one, and where each is in blocks of patches."""
    import torch

    own, module = model.config.geometry_config, model.geometry
    frames = slow_frames(pixels, grid, own.image_mean, own.image_std, model.config.vision_config.patch_size)
    registers = own.encoder_config.num_register_tokens
    seen = [module.encoder(frame[None]).last_hidden_state[0, 1 + registers :] for frame in frames]
    tokens, places = [], []
    for t in range(grid[0]):
        for y in range(grid[1] // 2):
            for x in range(grid[2] // 2):
                parts = [
                    seen[2 * t + frame][(2 * y + dy) * grid[2] + 2 * x + dx]
                    for frame in (0, 1) for dy in (0, 1) for dx in (0, 1)
                ]  # fmt: skip
                first, _, last = module.spatial_merger.mlp
                inner = first(slow_norm(torch.cat(parts), module.spatial_merger.ln_q.weight, 1e-6))
                tokens.append(last(inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2)))))
                places.append((t, y, x))
    return torch.stack(tokens), places
