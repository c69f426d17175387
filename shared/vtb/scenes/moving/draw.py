"""Frames of moving bodies as palette pictures, drawn like those of rooms: flat faces from back to front.

Bodies stand in upright cylinders that do not touch, so the order of their tangents from the eye is one from front to
back (Aurenhammer 1987, on power diagrams); the boxes of a body are ordered in its own axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Palette, Picture
from vtb.perception.perceived import Floats
from vtb.scenes.camera import Camera, cosine, sine
from vtb.scenes.furniture import build
from vtb.scenes.moving.scene import HALL, Body, MovingScene
from vtb.scenes.moving.shapes import SHAPES
from vtb.scenes.render import EACH, Boxes, faces_towards, paint, palette_of
from vtb.scenes.room_parts import COLORS as ROOM_COLORS
from vtb.scenes.room_parts import room_quads
from vtb.scenes.scene import TURN, Scene, Thing

WHITE = (255, 255, 255)


@dataclass(frozen=True)
class MovingRenderer:
    """Draws frames of one scene in one size (width, height); without the hall, bodies are on white."""

    scene: MovingScene
    size: tuple[int, int]
    hall: bool = True

    @cached_property
    def palette(self) -> Palette:
        """The colors of the hall, then ``EACH`` for each body."""
        found = palette_of(Scene(HALL, tuple(_thing(body) for body in self.scene.bodies), ()))
        return found if self.hall else (WHITE, *found[1:])  # of what nothing is painted on

    def frames(self, numbers: Sequence[int]) -> Iterator[Picture]:
        """Some frames of the clip."""
        return (self.draw(number) for number in numbers)

    def draw(self, number: int) -> Picture:
        """A frame (height, width)."""
        camera = Camera(self.scene.path[number], *self.size)
        picture = np.zeros((camera.height, camera.width), np.uint8)
        if self.hall:
            paint(picture, camera, *room_quads(HALL))
        for body in self._back_to_front(number):
            paint(picture, camera, *self._faces(body, number))
        return picture

    def _back_to_front(self, number: int) -> list[int]:
        x, y, _ = self.scene.path[number].place
        far = []
        for body, motion in zip(self.scene.bodies, self.scene.motions, strict=True):
            dx, dy = (int(motion.places[number, axis]) - eye for axis, eye in ((0, x), (1, y)))
            far.append(dx * dx + dy * dy - body.radius * body.radius)
        return sorted(range(len(far)), key=lambda body: -far[body])

    @cached_property
    def _boxes(self) -> tuple[Boxes, ...]:
        things = (_thing(body) for body in self.scene.bodies)
        return tuple(Boxes.of(Scene(HALL, (thing,), ())) for thing in things)

    def _faces(self, body: int, number: int) -> tuple[Floats, NDArray[np.int64]]:
        """Its faces that look towards the camera, from back to front, in the hall, and their colors."""
        motion = self.scene.motions[body]
        place, turn = motion.places[number], int(motion.headings[number]) + TURN // 4  # its front looked along -y
        eye = _turned(np.array(self.scene.path[number].place, np.float64) - place, -turn)
        quads, colors = faces_towards(self._boxes[body], eye)
        return _turned(quads, turn) + place, colors + body * EACH


def _thing(body: Body) -> Thing:
    """The body at the origin, which is the middle of its footprint; its front looks along -y."""
    width, depth, _ = body.size
    return build(body.name, body.color, (-(width // 2), -(depth // 2)), body.size, 0, SHAPES)


def _turned(points: Floats, angle: int) -> Floats:
    """Points (..., 3) turned about the vertical by hundredths of a degree, from x to y."""
    c, s = cosine(angle), sine(angle)
    x, y = points[..., 0], points[..., 1]
    return np.stack([x * c - y * s, x * s + y * c, points[..., 2]], axis=-1)


def mask_of(picture: Picture, body: int) -> NDArray[np.bool_]:
    """The pixels of a picture that show a body."""
    first = len(ROOM_COLORS) + body * EACH
    return np.asarray((picture >= first) & (picture < first + EACH), np.bool_)
