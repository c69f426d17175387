"""What is seen of a scene, and when: counted in the very pixels of its frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Picture
from vtb.scenes.render import Renderer, color_counts, things_shown
from vtb.scenes.room_parts import WALL, WALLS

CLEAR = 0.002  # share of the picture from which on a thing is seen clearly: 25 x 25 pixels of 640 x 480
UNHIDDEN = 0.6  # share of a thing's own pixels that must be seen at once
OF_WALL = 0.03  # share of the picture that each wall must have in some frame


@dataclass(frozen=True)
class Sight:
    """What the frames of a clip show.

    Attributes:
        pixels: how many each thing has in each frame that was looked at, shape (frames, things).
        sampled: which of these are the frames that models are shown.
        whole: the things that a sampled frame shows clearly, wholly inside the picture and mostly unhidden.
        walls: whether every wall is seen in the sampled frames.
        area: pixels of a frame.
    """

    pixels: NDArray[np.int64]
    sampled: tuple[int, ...]
    whole: frozenset[int]
    walls: bool
    area: int

    def before(self, one: int, other: int) -> bool:
        """Whether the first is seen clearly before the other shows a single pixel, in all frames and in the sampled."""
        return all(
            _first(frames[:, one], CLEAR * self.area) < _first(frames[:, other], 1)
            for frames in (self.pixels, self.pixels[list(self.sampled)])
        )


def _first(counts: NDArray[np.int64], least: float) -> int:
    """The first frame with so many pixels; the number of frames where none has."""
    found = np.flatnonzero(counts >= least)
    return int(found[0]) if len(found) else len(counts)


def look(renderer: Renderer, frames: Sequence[int], sampled: Sequence[int]) -> Sight:
    """What some frames of a scene show; ``sampled`` are those of them that models are shown."""
    pictures = [renderer.frame(number) for number in frames]
    things = len(renderer.scene.things)
    pixels = np.array([things_shown(picture, things) for picture in pictures])
    places = tuple(frames.index(number) for number in sampled)
    shown = {number: pixels[place] for number, place in zip(sampled, places, strict=True)}
    area = pictures[0].size
    whole = frozenset(
        thing for thing in range(things) if _seen_whole(renderer, thing, {n: int(shown[n][thing]) for n in shown}, area)
    )
    return Sight(pixels, places, whole, _walls_seen([pictures[place] for place in set(places)]), area)


def _seen_whole(renderer: Renderer, thing: int, pixels: dict[int, int], area: int) -> bool:
    """Whether one of the frames, of which the thing has so many pixels each, shows it whole."""
    clear = [number for number, count in pixels.items() if count >= CLEAR * area]
    for number in sorted(clear, key=lambda number: -pixels[number]):
        alone = renderer.alone(renderer.scene.path[number], thing)
        if alone is not None and pixels[number] >= UNHIDDEN * alone:
            return True
    return False


def _walls_seen(pictures: Sequence[Picture]) -> bool:
    counts = np.array([color_counts(picture)[WALL : WALL + WALLS] for picture in pictures])
    return bool((counts.max(axis=0) >= OF_WALL * pictures[0].size).all())
