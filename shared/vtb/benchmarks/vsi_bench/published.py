"""The published figures of VSI-Bench, in per cent (Yang et al. 2024, arXiv 2412.14171, table 1)."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE = "VSI-Bench, arXiv 2412.14171, table 1"
AVERAGE = "avg"
COLUMNS = ("obj_count", "abs_dist", "obj_size", "room_size", "rel_dist", "rel_dir", "route_plan", "appr_order")
_ROWS: Mapping[str, tuple[float, ...]] = {
    "Chance (most frequent answer)": (34.0, 62.1, 32.0, 29.9, 33.1, 25.1, 47.9, 28.4, 25.2),
    "Human (tiny set)": (79.2, 94.3, 47.0, 60.4, 45.9, 94.7, 95.8, 95.8, 100.0),
    "Gemini-1.5 Flash (tiny set)": (45.7, 50.8, 33.6, 56.5, 45.2, 48.0, 39.8, 32.7, 59.2),
    "Gemini-1.5 Pro (tiny set)": (48.8, 49.6, 28.8, 58.6, 49.4, 46.0, 48.1, 42.0, 68.0),
    "Gemini-2.0 Flash (tiny set)": (45.4, 52.4, 30.6, 66.7, 31.8, 56.0, 46.3, 24.5, 55.1),
    "GPT-4o": (34.0, 46.2, 5.3, 43.8, 38.2, 37.0, 41.3, 31.5, 28.5),
    "Gemini-1.5 Flash": (42.1, 49.8, 30.8, 53.5, 54.4, 37.7, 41.0, 31.5, 37.8),
    "Gemini-1.5 Pro": (45.4, 56.2, 30.9, 64.1, 43.6, 51.3, 46.3, 36.0, 34.6),
    "InternVL2-2B": (27.4, 21.8, 24.9, 22.0, 35.0, 33.8, 44.2, 30.5, 7.1),
    "InternVL2-8B": (34.6, 23.1, 28.7, 48.2, 39.8, 36.7, 30.7, 29.9, 39.6),
    "InternVL2-40B": (36.0, 34.9, 26.9, 46.5, 31.8, 42.1, 32.2, 34.0, 39.6),
    "LongVILA-8B": (21.6, 29.1, 9.1, 16.7, 0.0, 29.6, 30.7, 32.5, 25.5),
    "VILA-1.5-8B": (28.9, 17.4, 21.8, 50.3, 18.8, 32.1, 34.8, 31.0, 24.8),
    "VILA-1.5-40B": (31.2, 22.4, 24.8, 48.7, 22.7, 40.5, 25.7, 31.5, 32.9),
    "LongVA-7B": (29.2, 38.0, 16.6, 38.9, 22.2, 33.1, 43.3, 25.4, 15.7),
    "LLaVA-NeXT-Video-7B": (35.6, 48.5, 14.0, 47.8, 24.2, 43.5, 42.4, 34.0, 30.6),
    "LLaVA-NeXT-Video-72B": (40.9, 48.9, 22.8, 57.4, 35.3, 42.4, 36.7, 35.0, 48.6),
    "LLaVA-OneVision-0.5B": (28.0, 46.1, 28.4, 15.4, 28.3, 28.9, 36.9, 34.5, 5.8),
    "LLaVA-OneVision-7B": (32.4, 47.7, 20.2, 47.4, 12.3, 42.5, 35.2, 29.4, 24.4),
    "LLaVA-OneVision-72B": (40.2, 43.5, 23.9, 57.6, 37.5, 42.5, 39.9, 32.5, 44.6),
}
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    model: dict(zip((AVERAGE, *COLUMNS), row, strict=True)) for model, row in _ROWS.items()
}
