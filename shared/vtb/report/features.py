"""The schema of our data for the Hugging Face ``datasets`` library, as the head of a card declares it.

Without it the library looks at the first few samples, and fails where later ones have other parts. Declared are all
parts that an artifact may hold; those that a sample lacks are None. Clips are bytes: decoding them takes a library that
few have installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Features = list[dict[str, Any]]
PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def _text(*names: str) -> Features:
    return [{"name": name, "dtype": "string"} for name in names]


def _example(timed: bool = False) -> Features:
    """Of an example; of ``timed`` frames it may say when they are shown."""
    seconds = [{"name": "seconds", "dtype": "float64"}] if timed else []
    return [
        *_text("key", "source", "task"),
        *({"name": name, "dtype": "int64"} for name in ("version", "seed", "index")),
        {"name": "media", "list": [*_text("role", "kind", "name"), *seconds]},
        {"name": "prompts", "struct": _text("vlm", "image", "video")},
        *_text("answer"),
        {"name": "difficulty", "list": [*_text("name"), {"name": "value", "dtype": "float64"}]},
        *_text("payload"),
    ]


def shard_features(media: Iterable[str] = (), *, timed: bool = False) -> Features:
    """The schema of shards whose samples may have these media beside those of every puzzle, named by their parts.

    Of frames that are ``timed`` it is known when they are shown.
    """
    return [
        {"name": "json", "struct": _example(timed)},
        *({"name": name, "dtype": "image"} for name in ("puzzle.png", "solution.png", "reasoning.png")),
        {"name": "solution.mp4", "dtype": "binary"},
        *({"name": name, "dtype": "image" if name.endswith(PICTURES) else "binary"} for name in media),
        *_text("__key__", "__url__"),
    ]


FOLDER_FEATURES: Features = [*_example(), *_text("puzzle_image", "solution_image", "solution_video", "reasoning_image")]

# Rows with the columns of VSI-Bench.
VSI_FEATURES: Features = [
    *_text("id", "dataset", "scene_name", "question_type", "question"),
    {"name": "options", "list": "string"},
    *_text("ground_truth"),
]


def sft_features(clips: str | None = None, more: Iterable[str] = (), *, timed: bool = False) -> Features:
    """The schema of rows of ms-swift, of which some show clips: as ``video`` files, or as ``frames``.

    ``more`` are further columns of text; with ``timed`` there is ``times``, the seconds of the frames of each clip.
    """
    videos: Features = [{"name": "videos", "list": {"list": "string"} if clips == "frames" else "string"}]
    return [
        *(videos if clips else []),
        *([{"name": "times", "list": {"list": "float64"}}] if timed else []),
        {"name": "messages", "list": _text("role", "content")},
        {"name": "images", "list": "string"},
        *_text("solution", "task_type", "task_group", "id", *more),
    ]


# Rows about videos (``vtb.datasets.videos.record``).
VIDEO_FEATURES: Features = [
    *_text("video", "file", "caption", "outcome", "why", "detail"),
    *({"name": name, "list": "string"} for name in ("agents", "objects")),
    *_text("category"),
    *({"name": name, "dtype": "float64"} for name in ("seconds", "motion")),
    {"name": "answers", "list": "string"},
    {"name": "tokens", "struct": [{"name": name, "dtype": "int64"} for name in ("prompt", "completion", "reasoning")]},
]
