"""Frames of a scene as palette pictures: flat faces drawn from back to front.

A thing has its own entries of the palette, so a picture also says which thing each pixel shows. Boxes that do not
overlap have an order in which no one hides a later one, found exactly from their sides (``back_to_front``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Color, Palette, Picture
from vtb.scenes.camera import SHIFT, Camera, Floats
from vtb.scenes.room_parts import COLORS as ROOM_COLORS
from vtb.scenes.room_parts import room_quads
from vtb.scenes.scene import Pose, Scene

# Corners of the faces of a box that can be seen from above: 0 takes the low side of an axis, 1 the high one.
FACES = (
    ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)),  # top
    ((0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1)),  # low x
    ((1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 0, 1)),  # high x
    ((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)),  # low y
    ((0, 1, 0), (1, 1, 0), (1, 1, 1), (0, 1, 1)),  # high y
)
SHADES = (100, 74, 82, 58, 66)  # per cent of its color that each face has
TONES = 2
EACH = TONES * len(FACES)  # entries of the palette for each thing
MOST_THINGS = (256 - len(ROOM_COLORS)) // EACH


def palette_of(scene: Scene) -> Palette:
    """The colors of the room, then those of each thing: its tones, and of each the shades of the faces."""
    return ROOM_COLORS + tuple(
        _shaded(color, shade) for thing in scene.things for color in _tones(thing.color) for shade in SHADES
    )


def _tones(color: Color) -> tuple[Color, Color]:
    """The color itself, and one half way to white."""
    red, green, blue = ((channel + 240) // 2 for channel in color)
    return color, (red, green, blue)


def _shaded(color: Color, per_cent: int) -> Color:
    red, green, blue = (channel * per_cent // 100 for channel in color)
    return red, green, blue


def things_shown(picture: Picture, things: int) -> NDArray[np.int64]:
    """How many pixels of a picture show each thing."""
    counts = color_counts(picture)[len(ROOM_COLORS) :]
    each: NDArray[np.int64] = counts[: things * EACH].reshape(things, EACH).sum(axis=1)
    return each


def color_counts(picture: Picture) -> NDArray[np.int64]:
    """How many pixels have each entry of the palette, (256,); ten times as fast as NumPy's ``bincount``."""
    import cv2

    counts: NDArray[np.float32] = cv2.calcHist([picture], [0], None, [256], [0, 256])  # exact below 2^24
    return counts.ravel().astype(np.int64)


