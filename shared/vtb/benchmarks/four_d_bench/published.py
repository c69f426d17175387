"""The published figures of 4D-Bench's questions, in per cent."""

from __future__ import annotations

from collections.abc import Mapping

from vtb.benchmarks.four_d_bench import SIZES

SOURCE = (
    "4D-Bench, arXiv 2503.17827, the table of its repository; overall: all questions alike; macro: the plain mean of "
    "the five categories"
)
_ROWS: Mapping[str, tuple[float, ...]] = {  # by category, then overall
    "GPT-4o": (44.09, 59.29, 63.55, 69.40, 77.21, 62.98),
    "LLaVA-Video-72B": (54.33, 58.57, 57.48, 66.42, 77.21, 62.32),
    "LLaVA-OneVision-72B": (49.61, 58.57, 60.75, 61.19, 76.47, 61.38),
    "Gemini-1.5-Pro": (46.46, 58.57, 59.35, 64.18, 68.38, 59.52),
    "Qwen2-VL-72B": (45.67, 55.71, 58.41, 61.19, 72.06, 58.72),
    "Qwen2-VL-7B": (38.58, 56.43, 57.94, 58.96, 71.32, 56.99),
    "LLaVA-Video-7B": (42.52, 55.00, 52.80, 56.72, 78.68, 56.86),
    "GPT-4o-mini": (40.16, 50.71, 50.00, 61.94, 72.06, 54.59),
    "LLaVA-OneVision-7B": (42.52, 52.86, 42.99, 57.46, 74.26, 53.00),
    "Gemini-1.5-Flash": (26.77, 50.00, 53.27, 60.45, 66.18, 51.80),
    "InternVL2-76B": (28.35, 45.00, 42.52, 38.81, 64.71, 43.94),
    "VideoChat2": (22.83, 31.43, 33.18, 38.81, 34.56, 32.36),
    "InternVL2-8B": (18.11, 31.43, 35.98, 32.09, 39.71, 32.09),
    "MiniGPT4-Video": (22.05, 26.43, 22.90, 22.39, 22.06, 23.17),
    "Human": (88.98, 89.29, 94.39, 91.04, 89.71, 91.08),
}
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    model: dict(zip((*SIZES, "overall"), row, strict=True)) for model, row in _ROWS.items()
}
