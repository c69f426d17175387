"""The published figures of VLM4D, in per cent, as they follow from the judged answers that were released with it."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE = (
    "VLM4D, ICCV 2025, counted in the judged answers released with it (chain of thought; -direct: direct output; the "
    "judge is o4-mini); overall, real and synthetic: all questions alike; macro: the plain mean of the four kinds"
)
_COLUMNS = ("real_ego", "real_exo", "real", "synthetic_directional", "synthetic_fp", "synthetic", "overall")
_COT: Mapping[str, tuple[float, ...]] = {
    "Gemini-2.5-Pro": (64.59, 62.91, 63.46, 54.75, 80.0, 57.3, 61.95),
    "GPT-4o": (55.46, 62.15, 59.96, 49.5, 53.33, 49.89, 57.49),
    "Llama-4-Scout": (48.55, 56.18, 53.68, 53.25, 75.56, 55.51, 54.13),
    "Llama-4-Maverick": (52.56, 54.34, 53.76, 53.25, 51.11, 53.03, 53.58),
    "Qwen2.5-VL-72B": (54.34, 52.49, 53.1, 49.5, 80.0, 52.58, 52.97),
    "Claude-Sonnet-4": (52.56, 52.06, 52.22, 44.0, 86.67, 48.31, 51.27),
    "InternVideo2.5-8B": (57.24, 50.54, 52.74, 44.25, 46.67, 44.49, 50.72),
    "Grok-2-Vision": (48.78, 49.67, 49.38, 49.25, 66.67, 51.01, 49.78),
    "InternVL2.5-38B": (46.55, 50.11, 48.94, 43.25, 57.78, 44.72, 47.91),
    "VideoLLaMA3-7B": (49.44, 45.12, 46.54, 42.75, 53.33, 43.82, 45.87),
    "Qwen2-VL-72B": (48.11, 42.95, 44.64, 40.75, 73.33, 44.04, 44.49),
    "Aria": (47.22, 44.03, 45.08, 38.5, 71.11, 41.8, 44.27),
    "Qwen2.5-VL-7B": (42.32, 43.71, 43.25, 43.5, 64.44, 45.62, 43.83),
    "VideoLLaMA3-2B": (53.23, 42.52, 46.02, 34.25, 55.56, 36.4, 43.67),
    "InternVL2.5-8B": (38.98, 44.03, 42.38, 40.75, 42.22, 40.9, 42.02),
    "InternVideo2-8B": (35.63, 39.26, 38.07, 43.0, 0.0, 38.65, 38.22),
    "Phi-4-Multimodal": (40.98, 35.36, 37.2, 37.5, 11.11, 34.83, 36.62),
    "LLaVA-OneVision-7B": (36.75, 35.57, 35.96, 37.75, 35.56, 37.53, 36.34),
    "Qwen2-VL-7B": (36.08, 34.71, 35.16, 40.5, 35.56, 40.0, 36.34),
    "Phi-3.5-Vision": (33.41, 38.83, 37.05, 23.25, 37.78, 24.72, 34.03),
    "DeepSeek-VL2": (33.63, 32.86, 33.11, 31.75, 46.67, 33.26, 33.15),
    "LLaVA-NeXT-Video-34B": (29.62, 31.56, 30.93, 24.5, 55.56, 27.64, 30.12),
    "Pixtral-12B": (32.29, 25.81, 27.94, 24.25, 22.22, 24.04, 26.98),
}
_DIRECT: Mapping[str, tuple[float, ...]] = {
    "Gemini-2.5-Pro": (66.15, 62.69, 63.82, 55.25, 84.44, 58.2, 62.44),
    "GPT-4o": (49.44, 59.44, 56.16, 49.25, 55.56, 49.89, 54.63),
    "Qwen2.5-VL-72B": (50.78, 49.57, 49.96, 51.0, 88.89, 54.83, 51.16),
    "Qwen2.5-VL-7B": (42.09, 43.93, 43.33, 45.0, 75.56, 48.09, 44.49),
}
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    **{model: dict(zip(_COLUMNS, row, strict=True)) for model, row in _COT.items()},
    **{f"{model}-direct": dict(zip(_COLUMNS, row, strict=True)) for model, row in _DIRECT.items()},
}
