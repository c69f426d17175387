"""What is seen of a scene, and when: counted in the very pixels of its frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.media.frames import sampled_places
from vtb.media.image import Picture
from vtb.scenes.render import Renderer, things_shown
from vtb.scenes.room_parts import WALL, WALLS
from vtb.scenes.scene import Scene

CLEAR = 0.002  # share of the picture from which on a thing is seen clearly: 25 x 25 pixels of 640 x 480
UNHIDDEN = 0.6  # share of a thing's own pixels that must be seen at once
OF_WALL = 0.03  # share of the picture that each wall must have in some frame


@dataclass(frozen=True)
class Sight:
    """What the frames of a clip show.

    Attributes:
        pixels: how many each thing has in each frame, shape (frames, things).
        sampled: the numbers of the frames that models are shown.
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


def look(scene: Scene, size: tuple[int, int], sampled: int) -> tuple[list[Picture], Sight]:
    """All frames of a scene, and what they show.

    Args:
        scene: with a pose for each frame.
        size: width and height of the pictures.
        sampled: how many frames models are shown, at equal distances.
    """
    renderer = Renderer(scene, size)
    pictures = [renderer.draw(pose) for pose in scene.path]
    places = tuple(sampled_places(len(pictures), sampled))
    pixels = np.array([things_shown(picture, len(scene.things)) for picture in pictures])
    area = size[0] * size[1]
    whole = frozenset(n for n in range(len(scene.things)) if _seen_whole(renderer, n, places, pixels[:, n], area))
    return pictures, Sight(pixels, places, whole, _walls_seen(pictures, places, area), area)


def _seen_whole(renderer: Renderer, thing: int, places: Sequence[int], pixels: NDArray[np.int64], area: int) -> bool:
    for place in sorted(set(places), key=lambda place: -int(pixels[place])):
        if pixels[place] < CLEAR * area:
            return False
        alone = renderer.alone(renderer.scene.path[place], thing)
        if alone is not None and pixels[place] >= UNHIDDEN * alone:
            return True
    return False


def _walls_seen(pictures: Sequence[Picture], places: Sequence[int], area: int) -> bool:
    counts = np.array([np.bincount(pictures[place].ravel(), minlength=256) for place in set(places)])
    return bool((counts[:, WALL : WALL + WALLS].max(axis=0) >= OF_WALL * area).all())
