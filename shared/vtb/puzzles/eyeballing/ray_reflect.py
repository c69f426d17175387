"""Eyeballing: a point that a reflected ray passes."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, line, sign, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class RayReflect(FigurePuzzle):
    """A point that a ray passes after its reflection in a mirror."""

    name = "ray_reflect"
    ask_point = "on the path of the ray after it is reflected by the long line (the mirror)"
    reveal = "Draw the ray further in black until it meets the mirror, and then its reflection."

    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """The point of incidence on a line through the target; the incoming ray is the outgoing one mirrored."""
        outgoing = unit(rng)
        hit = -uniform(rng, 0.3, 0.44) * frame.short * outgoing
        normal = outgoing * complex(uniform(rng, 0.34, 0.94), 0)
        tilt = sign(rng) * (1 - normal.real**2 - normal.imag**2) ** 0.5
        normal = normal + outgoing * 1j * tilt
        mirror = normal * 1j
        # mirrored in the mirror, the outgoing direction is the one back to the source
        back = outgoing - 2 * (outgoing.real * mirror.real + outgoing.imag * mirror.imag) * mirror
        source = hit + uniform(rng, 0.3, 0.42) * frame.short * back
        before, after = (uniform(rng, 0.1, 0.26) * frame.short for _ in range(2))
        half = (source + hit) / 2
        return Figure(
            given=(line(hit - before * mirror, hit + after * mirror), line(source, half, width=0.6)),
            answer=(line(half, hit, width=0.6), line(hit, 0, width=0.6)),
            direction=outgoing,
        )


FAMILY = RayReflect()
