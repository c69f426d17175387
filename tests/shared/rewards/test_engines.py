"""The rewards as the other trainers call them, by the signatures that these document."""

from __future__ import annotations

import json

import pytest

from shared.rewards.test_rewards import example_of, row_of
from vtb.rewards.engines import easyr1_reward, register_swift, trl_reward, verl_reward

RIGHT, WRONG, NONE = 1.2, 0.2, 0.0


def completions() -> tuple[list[str], list[float], dict[str, str]]:
    example = example_of("midpoint")
    wrong = "A" if example.answer != "A" else "B"
    texts = [f"<answer>{example.answer}</answer>", f"<answer>{wrong}</answer>", "who knows?"]
    return texts, [RIGHT, WRONG, NONE], row_of(example)


def test_trl() -> None:
    """As its GRPOTrainer calls it: columns as lists, and the state of the trainer beside them."""
    texts, worth, row = completions()
    reward = trl_reward("vtb")
    columns = {name: [value] * 3 for name, value in row.items()}
    got = reward(prompts=["?"] * 3, completions=texts, completion_ids=[[1]] * 3, trainer_state=None, **columns)
    assert got == pytest.approx(worth)
    assert reward.__name__ == "vtb"
    turns = [[{"role": "assistant", "content": text}] for text in texts]
    assert reward(prompts=[[]] * 3, completions=turns, **columns) == pytest.approx(worth)
    double = trl_reward("vtb", "correct=2,readable=0,format=0")
    assert double(prompts=["?"] * 3, completions=texts, **columns) == [2, 0, 0]


def test_verl() -> None:
    texts, worth, row = completions()
    got = [verl_reward("vtb", text, json.dumps(row), extra_info={"index": 0}) for text in texts]
    assert [one["score"] for one in got] == pytest.approx(worth)
    assert [one["correct"] for one in got] == [1, 0, 0]


def test_easyr1() -> None:
    texts, worth, row = completions()
    inputs = [{"response": text, "response_length": 9, "ground_truth": json.dumps(row)} for text in texts]
    got = easyr1_reward(inputs)
    assert [one["overall"] for one in got] == pytest.approx(worth)
    vsi = json.dumps({"question_type": "object_counting", "solution": "3"})
    near = easyr1_reward([{"response": "<answer>4</answer>", "response_length": 1, "ground_truth": vsi}], reward="vsi")
    assert near[0]["score"] == 0.4  # a third too many: within 0.5, 0.45, 0.4 and 0.35


@pytest.mark.engine
def test_swift() -> None:
    """In its own table, made as it makes them."""
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    from swift.rewards import orms

    register_swift()
    texts, _, row = completions()
    columns = {name: [value] * 3 for name, value in row.items()}
    parts = {
        name: orms[f"vtb_{name}"](args=None)(texts, **columns, trainer_state=None, images=[[]] * 3)
        for name in ("correct", "readable", "format", "path")
    }
    assert parts == {"correct": [1, 0, 0], "readable": [1, 1, 0], "format": [1, 1, 0], "path": [1, 0, 0]}
    assert type(orms["vtb_correct"](args=None)).__name__ == "vtb_correct"  # by which it names its figures
