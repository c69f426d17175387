"""Which way bodies move and turn, asked as VLM4D (Zhou et al. 2025) asks it, of things that are not there, too.

A body moves to the left only where it does so in the axes that the camera has when the window begins, and in those that
it has at every time: then the answer is the same whether or not the motion of the camera is taken off.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from vtb.dynamic.viewpoint import CAMERA, Viewer, length, positions
from vtb.perception.perceived import Floats, Perceived
from vtb.rng import below, pick
from vtb.scenes.moving.questions.choice import Asker, Choice, deal
from vtb.scenes.moving.questions.courses import Course, course_of
from vtb.scenes.moving.scene import MovingScene
from vtb.scenes.moving.shapes import SHAPES

LEFT, RIGHT, TOWARDS, AWAY = "To the left", "To the right", "Towards the camera", "Away from the camera"
TURNS: Mapping[Course, str] = {
    "up": "Counter-clockwise", "down": "Clockwise", "still": "It does not turn",
    "up, then down": "First counter-clockwise, then clockwise",
    "down, then up": "First clockwise, then counter-clockwise",
}  # fmt: skip
ABSENT = "No {} is there"
WITH_ABSENT = (2, 5)  # so many questions of so many offer that the thing is not there; a quarter of these are right
WAY, MAIN, SLACK = 0.1, 1.5, 0.1  # least way, of the distance; how often the next axis goes into it; to and fro in it
TURNED, STEADY = 40.0, 3.0  # degrees
STARTS, LEAST = 16, 8  # places where windows begin and end, at most; the least part of the video (one in so many)


@dataclass(frozen=True)
class About:
    """A thing by its name, and the first and the last frame of a window."""

    name: str
    first: int
    last: int


def askers_of(scene: MovingScene, known: Perceived, places: Sequence[int]) -> list[Asker]:
    """Who asks about a scene: of moving, and of turning; ``places`` are the frames that ``known`` is of."""
    moving, turning = dict[str, list[About]](), dict[str, list[About]]()
    for number, body in enumerate(scene.bodies):
        headings = np.unwrap(scene.motions[number].headings / 100.0, period=360)
        for first, last in windows_of(known, number):
            about = About(body.name, first, last)
            if way := direction_of(known, number, first, last):
                moving.setdefault(way, []).append(about)
            if turn := course_of(headings[places[first] : places[last] + 1], TURNED, STEADY):
                turning.setdefault(TURNS[turn], []).append(about)
    absent = sorted(SHAPES.keys() - {body.name for body in scene.bodies})
    words = {
        "translation": (moving, "in which direction does the {} move, from the camera's perspective?"),
        "rotation": (turning, "which way does the {} turn, seen from above?"),
    }
    return [
        partial(_ask, known, absent, kind, asked, [about for answer in sorted(asked) for about in asked[answer]], text)
        for kind, (asked, text) in words.items()
    ]


def windows_of(known: Perceived, number: int) -> Iterator[tuple[int, int]]:
    """First and last frames between which a body is seen all the time."""
    count, seen = len(known.times), known.tracks[number].seen
    ends = range(0, count, -(-count // STARTS))
    for first in ends:
        for last in ends:
            if last - first >= max(2, count // LEAST) and seen[first : last + 1].all():
                yield first, last


def direction_of(known: Perceived, number: int, first: int, last: int) -> str | None:
    """The words for the way of a body in a window; None where no one axis tells it."""
    views = (Viewer(CAMERA, first), Viewer(CAMERA))
    said = {_along(positions(known, number, view)[first : last + 1]) for view in views}
    return said.pop() if len(said) == 1 else None


def _along(places: Floats) -> str | None:
    """Of places (n, 3), ahead, to the left and up of a camera."""
    way, far = places[-1] - places[0], length(places)
    ahead, left, up = np.abs(way).tolist()
    if left >= max(WAY * far[0], MAIN * ahead, MAIN * up):
        aside = np.stack([places[:, 1], places[:, 1] / places[:, 0]])  # in the hall, and in the picture
        return _sign([course_of(one, WAY * scale, SLACK * np.ptp(one)) for one, scale in zip(aside, (far[0], 1.0),
                     strict=True)], LEFT, RIGHT)  # fmt: skip
    if ahead >= max(WAY * far[0], MAIN * left):
        return _sign([course_of(one, WAY * far[0], SLACK * np.ptp(one)) for one in (places[:, 0], far)],
                     AWAY, TOWARDS)  # fmt: skip
    return None


def _sign(courses: Sequence[Course | None], up: str, down: str) -> str | None:
    said = set(courses)
    return up if said == {"up"} else down if said == {"down"} else None


def _ask(
    known: Perceived, absent: Sequence[str], kind: str, asked: Mapping[str, list[About]], every: list[About], text: str,
    rng: random.Random,
) -> Choice | None:  # fmt: skip
    with_absent = below(rng, WITH_ABSENT[1]) < WITH_ABSENT[0]
    found = deal(rng, {**asked, ABSENT: every}, (ABSENT,)) if with_absent else deal(rng, asked)
    if found is None:
        return None
    options, right, about = found
    # What is not there is asked about at a time of things that are.
    name = pick(rng, absent) if options[right] == ABSENT else about.name
    when = f"Between {known.times[about.first]:.1f}s and {known.times[about.last]:.1f}s"
    return Choice(kind, f"{when}, {text.format(name)}", tuple(one.format(name) for one in options), right)
