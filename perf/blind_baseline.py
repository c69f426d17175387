"""Answering without looking at the drawing: rules and a small model that see the canvas and the candidates' places.

Whatever these get right above one in five is a shortcut of the sampler and no reasoning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtb.puzzles.eyeballing.common.record import EyeballingRecord

from vtb.puzzles.eyeballing.common.placement import COUNT, LETTERS

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
CANVAS_RULES = ("nearest the middle", "nearest the edge")  # the others look at the candidates among themselves too
HIDDEN, EPOCHS, BATCH, RATE = 24, 12, 100, 0.01


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


def model_rate(places: Places) -> float:
    """How often a small model is right: trained on the first half, tested on the second.

    One hidden layer scores each candidate by its letter, its place on the canvas and among the others, and its
    distances from them; the softmax over the five scores is fitted by maximum likelihood.
    """
    features, half = _features(places), len(places.right) // 2
    weights = _fit(features[:half], places.right[:half])
    guesses = _forward(weights, features[half:])[1].argmax(axis=1)
    return float((guesses == places.right[half:]).mean())


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


def _forward(weights: list[Floats], features: Floats) -> tuple[Floats, Floats]:
    """The hidden layer (N, 5, HIDDEN), and the chance of each candidate (N, 5)."""
    hidden = np.tanh(features @ weights[0] + weights[1])
    scores = (hidden @ weights[2])[..., 0]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, shares / shares.sum(axis=1, keepdims=True)


def _gradients(weights: list[Floats], features: Floats, right: Whole) -> list[Floats]:
    """Of the mean negative log-likelihood, by backpropagation."""
    hidden, shares = _forward(weights, features)
    error = (shares - np.eye(COUNT)[right])[..., None] / len(right)
    back = error * weights[2][:, 0] * (1 - hidden**2)
    return [np.einsum("nkf,nkh->fh", features, back), back.sum(axis=(0, 1)), np.einsum("nkh,nko->ho", hidden, error)]


def _fit(features: Floats, right: Whole) -> list[Floats]:
    """Weights after some epochs of Adam (Kingma and Ba, ICLR 2015); the same data give the same weights."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.2, (features.shape[2], HIDDEN)), np.zeros(HIDDEN), rng.normal(0, 0.2, (HIDDEN, 1))]
    state: list[Any] = [(np.zeros_like(weight), np.zeros_like(weight)) for weight in weights]
    for step, batch in enumerate(_batches(rng, len(right)), 1):
        for number, slope in enumerate(_gradients(weights, features[batch], right[batch])):
            mean, square = state[number]
            mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
            state[number] = mean, square
            move = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
            weights[number] = weights[number] - RATE * move
    return weights


def _batches(rng: np.random.Generator, count: int) -> Iterator[Whole]:
    for _ in range(EPOCHS):
        order = rng.permutation(count)
        for start in range(0, count, BATCH):
            yield order[start : start + BATCH]
