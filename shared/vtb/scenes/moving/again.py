"""Other motions of the bodies that a question is about, with which it would have been asked in the same words.

What the words tell is where each of these bodies is in one frame (its box), what it is called, and the times. All else
is drawn again: from the ways that pass that place at that time, and that touch nobody. The camera and all other bodies
stay. So the answer that is right in the video and the answers that would be right in such other ones are draws of one
and the same chance: who has only the words cannot tell which of them is the video's.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vtb.dynamic.asked import Asked, Rejected, answer_to
from vtb.scenes.moving.motion import draw_motion
from vtb.scenes.moving.scene import MovingScene, apart
from vtb.scenes.moving.truth import perceive_exactly

TRIES = 40


@dataclass(frozen=True)
class OtherMotions:
    """Answers to questions about a scene, had its bodies moved otherwise.

    Attributes:
        scene: as it is.
        frames: of its clip, that questions are about.
        fps: of its clip.
        size: of its pictures, (width, height).
    """

    scene: MovingScene
    frames: Sequence[int]
    fps: int
    size: tuple[int, int]

    def answer(self, rng: random.Random, asked: Asked) -> tuple[str, ...]:
        """The answer in another scene.

        Raises:
            Rejected: no such scene was found.
        """
        for _ in range(TRIES):
            scene = self._drawn_again(rng, asked)
            if scene is not None:
                try:
                    return answer_to(perceive_exactly(scene, self.frames, self.fps, self.size), asked)
                except Rejected:
                    continue
        raise Rejected("no other motions")

    def _drawn_again(self, rng: random.Random, asked: Asked) -> MovingScene | None:
        scene, motions = self.scene, list(self.scene.motions)
        for number, place in asked.boxes.items():
            body, frame = scene.bodies[number], self.frames[place]
            motion = draw_motion(
                rng, len(scene.path), flies=body.flies, follows=body.follows,
                pin=(frame, tuple(motions[number].places[frame].tolist())),
            )  # fmt: skip
            if motion is None:
                return None
            motions[number] = motion
        return replace(scene, motions=tuple(motions)) if apart(scene.bodies, motions) else None
