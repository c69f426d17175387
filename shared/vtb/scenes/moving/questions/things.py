"""Questions about a scene that is seen from all sides, one form for each category of 4D-Bench (arXiv 2503.17827)."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Color
from vtb.perception.perceived import Floats
from vtb.rng import below, pick, shuffled
from vtb.scenes.moving.questions.choice import COUNT, Asker, Choice, among, deal, taken
from vtb.scenes.moving.scene import MovingScene

# Colors that no two people call alike, and whose lighter and darker tones are not those of another.
NAMED: Mapping[Color, str] = {
    (196, 62, 52): "Red", (214, 184, 66): "Yellow", (98, 158, 62): "Green", (58, 104, 186): "Blue",
    (112, 82, 176): "Purple", (120, 126, 134): "Grey",
}  # fmt: skip
# In how many of two scenes a number of things is asked about: there are two agents or three, and one object to three.
COUNTS = {3: 2, 4: 1, 5: 1, 6: 2}
SIDES = {"In front of it": 0, "On its left": 90, "Behind it": 180, "On its right": -90}  # degrees to the left
WITHIN = 30  # degrees to each side
LEAD = 0.15  # by which the nearest is nearer than the next, and the longest way longer: a share of the larger one


@dataclass(frozen=True)
class Things:
    """A scene, and which of its bodies can be asked about.

    Attributes:
        scene: as it is.
        seen: shape (bodies,), those that are seen whenever something is shown.
        last: the last frame that is shown; what is so at the end is so from there on.
    """

    scene: MovingScene
    seen: NDArray[np.bool_]
    last: int

    def askers(self, rng: random.Random) -> list[Asker]:
        """One for each category."""
        counted = self.seen.all() and below(rng, max(COUNTS.values())) < COUNTS[len(self.scene.bodies)]
        spatial, temporal = partial(self.spatial, self._sides()), partial(self.temporal, self._changes())
        return [*([self.counting] if counted else []), self.appearance, spatial, temporal, self.action]

    @property
    def _known(self) -> list[int]:
        return [number for number, seen in enumerate(self.seen.tolist()) if seen]

    def _name(self, number: int) -> str:
        return self.scene.bodies[number].name

    def counting(self, rng: random.Random) -> Choice:
        """How many there are; whether a scene is asked about makes each number as frequent as the others."""
        options = shuffled(rng, sorted(COUNTS))
        return Choice("counting", "How many things are there in the scene?", tuple(map(str, options)),
                      options.index(len(self.scene.bodies)))  # fmt: skip

    def appearance(self, rng: random.Random) -> Choice | None:
        """Which color one has; each is drawn alike."""
        known = [number for number in self._known if self.scene.bodies[number].color in NAMED]
        if not known:
            return None
        body = self.scene.bodies[pick(rng, known)]
        right = NAMED[body.color]
        options, place = among(rng, right, sorted(set(NAMED.values()) - {right}))
        return Choice("appearance", f"What is the main color of the {body.name}?", tuple(options), place)

    def _sides(self) -> dict[str, list[tuple[int, int, str]]]:
        """By side: who has whom there, and when."""
        found: dict[str, list[tuple[int, int, str]]] = {}
        times = {"beginning": range(1), "end": range(self.last, len(self.scene.path))}
        for (one, other), (when, frames) in product(permutations(self._known, 2), times.items()):
            sides = {self.side_of(one, other, frame) for frame in frames}
            if self.scene.bodies[one].agent and len(sides) == 1 and (side := sides.pop()):
                found.setdefault(side, []).append((one, other, when))
        return found

    def spatial(self, sides: Mapping[str, list[tuple[int, int, str]]], rng: random.Random) -> Choice | None:
        """On which side of one with a front another is, at one end of the video."""
        if (found := deal(rng, sides)) is None:
            return None
        options, right, (one, other, when) = found
        words = (
            f"At the {when} of the video, where is the {self._name(other)}, "
            f"from the {self._name(one)}'s own point of view?"
        )
        return Choice("spatial", words, tuple(options), right)

    def side_of(self, one: int, other: int, frame: int) -> str | None:
        """On which side of a body another is; None near the border between two."""
        here, there = (self.scene.motions[number].places[frame, :2].tolist() for number in (one, other))
        ahead = self.scene.motions[one].headings[frame] / 100
        turn = math.degrees(math.atan2(there[1] - here[1], there[0] - here[0])) - ahead
        return next((side for side, at in SIDES.items() if abs((turn - at + 180) % 360 - 180) <= WITHIN), None)

    def _changes(self) -> list[tuple[int, int, int]]:
        """Bodies, with what is nearest to each at first and at the end."""
        return [(one, *ends) for one in self._known if (ends := self._nearest(one))]

    def temporal(self, changes: list[tuple[int, int, int]], rng: random.Random) -> Choice | None:
        """What is nearest to one at first, and what at the end; names are dealt to bodies wherever they are."""
        if not changes:
            return None
        one, first, last = taken(rng, changes)
        others = [number for number in self._known if number not in (one, first, last)]
        right, *wrong = permutations((first, last, pick(rng, others)), 2)
        orders, place = among(rng, right, wrong)
        options = tuple(f"First the {self._name(a)}, in the end the {self._name(b)}" for a, b in orders)
        words = f"Which thing is nearest to the {self._name(one)} at the beginning of the video, and which at the end?"
        return Choice("temporal", words, options, place)

    def _nearest(self, one: int) -> tuple[int, int] | None:
        """What is plainly the nearest at both ends, if that changes and there is a third."""
        others = np.array([number for number in self._known if number != one])
        if len(others) < COUNT - 1:
            return None
        places = np.stack([motion.places[:, :2] for motion in self.scene.motions]).astype(np.float64)
        far = np.sqrt(((places[others] - places[one]) ** 2).sum(axis=-1))  # (others, frames)
        plain = {frame: _first_by(far[:, frame]) for frame in (0, *range(self.last, far.shape[1]))}
        first, at_the_end = plain[0], {plain[frame] for frame in plain if frame}
        if first is None or len(at_the_end) > 1 or (last := at_the_end.pop()) in (None, first):
            return None
        return int(others[first]), int(others[last])

    def action(self, rng: random.Random) -> Choice | None:
        """Which of four goes the longest way; names are dealt to bodies whatever their way."""
        if len(self._known) < COUNT:
            return None
        four = shuffled(rng, self._known, COUNT)
        ways = [self.way_of(number) for number in four]
        if (right := _first_by(-np.array(ways))) is None:
            return None
        options = tuple(f"The {self._name(number)}" for number in four)
        return Choice("action", _which(options), options, right)

    def way_of(self, number: int) -> float:
        """How far a body goes, seen from above, in millimeters."""
        steps = np.diff(self.scene.motions[number].places[:, :2].astype(np.float64), axis=0)
        return float(np.sqrt((steps**2).sum(axis=1)).sum())


def _first_by(values: Floats) -> int | None:
    """The place of the least of some numbers; None where the next is about as little."""
    first, second = np.sort(values)[:2]
    return int(values.argmin()) if abs(first - second) >= LEAD * max(abs(first), abs(second)) else None


def _which(options: Sequence[str]) -> str:
    """With the names in the order of the alphabet: two questions about other things are not in the same words."""
    names = sorted(f"the {one.removeprefix('The ')}" for one in options)
    return f"Which goes the longest way, seen from above: {', '.join(names[:-1])} or {names[-1]}?"
