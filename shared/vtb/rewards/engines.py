"""The rewards as other trainers call them: ms-swift, TRL, veRL, EasyR1. docs/rewards.md shows each at work."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vtb.rewards.registry import find_reward, read_weights, rewards
from vtb.rewards.reward import total


def swift_part(reward: str, part: str) -> type[Any]:
    """A class for ms-swift's table of rewards (``swift.rewards.orms``) that gives one part, named ``reward_part``.

    One class per part, so that the engine's own figures (``rewards/vtb_correct/mean``) show each; it adds them up by
    ``--reward_weights``.
    """
    from swift.rewards import ORM

    def call(self: Any, completions: Sequence[str], **columns: Any) -> list[float]:
        return [parts[part] for parts in batch_parts(reward, completions, columns)]

    return type(f"{reward}_{part}", (ORM,), {"__call__": call})


def part_names(reward: str) -> list[str]:
    """The names under which ms-swift knows the parts of a reward, in their order."""
    return [f"{reward}_{part}" for part in find_reward(reward).weights]


def register_swift() -> None:
    """Puts every part of every reward into ms-swift's table, for a file that ``--external_plugins`` names."""
    from swift.rewards import orms

    for name, reward in rewards().items():
        made = (swift_part(name, part) for part in reward.weights)
        orms.update(zip(part_names(name), made, strict=True))


def batch_parts(reward: str, completions: Sequence[str], columns: Mapping[str, Any]) -> list[dict[str, float]]:
    """The parts of each completion of a batch, whose columns are lists."""
    judge = find_reward(reward)
    return [
        dict(_judged(reward, text, tuple(row.items()))) for text, row in _pairs(completions, columns, judge.columns)
    ]


@functools.lru_cache(maxsize=4096)
def _judged(reward: str, completion: str, row: tuple[tuple[str, Any], ...]) -> dict[str, float]:
    """Once for all the classes that give one part each."""
    return find_reward(reward).parts(completion, dict(row))


def trl_reward(reward: str, weights: str | None = None) -> Callable[..., list[float]]:
    """A function for ``GRPOTrainer(reward_funcs=...)`` of TRL; the columns of the dataset reach it by their names.

    Args:
        reward: its name, ``vtb`` or ``vsi``.
        weights: of its parts, as ``correct=1,format=0.2``.
    """
    judge = find_reward(reward)
    chosen = read_weights(judge, weights)

    def call(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float]:
        texts = [_words(completion) for completion in completions]
        return [total(judge.parts(*pair), chosen) for pair in _pairs(texts, columns, judge.columns)]

    call.__name__ = reward  # by which TRL names its figures
    return call


def verl_reward(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None
) -> dict[str, float]:
    """``custom_reward_function`` of veRL: the row is JSON in ``ground_truth``, the reward's name in ``data_source``."""
    judge = find_reward(data_source)
    parts = judge.parts(solution_str, json.loads(ground_truth))
    return {"score": total(parts, judge.weights), **parts}


def easyr1_reward(reward_inputs: Sequence[Mapping[str, Any]], reward: str = "vtb") -> list[dict[str, float]]:
    """``worker.reward.reward_function`` of EasyR1 (batch): the row is JSON in ``ground_truth``."""
    judge = find_reward(reward)
    every = [judge.parts(given["response"], json.loads(given["ground_truth"])) for given in reward_inputs]
    return [{"overall": total(parts, judge.weights), **parts} for parts in every]


def _pairs(
    completions: Sequence[str], columns: Mapping[str, Any], names: Sequence[str]
) -> list[tuple[str, dict[str, Any]]]:
    """Each completion with the columns of its row that the reward reads; a column that is missing is told by it."""
    there = [name for name in names if name in columns]
    rows = [{name: columns[name][place] for name in there} for place in range(len(completions))]
    return list(zip(completions, rows, strict=True))


def _words(completion: Any) -> str:
    """The words of a completion; of a conversation, those of its last turn."""
    return completion if isinstance(completion, str) else str(completion[-1]["content"])
