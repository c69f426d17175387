"""Answers to questions found from their words and the boxes alone, each by other means than the generator's.

Distances by points on the surfaces, directions by turning the room so that somebody looks along an axis, routes by
walking in small steps.
"""

from __future__ import annotations

import cmath
import math
import re
from itertools import pairwise

import numpy as np

from vtb.scenes.furniture import SHAPES
from vtb.scenes.questions.view import Question
from vtb.scenes.scene import Scene, Thing

NAMES = re.compile("|".join(sorted(SHAPES, key=len, reverse=True)))


def named(scene: Scene, text: str) -> list[Thing]:
    """The things that a text names, in its order; each name belongs to one thing alone."""
    found = []
    for name in NAMES.findall(text):
        (thing,) = [thing for thing in scene.things if thing.name == name]
        found.append(thing)
    return found


def surface(thing: Thing, steps: int = 7) -> np.ndarray:
    """Points of every box, with its corners and edges."""
    shares = np.stack(np.meshgrid(*[np.linspace(0, 1, steps)] * 3), axis=-1).reshape(-1, 3)
    return np.concatenate([np.array(b.low) + shares * (np.array(b.high) - b.low) for b in thing.boxes])


def surface_distance(one: Thing, other: Thing) -> float:
    """Between points of the surfaces: each point of one to the nearest point of the other's boxes."""
    best = math.inf
    for a, b in ((one, other), (other, one)):
        points = surface(a)
        for box in b.boxes:
            nearest = np.clip(points, box.low, box.high)
            best = min(best, float(np.linalg.norm(points - nearest, axis=1).min()))
    return best


def middle(thing: Thing) -> complex:
    """Of its footprint."""
    points = surface(thing, 2)
    low, high = points.min(axis=0), points.max(axis=0)
    return complex((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)


def relative(at: Thing, facing: Thing, target: Thing) -> complex:
    """Where the target is if one stands at the origin and looks along the real axis: left is above it."""
    return (middle(target) - middle(at)) / (middle(facing) - middle(at))


def quarter(place: complex) -> str:
    """Of somebody who looks along the real axis."""
    return f"{'front' if place.real > 0 else 'back'}-{'left' if place.imag > 0 else 'right'}"


def three_ways(place: complex) -> str:
    """At the back is what takes a turn of 135 degrees or more."""
    if abs(math.degrees(cmath.phase(place))) >= 135:
        return "back"
    return "left" if place.imag > 0 else "right"


def option_of(question: Question) -> str:
    """The text of the right option."""
    (option,) = [option for option in question.options if option.startswith(f"{question.answer}. ")]
    return option[3:]


def walked(scene: Scene, question: Question) -> str | None:
    """The thing that a robot gets to with the turns of the right option, or None where it bumps into something.

    It walks to the named thing ahead; a turn has to bring the next way within 45 degrees of straight ahead.
    """
    a, b, d = named(scene, question.words.partition(". It goes")[0])
    _, c, _ = named(scene, question.words.partition(". It goes")[2])
    stops, turns = [a, b, c, d], option_of(question).split(", then ")
    facing = (middle(b) - middle(a)) / abs(middle(b) - middle(a))
    for number, (start, end) in enumerate(pairwise(stops)):
        if number:
            facing *= {"left": 1j, "right": -1j, "back": -1}[turns[number - 1]]
        way = middle(end) - middle(start)
        if abs(math.degrees(cmath.phase(way / facing))) >= 45:
            return None
        facing = way / abs(way)
        steps = np.linspace(0, 1, 400)
        spots = np.stack([middle(start).real + steps * way.real, middle(start).imag + steps * way.imag], axis=1)
        if any(_bumps(spots, thing) for thing in scene.things if thing not in (start, end)):
            return None
    return d.name


def _bumps(spots: np.ndarray, thing: Thing) -> bool:
    points = surface(thing, 2)[:, :2]
    return bool(((spots > points.min(axis=0)) & (spots < points.max(axis=0))).all(axis=1).any())
