"""Every reward: one file each, found by scanning this folder for modules with a ``REWARD`` or ``DRAWING_REWARD``."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, TypeVar

from vtb.did_you_mean import did_you_mean
from vtb.errors import UsageProblem
from vtb.rewards.reward import DrawingReward, Parts, Reward

R = TypeVar("R", bound=Parts)


@functools.cache
def rewards() -> dict[str, Reward]:
    """Every reward of completions by name."""
    return {reward.name: reward for reward in _scanned("REWARD")}


@functools.cache
def drawing_rewards() -> dict[str, DrawingReward]:
    """Every reward of drawings by name."""
    return {reward.name: reward for reward in _scanned("DRAWING_REWARD")}


def _scanned(name: str) -> list[Any]:
    package = importlib.import_module("vtb.rewards")
    modules = [importlib.import_module(f"vtb.rewards.{info.name}") for info in pkgutil.iter_modules(package.__path__)]
    return [getattr(module, name) for module in modules if hasattr(module, name)]


def find_reward(name: str) -> Reward:
    """A reward of completions by name.

    Raises:
        UsageProblem: there is none of this name.
    """
    return _found(name, rewards())


def find_drawing_reward(name: str) -> DrawingReward:
    """A reward of drawings by name.

    Raises:
        UsageProblem: there is none of this name.
    """
    return _found(name, drawing_rewards())


def _found(name: str, among: Mapping[str, R]) -> R:
    found = among.get(name)
    if found is None:
        raise UsageProblem(f"reward {name!r}: there is none{did_you_mean(name, among)} ({', '.join(among)})")
    return found


def read_weights(reward: Parts, given: str | None) -> dict[str, float]:
    """Weights as a user writes them (``correct=1,format=0.2``); parts that are left out keep theirs.

    Raises:
        UsageProblem: a part is unknown or a weight is no number from 0 to 1000.
    """
    weights = change_weights(reward.weights, given, f"reward {reward.name}")
    if not any(weights.values()):
        raise UsageProblem(f"all weights of reward {reward.name} are 0: nothing would be rewarded")
    return weights


def change_weights(weights: Mapping[str, float], given: str | None, of: str) -> dict[str, float]:
    """Weights with some changed as a user writes it.

    Raises:
        UsageProblem: a part is unknown or a weight is no number from 0 to 1000.
    """
    found = dict(weights)
    for pair in filter(None, (given or "").split(",")):
        part, _, number = (word.strip() for word in pair.partition("="))
        if part not in found:
            raise UsageProblem(f"{part[:60]!r} is no part of {of}: choose from {', '.join(found)}")
        found[part] = _weight(part, number)
    return found


def _weight(part: str, number: str) -> float:
    try:
        weight = float(number)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1000:
        raise UsageProblem(f"the weight of {part} is {number[:60]!r}: give a number from 0 to 1000, as {part}=0.5")
    return weight
