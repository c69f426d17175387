"""What is known of a video, put together from what each model says (the DSR Suite's rules)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vtb.perception.masks import box_of
from vtb.perception.perceived import Floats, Perceived, Track
from vtb.perception.reconstruction import Reconstruction
from vtb.perception.things import Thing

Directions = tuple[Floats, Floats]


def assemble(
    times: Floats, size: tuple[int, int], things: Sequence[Thing], space: Reconstruction,
    directions: Sequence[Directions | None],
) -> Perceived:  # fmt: skip
    """The things of a video with their places and directions.

    A thing's place is the mean of the points that belong to it and can be trusted; not known where there is none.

    Args:
        times: shape (N,), seconds.
        size: width and height of the frames.
        things: what was found.
        space: all points.
        directions: of each thing that acts its angles (N, 3) and how sure they are (N,); None of one that does not.
    """
    boxes, centres = (np.full((len(things), len(times), width), np.nan) for width in (4, 3))
    for frame in range(len(times)):
        points, valid = space.at_size(frame, size[1], size[0])
        for number, thing in enumerate(things):
            mask = thing.masks[frame]
            boxes[number, frame] = box_of(mask)
            inside = mask & valid
            if inside.any():
                centres[number, frame] = points[inside].mean(axis=0, dtype=np.float64)
    unknown = np.full((len(times), 3), np.nan), np.zeros(len(times))
    tracks = [
        Track(thing.label, known is not None, box, centre, *(known or unknown))
        for thing, known, box, centre in zip(things, directions, boxes, centres, strict=True)
    ]
    return Perceived(times, space.poses, size, tuple(tracks))
