"""A reward of one's own is one file, and works like ours in a training, whatever its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import vtb.rewards
from stages.train_vlm.test_swift_command import plain as plain  # a fixture
from vtb.engine.launch import completions_file
from vtb.rewards.registry import find_reward, rewards
from vtb_train_vlm.completions import keep_completions
from vtb_train_vlm.grpo import curves
from vtb_train_vlm.job import Job

REWARD = """
from vtb.rewards.reward import Reward

class Short(Reward):
    name = "my_own"
    weights = {"few_words": 1.0, "no_words": 0.5}
    columns = ()

    def parts(self, completion, row):
        return {"few_words": float(len(completion) < 9), "no_words": float(not completion)}

REWARD = Short()
"""


@pytest.fixture
def my_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "scanned").mkdir()
    (tmp_path / "scanned" / "my_own_reward.py").write_text(REWARD)
    monkeypatch.setattr(vtb.rewards, "__path__", [*vtb.rewards.__path__, str(tmp_path / "scanned")])
    rewards.cache_clear()
    yield
    rewards.cache_clear()


@pytest.mark.usefixtures("my_own")
def test_it_is_found_and_its_parts_are_told_apart(plain: Job, tmp_path: Path) -> None:
    assert find_reward("my_own").parts("yes", {}) == {"few_words": 1.0, "no_words": 0.0}
    panel = curves([{"step": 1, "rewards/my_own_few_words/mean": 0.5}])["reward.png"][1]
    assert panel.lines == {"rewards/my_own_few_words/mean": "few_words"}
    names = ["my_own_few_words", "my_own_no_words"]
    method = {"reward_funcs": names, "reward_weights": [1.0, 0.5], "num_generations": 2}
    job = replace(plain, entry="rlhf", method=method, dataset_dir=tmp_path, val_file="val.jsonl")
    (tmp_path / "val.jsonl").write_text(json.dumps({"id": "a", "messages": [{"role": "user", "content": "?"}]}) + "\n")
    job.output_dir.mkdir(exist_ok=True)
    line = {"step": 1, "id": "a", "solution": "", "completion": "yes", "parts": {"few_words": 1.0, "no_words": 0.0}}
    completions_file(job.output_dir).write_text(json.dumps(line) + "\n")
    keep_completions(job, tmp_path)
    assert json.loads((tmp_path / "completions.jsonl").read_text())["reward"] == 1.0
