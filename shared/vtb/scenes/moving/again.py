"""Other motions of the bodies that a question is about, with which it would have been asked in the same words.

What the words tell is where each of these bodies is in one frame (its box), what it is called, and the times. All else
is drawn again: from the ways that pass that place at that time, and that touch nobody. The camera and all other bodies
stay. So the answer that is right in the video and the answers that would be right in such other ones are draws of one
and the same chance: who has only the words cannot tell which of them is the video's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vtb.dynamic.asked import Asked, answer_if_any
from vtb.dynamic.viewpoint import CAMERA
from vtb.perception.perceived import Perceived
from vtb.scenes.moving.motion import draw_motions
from vtb.scenes.moving.scene import MovingScene, apart
from vtb.scenes.moving.truth import perceive_exactly

TRIES = 60  # scenes one after the other of which none can be asked about


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

    def answers(self, rng: random.Random, asked: Asked) -> Iterator[tuple[str, ...]]:
        """The answers in other scenes, one after the other; ends where hardly any other is found."""
        failed = 0
        for scene in self.scenes(rng, asked):
            if failed == TRIES:
                return
            failed += 1
            answer = None if scene is None else answer_if_any(self._known(scene), asked)
            if answer is not None:
                failed = 0
                yield answer

    def _known(self, scene: MovingScene) -> Perceived:
        return perceive_exactly(scene, self.frames, self.fps, self.size)

    def scenes(self, rng: random.Random, asked: Asked) -> Iterator[MovingScene | None]:
        """The other scenes, one after the other; None where bodies touch."""
        scene, drawn = self.scene, []
        if asked.kind.name == "abs_spd" and asked.things == (CAMERA,):
            return  # the camera stays, and so does its speed, whoever looks from wherever
        for number, place in asked.boxes.items():
            body, frame = scene.bodies[number], self.frames[place]
            pin = frame, scene.motions[number].places[frame].tolist()
            drawn.append(draw_motions(rng, len(scene.path), flies=body.flies, follows=body.follows, pin=pin))
        if not drawn:
            return
        for motions in zip(*drawn, strict=False):
            whole = list(scene.motions)
            for number, motion in zip(asked.boxes, motions, strict=True):
                whole[number] = motion
            yield replace(scene, motions=tuple(whole)) if apart(scene.bodies, whole) else None
