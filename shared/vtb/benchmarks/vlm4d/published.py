"""The published figures of VLM4D, in per cent, as they follow from the judged answers that were released with it."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE = (
    "VLM4D, ICCV 2025, counted in the judged answers released with it (chain of thought; -direct: direct output; the "
    "judge is o4-mini); overall, real and synthetic: all questions alike; macro: the plain mean of the four kinds"
)
_WHOLE = ("real_ego", "real_exo", "real", "synthetic_directional", "synthetic_fp", "synthetic", "overall")
_ROWS: Mapping[str, tuple[float, ...]] = {
    "Gemini-2.5-Pro": (64.59, 62.91, 63.46, 54.75, 80.0, 57.3, 61.95),
    "GPT-4o": (55.46, 62.15, 59.96, 49.5, 53.33, 49.89, 57.49),
    "Llama-4-Scout": (48.55, 56.18, 53.68, 53.25, 75.56, 55.51, 54.13),
    "Qwen2.5-VL-72B": (54.34, 52.49, 53.1, 49.5, 80.0, 52.58, 52.97),
    "Qwen2.5-VL-7B": (42.32, 43.71, 43.25, 43.5, 64.44, 45.62, 43.83),
}
_OVERALL = {
    "Llama-4-Maverick": 53.58, "Claude-Sonnet-4": 51.27, "InternVideo2.5-8B": 50.72, "Grok-2-Vision": 49.78,
    "InternVL2.5-38B": 47.91, "Qwen2-VL-7B": 36.34, "Gemini-2.5-Pro-direct": 62.44, "GPT-4o-direct": 54.63,
    "Qwen2.5-VL-72B-direct": 51.16, "Qwen2.5-VL-7B-direct": 44.49,
}  # fmt: skip
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    **{model: dict(zip(_WHOLE, row, strict=True)) for model, row in _ROWS.items()},
    **{model: {"overall": figure} for model, figure in _OVERALL.items()},
}
