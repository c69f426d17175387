"""Nothing about the place of the candidates tells the answer: blind guesses are right in one of five."""

import math
import random
from collections import Counter

import pytest

from vtb.puzzles import families
from vtb.puzzles.sample import make_record

NAMES = sorted(name for name, family in families().items() if family.group == "eyeballing")
BY_NATURE = {"right_triangle", "square_outlier"}  # their points alone are the puzzle
SAMPLES, CHANCE, SLACK = 5_000, 0.2, 0.025


def places(name: str, count: int = SAMPLES, **options: object) -> list[tuple[list[tuple[float, float]], int, int, int]]:
    """Candidate points, the number of the right one, and the canvas, of many samples."""
    family = families()[name]
    config, found = family.config_class(**options), []
    for index in range(count):
        record = make_record(family, config, name, 2026, index)
        points = [(entry["x"], entry["y"]) for entry in record["candidates"]]
        found.append((points, "ABCDE".index(record["correct_option"]), *record["canvas_dimensions"]))
    return found


def guesses(points: list[tuple[float, float]], width: int, height: int) -> dict[str, int]:
    """What each blind rule would answer."""
    middle = [math.dist(point, (width / 2, height / 2)) for point in points]
    edge = [min(x, width - x, y, height - y) for x, y in points]
    centroid = (sum(x for x, _ in points) / 5, sum(y for _, y in points) / 5)
    spread = [math.dist(point, centroid) for point in points]
    lonely = [min(math.dist(a, b) for b in points if b is not a) for a in points]
    canvas = {"nearest the middle": middle.index(min(middle)), "nearest the edge": edge.index(min(edge))}
    shape = {
        "nearest the centroid": spread.index(min(spread)), "farthest out": spread.index(max(spread)),
        "most isolated": lonely.index(max(lonely)),
    }  # fmt: skip
    return {**canvas, **shape}


def rates(samples: list[tuple[list[tuple[float, float]], int, int, int]]) -> dict[str, float]:
    """How often each rule is right."""
    right: Counter[str] = Counter()
    for points, correct, width, height in samples:
        right.update(rule for rule, guess in guesses(points, width, height).items() if guess == correct)
        right[f"always {'ABCDE'[correct]}"] += 1
    return {rule: count / len(samples) for rule, count in right.items()}


@pytest.mark.parametrize("name", NAMES)
def test_blind_guesses_are_at_chance(name: str) -> None:
    found = rates(places(name))
    held = {rule: rate for rule, rate in found.items() if name not in BY_NATURE or "middle" in rule or "edge" in rule
            or rule.startswith("always")}  # fmt: skip
    assert len(held) >= 7
    off = {rule: rate for rule, rate in held.items() if abs(rate - CHANCE) > SLACK}
    assert not off


def test_the_benchmarks_sampling_has_its_shortcut() -> None:
    """The control: the same rules find the answer where the target lies near the middle."""
    assert rates(places("midpoint", 1_000, sampling="videothinkbench"))["nearest the middle"] > 0.3


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BY_NATURE])
def test_a_model_of_the_places_learns_nothing(name: str) -> None:
    """Logistic scores on place and letter of each candidate, trained on one half, judged on the other."""
    samples = places(name, 2_000)
    train, check = samples[:1_000], samples[1_000:]
    weights = _fit(train)
    right = sum(_choose(weights, *sample[:1], *sample[2:]) == sample[1] for sample in check) / len(check)
    assert abs(right - CHANCE) < 0.045  # 1,000 samples: 3.5 standard deviations


def _features(points: list[tuple[float, float]], number: int, width: int, height: int) -> list[float]:
    x, y = points[number][0] / width - 0.5, points[number][1] / height - 0.5
    centroid = (sum(p[0] for p in points) / 5 / width - 0.5, sum(p[1] for p in points) / 5 / height - 0.5)
    dx, dy = x - centroid[0], y - centroid[1]
    return [x, y, x * x, y * y, dx, dy, dx * dx, dy * dy, x * dx + y * dy, *(float(number == n) for n in range(5))]


def _scores(weights: list[float], points: list[tuple[float, float]], width: int, height: int) -> list[float]:
    rows = [_features(points, number, width, height) for number in range(5)]
    return [sum(w * f for w, f in zip(weights, row, strict=True)) for row in rows]


def _choose(weights: list[float], points: list[tuple[float, float]], width: int, height: int) -> int:
    scores = _scores(weights, points, width, height)
    return scores.index(max(scores))


def _fit(samples: list[tuple[list[tuple[float, float]], int, int, int]]) -> list[float]:
    """Stochastic gradient ascent of the log-likelihood of a softmax over the five candidates."""
    rng, weights = random.Random(0), [0.0] * 14
    for _ in range(3):
        rng.shuffle(samples)
        for points, correct, width, height in samples:
            scores = _scores(weights, points, width, height)
            top = max(scores)
            shares = [math.exp(score - top) for score in scores]
            total = sum(shares)
            for number in range(5):
                gain = 0.3 * ((number == correct) - shares[number] / total)
                for place, value in enumerate(_features(points, number, width, height)):
                    weights[place] += gain * value
    return weights
