"""Small pipelines for the tests of this folder, and what their steps are called with."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import yaml

from vtb.pipeline.reading import read_pipeline
from vtb.pipeline.step import Pipeline

MAZES: dict[str, Any] = {"name": "mazes", "stage": "gen-maze", "options": {"size": [7, 9], "count": 4, "video": True}}
CURATED = {"name": "curated", "stage": "curate", "inputs": ["mazes"]}
MODEL = {"name": "model", "stage": "train-vlm tiny-model"}
DATASET = {"name": "dataset", "stage": "prepare vlm", "inputs": "curated"}
TRAIN = {"name": "adapter", "stage": "train-vlm sft", "inputs": {"input": "dataset", "model": "model"}}
ASK = {"name": "answers", "stage": "eval predict", "inputs": {"input": "curated", "model": "model"}}
ALL = [MAZES, CURATED, DATASET, MODEL, TRAIN, ASK]


def write(folder: Path, *steps: Any, **more: Any) -> Path:
    path = folder / "pipeline.yaml"
    path.write_text(yaml.safe_dump({"name": "test", "steps": list(steps), **more}))
    return path


def read(folder: Path, *steps: Any) -> Pipeline:
    return read_pipeline(write(folder, *steps))


def words(pipeline: Pipeline, name: str, store: str = "s3://b/p") -> list[str]:
    (step,) = [step for step in pipeline.steps if step.name == name]
    return step.arguments(store)


def values(arguments: list[str], option: str) -> list[str]:
    return [after for word, after in itertools.pairwise(arguments) if word == f"--{option}"]