@dataclass(frozen=True)
class Renderer:
    """Draws frames of one scene in one size (width, height), and keeps those that were asked for by number."""

    scene: Scene
    size: tuple[int, int]
    _drawn: dict[int, Picture] = field(default_factory=dict)

    def frame(self, number: int) -> Picture:
        """A frame of the clip; the same array each time."""
        if number not in self._drawn:
            self._drawn[number] = self.draw(self.scene.path[number])
        return self._drawn[number]

    def draw(self, pose: Pose) -> Picture:
        """The picture (height, width) that the camera sees, in the colors of ``palette_of``."""
        camera = Camera(pose, *self.size)
        picture = np.zeros((camera.height, camera.width), np.uint8)
        paint(picture, camera, *self._room)
        paint(picture, camera, *self._faces(camera, np.arange(len(self._boxes.owner))))
        return picture

    def alone(self, pose: Pose, thing: int) -> int | None:
        """How many pixels a thing would have without the others; None where a part of it is out of the picture."""
        camera = Camera(pose, *self.size)
        mine = np.flatnonzero(self._boxes.owner == thing)
        if not camera.inside(camera.seen_from(self._boxes.corners(mine))).all():
            return None
        picture = np.zeros((camera.height, camera.width), np.uint8)
        quads, _ = self._faces(camera, mine)
        paint(picture, camera, quads, np.ones(len(quads), np.int64))
        return int(np.count_nonzero(picture))

    @cached_property
    def _room(self) -> tuple[Floats, NDArray[np.int64]]:
        return room_quads(self.scene.size)

    @cached_property
    def _boxes(self) -> Boxes:
        return Boxes.of(self.scene)

    def _faces(self, camera: Camera, chosen: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
        """The faces of some boxes that look towards the camera, from back to front, and their colors."""
        boxes, eye = self._boxes, np.array(camera.pose.place, np.float64)
        seen = camera.seen_from(boxes.corners(chosen))
        return faces_towards(boxes.some(chosen[~camera.out_of_view(seen)]), eye)


@dataclass(frozen=True)
class Boxes:
    """All boxes of a scene: their corners (n, 3), the number of their thing, and their first color."""

    low: Floats
    high: Floats
    owner: NDArray[np.int64]
    color: NDArray[np.int64]

    @classmethod
    def of(cls, scene: Scene) -> Boxes:
        """Thing by thing."""
        rows = [(number, box) for number, thing in enumerate(scene.things) for box in thing.boxes]
        return cls(
            np.array([box.low for _, box in rows], np.float64).reshape(-1, 3),
            np.array([box.high for _, box in rows], np.float64).reshape(-1, 3),
            np.array([number for number, _ in rows], np.int64),
            np.array([len(ROOM_COLORS) + number * EACH + box.tone * len(FACES) for number, box in rows], np.int64),
        )

    def some(self, chosen: NDArray[np.int64]) -> Boxes:
        """Those of these numbers, in their order."""
        return Boxes(self.low[chosen], self.high[chosen], self.owner[chosen], self.color[chosen])

    def corners(self, chosen: NDArray[np.int64]) -> Floats:
        """The eight corners of some boxes, (n, 8, 3)."""
        which = np.array([[place >> axis & 1 for axis in range(3)] for place in range(8)], bool)
        return np.where(which[None], self.high[chosen][:, None], self.low[chosen][:, None])


def faces_towards(boxes: Boxes, eye: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The faces (m, 4, 3) of boxes that look towards the eye, from back to front, and their colors (m,)."""
    boxes = boxes.some(back_to_front(boxes.low, boxes.high, eye))
    low, high = boxes.low, boxes.high
    towards = np.stack([eye[2] > high[:, 2], *_sides(low, high, eye, 0), *_sides(low, high, eye, 1)], axis=1)
    quads = np.where(np.array(FACES, bool)[None], high[:, None, None], low[:, None, None])
    colors = boxes.color[:, None] + np.arange(len(FACES))
    return quads[towards], colors[towards]


def _sides(low: Floats, high: Floats, eye: Floats, axis: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return eye[axis] < low[:, axis], eye[axis] > high[:, axis]


def back_to_front(low: Floats, high: Floats, eye: Floats) -> NDArray[np.int64]:
    """An order of boxes (n, 3) that do not overlap, in which none hides a later one from the eye.

    A box cannot be hidden by another if a plane between them has it on the eye's side. What is left is a relation that
    has no circle for things on a floor; boxes that nothing waiting must come before are taken first.

    Raises:
        ValueError: boxes hide each other in a circle.
    """
    safe = np.zeros((len(low), len(low)), bool)  # [a, b]: b cannot hide a
    for axis in range(3):
        below = high[:, None, axis] <= low[None, :, axis]  # a ends where b has not begun
        safe |= below & (eye[axis] <= low[None, :, axis])
        safe |= below.T & (eye[axis] >= high[None, :, axis])
    waits = ~safe.T  # [b, a]: b may hide a, so it is drawn after it
    np.fill_diagonal(waits, False)
    order, left = [np.zeros(0, np.int64)], np.arange(len(low))
    while len(left):
        free = ~waits[np.ix_(left, left)].any(axis=1)
        if not free.any():
            raise ValueError("boxes hide each other in a circle")
        order.append(left[free])
        left = left[~free]
    return np.concatenate(order)


def paint(picture: Picture, camera: Camera, quads: Floats, colors: NDArray[np.int64]) -> None:
    """Fill quadrilaterals (n, 4, 3) of the room in their order, in place."""
    import cv2

    seen = camera.seen_from(quads)
    there = ~camera.out_of_view(seen)
    seen, cut, shades = seen[there], camera.to_be_cut(seen[there]), colors[there].tolist()
    whole = camera.project(np.where(cut[:, None, None], 1.0, seen))
    for number, shade in enumerate(shades):
        corners = camera.project(camera.cut(seen[number])) if cut[number] else whole[number]
        if len(corners) > 2:
            cv2.fillConvexPoly(picture, corners, shade, cv2.LINE_8, SHIFT)
