"""Answering without looking at the drawing: rules and a small model that see the canvas and the candidates' places.

Whatever these get right above one in five is a shortcut of the sampler and no reasoning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.puzzles.eyeballing.common.placement import COUNT, LETTERS
from vtb.puzzles.eyeballing.common.record import EyeballingRecord

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
CANVAS_RULES = ("nearest the middle", "nearest the edge")  # the others look at the candidates among themselves too


@dataclass(frozen=True)
class Places:
    """What a blind answer may use, of N puzzles.

    Attributes:
        points: candidates in the order of their letters, in pixels, shape (N, 5, 2).
        canvas: width and height, shape (N, 2).
        right: number of the right candidate, shape (N,).
    """

    points: Floats
    canvas: Floats
    right: Whole


def places_of(records: Iterable[EyeballingRecord]) -> Places:
    """The places of many records."""
    rows = [
        ([(c.x, c.y) for c in record.candidates], record.canvas_dimensions, record.correct_option) for record in records
    ]
    points, canvas, letters = zip(*rows, strict=True)
    return Places(np.array(points, float), np.array(canvas, float), np.array([*map(LETTERS.index, letters)]))


def rule_rates(places: Places) -> dict[str, float]:
    """How often each rule, and each letter, is right."""
    rules = {**_guesses(places), **{f"always {letter}": number for number, letter in enumerate(LETTERS)}}
    return {rule: float((guess == places.right).mean()) for rule, guess in rules.items()}


def _guesses(places: Places) -> dict[str, Whole]:
    """What each rule answers, shape (N,) each."""
    points, canvas = places.points, places.canvas[:, None]
    middle = np.linalg.norm(points - canvas / 2, axis=2)
    spread = np.linalg.norm(points - points.mean(axis=1, keepdims=True), axis=2)
    return {
        "nearest the middle": middle.argmin(axis=1),
        "nearest the edge": _from_edge(points, canvas).argmin(axis=1),
        "nearest the centroid": spread.argmin(axis=1),
        "farthest out": spread.argmax(axis=1),
        "most isolated": _distances(points)[:, :, 0].argmax(axis=1),
    }


def _from_edge(points: Floats, canvas: Floats) -> Floats:
    """Distance of each candidate from the nearest edge of the canvas, shape (N, 5)."""
    edge: Floats = np.minimum(points, canvas - points).min(axis=2)
    return edge


def _distances(points: Floats) -> Floats:
    """Distances of each candidate from the four others, the nearest first, shape (N, 5, 4)."""
    every = np.linalg.norm(points[:, :, None] - points[:, None], axis=3)
    others: Floats = np.sort(every, axis=2)[:, :, 1:]
    return others


def model_rate(places: Places, model: str = "boosting") -> float:
    """How often a model is right: trained on the first half, tested on the second.

    It scores each candidate by its letter, its place on the canvas and among the others, and its distances from them;
    the answer is the candidate with the highest score.

    Args:
        places: of many puzzles.
        model: one of ``MODELS``.
    """
    return fitted_rate(_features(places), places.right, model)


def fitted_rate(features: Floats, right: Whole, model: str) -> float:
    """How often the option with the highest score is right, in the second half; the first is for training.

    Args:
        features: of each option of N questions, shape (N, options, F).
        right: number of the right option, shape (N,).
        model: one of ``MODELS``.
    """
    half, (_, count, width) = len(right) // 2, features.shape
    labels = np.eye(count, dtype=int)[right[:half]].ravel()
    fitted = MODELS[model]().fit(features[:half].reshape(-1, width), labels)
    scores = fitted.predict_proba(features[half:].reshape(-1, width))[:, 1].reshape(-1, count)
    return float((scores.argmax(axis=1) == right[half:]).mean())


def _linear() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000)


def _boosting() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=60, random_state=0)


def _trees() -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(100, min_samples_leaf=5, random_state=0)


def _neighbours() -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(25)


MODELS: dict[str, Callable[[], Any]] = {
    "linear": _linear, "boosting": _boosting, "trees": _trees, "neighbours": _neighbours,
}  # fmt: skip


def _features(places: Places) -> Floats:
    """What the model sees of each candidate, each column with mean 0 and deviation 1, shape (N, 5, F)."""
    points, canvas = places.points, places.canvas[:, None]
    middle, out = points - canvas / 2, points - points.mean(axis=1, keepdims=True)
    letters = np.broadcast_to(np.eye(COUNT), (len(points), COUNT, COUNT))
    far = [np.linalg.norm(offset, axis=2, keepdims=True) for offset in (middle, out)]
    columns = [middle, out, *far, _from_edge(points, canvas)[..., None], _distances(points), letters]
    found = np.concatenate(columns, axis=2)
    scaled: Floats = (found - found.mean(axis=(0, 1))) / (found.std(axis=(0, 1)) + 1e-9)
    return scaled
