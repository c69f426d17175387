"""How many answers stay right when what is known of a video is not exact: a line for each strength of noise.

Nothing is timed. What the noise is: ``vtb.dynamic.noise``. Each line has the share of the twelve types, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from vtb.dynamic.asked import Asked, Rejected, answer_if_any, answer_to
from vtb.dynamic.kinds import KINDS
from vtb.dynamic.noise import noisy
from vtb.dynamic.roles import draw_question
from vtb.media.frames import sampled_places
from vtb.perception.perceived import Perceived
from vtb.rng import sample_rng
from vtb.scenes.moving.scene import draw_scene
from vtb.scenes.moving.truth import perceive_exactly

SCENES, TRIES = 1000, 30
NOISE = ((0.0, 0.0), (0.002, 1.0), (0.005, 2.0), (0.01, 5.0), (0.02, 10.0), (0.05, 20.0))  # share, degrees
CLIP, FPS, SIZE = 128, 16, (576, 432)
FRAMES = sampled_places(CLIP, 32)


def run(scenes: int = SCENES) -> Iterator[dict[str, Any]]:
    """The curve."""
    asked = [one for index in range(scenes) for one in _questions(index)]
    for share, degrees in NOISE:
        right: dict[str, list[bool]] = defaultdict(list)
        for index, (video, question, answer) in enumerate(asked):
            seen = noisy(np.random.default_rng([1, index]), video, share, degrees)
            right[question.kind.name].append(answer_if_any(seen, question) == answer)
        every = [one for some in right.values() for one in some]
        yield {
            "name": f"answers right under noise of {100 * share:g} % and {degrees:g} degrees",
            "value": round(float(np.mean(every)), 4), "unit": "share", "questions": len(every),
            **{kind: round(float(np.mean(some)), 3) for kind, some in sorted(right.items())},
        }  # fmt: skip


def _questions(index: int) -> Iterator[tuple[Perceived, Asked, tuple[str, ...]]]:
    """One of each type, where the scene allows it."""
    rng = sample_rng(1, "noise", index)
    video = perceive_exactly(draw_scene(rng, CLIP), FRAMES, FPS, SIZE)
    for kind in KINDS.values():
        for _ in range(TRIES):
            try:
                asked = draw_question(rng, video, kind)
                yield video, asked, answer_to(video, asked)
                break
            except Rejected:
                continue
