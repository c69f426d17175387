"""A room to ask about: scenes are drawn until one can be asked every type of question."""

from __future__ import annotations

import random
from dataclasses import dataclass

from vtb.media.frames import sampled_places
from vtb.media.image import Palette, Picture
from vtb.scenes.questions.every import ASKERS, questions_about
from vtb.scenes.questions.view import Question, View
from vtb.scenes.render import Renderer, palette_of
from vtb.scenes.sampling import sample_counts, sample_scene
from vtb.scenes.scene import Scene
from vtb.scenes.visibility import look

SCENES = 20  # that are tried


@dataclass(frozen=True)
class RoomConfig:
    """What one room is to be.

    Attributes:
        questions: about it, at most.
        frames: that models are shown, of the clip at equal distances.
        size: width and height of the pictures.
        clip_frames: frames of the whole clip.
    """

    questions: int = 10
    frames: int = 32
    size: tuple[int, int] = (640, 480)
    clip_frames: int = 128


@dataclass(frozen=True)
class Room:
    """A scene with its pictures and questions.

    Attributes:
        scene: what stands where.
        clip: every frame.
        sampled: the numbers of those that models are shown.
        questions: with their answers.
    """

    scene: Scene
    clip: tuple[Picture, ...]
    sampled: tuple[int, ...]
    questions: tuple[Question, ...]

    @property
    def palette(self) -> Palette:
        """Of the pictures."""
        return palette_of(self.scene)


def make_room(rng: random.Random, config: RoomConfig) -> Room:
    """A room; pure. The last scene that is tried is taken as it is."""
    sampled = sampled_places(config.clip_frames, config.frames)
    counts = sample_counts(rng)
    for _ in range(SCENES):
        scene = sample_scene(rng, counts, config.clip_frames)
        renderer = Renderer(scene, config.size)
        view = View(scene, look(renderer, sampled, sampled))
        if all(ask(rng, view) for ask in ASKERS.values()):
            break
    every = range(config.clip_frames)
    view = View(scene, look(renderer, every, sampled))
    clip = tuple(renderer.frame(number) for number in every)
    return Room(scene, clip, tuple(sampled), tuple(questions_about(rng, view, config.questions)))
