"""The launcher's image holds no engine, but tells what each stage would refuse by its options alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What a stage refuses, and a word of its message; None where nothing is wrong.
OPTIONS: list[tuple[str, dict[str, object], str | None]] = [
    ("gen-maze", {"size": [7], "count": 2}, None),
    ("gen-maze", {"size": [1]}, "--size 1: a maze has an odd number of cells a side"),
    ("gen-maze", {"size": [7, 7]}, "give each size once"),
    ("gen-maze", {"size": [7, 9], "count": [1, 2, 3]}, "--count was given 3 times for 2 sizes"),
    ("gen-maze", {"shape": "hexagon", "radius": [99]}, "--radius 99"),
    ("gen-maze", {"shape": "circle", "segments": 1}, "--segments 1"),
    ("gen-maze", {"shape": "circle", "size": [7]}, "belongs to --shape square"),
    ("gen-maze", {"video": True, "clip-size": "100x100"}, "--clip-size 100x100"),
    ("gen-eyeballing", {"total": 100}, None),
    ("gen-eyeballing", {"task": ["midpoint", "midpoint"]}, "give each kind once"),
    ("gen-eyeballing", {"total": 100, "weight": ["nothing=2"]}, "--weight nothing=2"),
    ("gen-visual", {"task": ["all", "color_grid"]}, "give each kind once"),
    ("gen-visual", {"colors": 1}, "--colors 1"),
    ("gen-arc", {"count": 3}, None),
    ("gen-arc", {"video": True, "clip-size": "32x32"}, "too large for a clip of 32x32"),
    ("gen-arc", {"limit": 3}, "--limit cannot be used here"),
    ("curate", {"val": 0.7, "test": 0.7}, "more than everything together"),
    ("eval predict", {"style": "shouting"}, "shouting"),
    ("eval score", {"split": "test"}, None),
    ("prepare vlm", {"val": 2}, "--val"),
    ("train-vlm sft", {"engine-args": ["--output_dir", "x"]}, "engine argument output_dir (after --) is set by"),
    ("train-vlm sft", {"engine-args": ["--hub_token", "x"]}, "give secrets in the environment"),
    ("train-vlm sft", {"lora-rank": 0}, "--lora-rank"),
    ("train-vlm tiny-model", {"family": "llama"}, "--family"),
]
# Runs with the packages of the launcher's lock alone: what the others bring cannot be imported.
PROGRAM = """
import importlib.metadata, json, re, sys

def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()

lock, options = sys.argv[1], json.loads(sys.argv[2])
kept = {normal(line.split("==")[0]) for line in open(lock) if "==" in line} | {"vtb-train"}
found = importlib.metadata.packages_distributions()
gone = {name for name, owners in found.items() if not kept & set(map(normal, owners))}

class Without:  # a finder that does not find what is gone, as where it is not installed
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in gone else self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(Without, sys.meta_path)
from vtb.launch.arguments import try_step
from vtb.pipeline.step import Step
from vtb.stage.registry import find_stage

def told(stage, given):
    kinds = find_stage(stage).artifact_options
    required = {str(param.name) for param in find_stage(stage).command.params if param.required} & set(kinds)
    return try_step(Step("step", stage, given, {name: ("s3://bucket/before",) for name in required}), "s3://bucket/run")

print(json.dumps([sorted(gone & {"cv2", "torch", "PIL", "av"}), [told(*entry) for entry in options]]))
"""


@pytest.fixture(scope="module")
def told() -> list[tuple[int, str]]:
    """What `try_step` says to each of the options."""
    command = [sys.executable, "-c", PROGRAM, str(ROOT / "images" / "launcher" / "requirements.lock")]
    words = json.dumps([(stage, options) for stage, options, _ in OPTIONS])
    done = subprocess.run([*command, words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "is left out" not in done.stderr
    gone, answers = json.loads(done.stdout)
    assert gone == ["PIL", "av", "cv2", "torch"]
    return [(code, said) for code, said in answers]


@pytest.mark.parametrize("number", range(len(OPTIONS)), ids=[f"{stage} {given}" for stage, given, _ in OPTIONS])
def test_what_a_stage_refuses_is_told_before_the_first_pod(told: list[tuple[int, str]], number: int) -> None:
    wanted, (code, said) = OPTIONS[number][2], told[number]
    if wanted is None:
        assert (code, said) == (0, "")
    else:
        assert code == 2
        assert wanted in said
