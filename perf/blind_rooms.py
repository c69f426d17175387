"""Questions about rooms (``vtb-gen-rooms``), answered from their words alone: a line a question type, nothing is timed.

With options: how often the best of two models is right, beside one in so many options. With numbers: the mean
relative accuracy of the better of two guesses, the best number for all and a model's, beside that of the best number
for all. Models learn from half of the rooms and are judged on the others. What a model knows of a question: the names
in it by their place, and of each option its letter, its words, and how much it agrees with the other options.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from perf.blind_baseline import Floats, fitted_rate
from vtb.benchmarks.vsi_bench.metric import allowed_errors
from vtb.rng import sample_rng
from vtb.scenes.furniture import SHAPES
from vtb.scenes.questions.every import ASKERS
from vtb.scenes.questions.view import Question
from vtb.scenes.room import RoomConfig, make_room

ROOMS = 1000
CONFIG = RoomConfig(size=(192, 144), clip_frames=32)
NAMES = sorted(SHAPES, key=len, reverse=True)
WORDS = (*NAMES, "left", "right", "back", "front")
PLACES = 4  # names of a question that a model gets, by their order


def run(rooms: int = ROOMS) -> Iterator[dict[str, Any]]:
    """Every type that VSI-Bench has."""
    asked = [make_room(sample_rng(1, "blind", index), CONFIG).questions for index in range(rooms)]
    for kind in ASKERS:
        found = [question for questions in asked for question in questions if question.kind == kind]
        rate, chance, off = with_options(found) if found[0].options else with_numbers(found)
        unit = "rate" if found[0].options else "mean relative accuracy"
        figures = {"value": round(rate, 4), "unit": unit, "plus or minus": round(off, 4), "chance": round(chance, 4)}
        yield {"name": f"blind vtb-rooms {kind}", **figures, "questions": len(found)}


def with_options(questions: Sequence[Question]) -> tuple[float, float, float]:
    """How often the better of two models is right, chance, and how far off it may be by luck, 95 % of the time."""
    features = np.array([_of_options(question) for question in questions], float)
    right = np.array(["ABCD".index(question.answer) for question in questions])
    rate = max(fitted_rate(features, right, model) for model in ("linear", "boosting"))
    half = len(questions) - len(questions) // 2
    return rate, 1 / features.shape[1], 1.96 * float(rate * (1 - rate) / half) ** 0.5


def with_numbers(questions: Sequence[Question]) -> tuple[float, float, float]:
    """Mean relative accuracies: of the better guess and of the best number for all; and the error by luck."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    truth = np.array([float(question.answer) for question in questions])
    words = np.array([_of_words(question.words) for question in questions], float)
    half = len(truth) // 2
    values = np.unique(truth[:half])
    best = values[np.argmax([accuracies(np.full(half, value), truth[:half]).mean() for value in values])]
    constant = accuracies(np.full(len(truth) - half, best), truth[half:])
    model = HistGradientBoostingRegressor(max_iter=60, random_state=0).fit(words[:half], np.log(truth[:half]))
    guessed = accuracies(np.exp(model.predict(words[half:])), truth[half:])
    better = max((constant, guessed), key=lambda one: float(one.mean()))
    return float(better.mean()), float(constant.mean()), 1.96 * float(better.std()) / len(better) ** 0.5


def accuracies(guesses: Floats, truth: Floats) -> Floats:
    """The mean relative accuracy of each guess."""
    errors = np.abs(guesses - truth) / truth
    found: Floats = (errors[:, None] <= np.array(allowed_errors())).mean(axis=1)
    return found


def _of_options(question: Question) -> list[list[float]]:
    options = [option[3:] for option in question.options]
    parts = [re.split(", ", option) for option in options]
    words = _of_words(question.words)
    return [
        [
            *(float(number == place) for place in range(len(options))),
            *(float(word in option) for word in WORDS),
            *(float(parts[number][0].endswith(word)) for word in WORDS),
            *_agreement(parts, number),
            *words,
        ]
        for number, option in enumerate(options)
    ]


def _agreement(parts: Sequence[Sequence[str]], number: int) -> list[float]:
    """How many parts an option has at the same place as the others: all of them, and the most alike."""
    others = [other for place, other in enumerate(parts) if place != number]
    same = [sum(a == b for a, b in zip(parts[number], other, strict=False)) for other in others]
    return [float(sum(same)), float(max(same))]


def _of_words(words: str) -> list[float]:
    """Which names a question has, and which name stands at its first places."""
    found = re.findall("|".join(NAMES), words)
    at = [found[place] if place < len(found) else "" for place in range(PLACES)]
    return [float(name in found) for name in NAMES] + [float(one == name) for one in at for name in NAMES]
