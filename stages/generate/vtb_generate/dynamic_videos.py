"""The videos that are asked about, one by one: what is known of each, its frames and its questions."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from vtb.benchmarks.dynamic import CUT, NAME
from vtb.dynamic.asked import HELD_BACK
from vtb.dynamic.elsewhere import OtherQuestions
from vtb.dynamic.noise import copies_of
from vtb.dynamic.questions import Asking, Found, ask_about
from vtb.media.frames import sampled_places, within_pixels
from vtb.media.image import Image, Palette, Picture, to_rgb
from vtb.media.timed_frames import timed_frames
from vtb.media.video import UnreadableVideo, encode_clip
from vtb.perception.perceived import Backend, Perceived
from vtb.rng import sample_rng, sample_seed
from vtb.scenes.moving.again import OtherMotions
from vtb.scenes.moving.draw import MovingRenderer
from vtb.scenes.moving.scene import MovingScene, draw_scene
from vtb.scenes.moving.truth import perceive_exactly
from vtb_generate.dynamic_options import Options


@dataclass(frozen=True)
class AskedVideo:
    """One video.

    Attributes:
        name: of it.
        known: what is known of it.
        frames: that are shown.
        found: the questions, and why others were given up.
        clips: files beside it, by name.
    """

    name: str
    known: Perceived
    frames: Sequence[Image]
    found: Found
    clips: dict[str, bytes]


class Videos(Protocol):
    """All videos of a run, by number."""

    def __len__(self) -> int:
        """How many."""
        ...

    def name(self, number: int) -> str:
        """Of one."""
        ...

    def video(self, number: int) -> AskedVideo:
        """One of them, by its number alone.

        Raises:
            UnreadableVideo: it cannot be asked about.
        """
        ...


@dataclass(frozen=True)
class Rendered:
    """Scenes of moving bodies; see the command's options."""

    count: int
    seed: int
    questions: int
    frames: int
    size: tuple[int, int]
    clip_frames: int
    fps: int
    clips: bool

    @classmethod
    def of(cls, options: Options, seed: int, *, clips: bool) -> Rendered:
        """As the options say."""
        return cls(options.scenes, seed, options.questions, options.frames, options.picture_size, options.clip_frames,
                   options.fps, clips)  # fmt: skip

    def __len__(self) -> int:
        """How many scenes."""
        return self.count

    def name(self, number: int) -> str:
        """With the seed in it, so that scenes of two runs are not taken for the same."""
        return f"scene-{self.seed}-{number:07d}"

    def scene(self, number: int) -> tuple[random.Random, MovingScene]:
        """A scene, and where further chance comes from."""
        rng = sample_rng(self.seed, NAME, number)
        return rng, draw_scene(rng, self.clip_frames)

    def video(self, number: int) -> AskedVideo:
        """A scene, rendered and asked about."""
        (rng, scene), places = self.scene(number), sampled_places(self.clip_frames, self.frames)
        known = perceive_exactly(scene, places, self.fps, self.size)
        found = ask_about(rng, Asking(known, OtherMotions(scene, places, self.fps, self.size)), self.questions)
        renderer = MovingRenderer(scene, self.size)
        drawn = {place: renderer.draw(place) for place in (range(self.clip_frames) if self.clips else places)}
        frames = [to_rgb(drawn[place], renderer.palette) for place in places]
        clips = dict(self._clips(self.name(number), [*drawn.values()], renderer.palette, places)) if self.clips else {}
        return AskedVideo(self.name(number), known, frames, found, clips)

    def _clips(
        self, name: str, pictures: Sequence[Picture], palette: Palette, places: Sequence[int]
    ) -> Iterator[tuple[str, bytes]]:
        for ending, last in (("", self.clip_frames), (CUT, places[-1 - HELD_BACK] + 1)):
            yield f"videos/{name}{ending}.mp4", encode_clip(pictures[:last], palette, self.size, self.fps)


@dataclass(frozen=True)
class OwnVideo:
    """A video of a folder, and the classes that are looked for in it."""

    name: str
    place: Path
    agents: tuple[str, ...]
    objects: tuple[str, ...]


@dataclass(frozen=True)
class Own:
    """Videos of a folder, seen by models."""

    videos: tuple[OwnVideo, ...]
    weights: Path
    device: str
    seed: int
    questions: int
    frames: int
    frame_pixels: int
    margin: float

    def __len__(self) -> int:
        """How many videos."""
        return len(self.videos)

    def name(self, number: int) -> str:
        """As it was chosen."""
        return self.videos[number].name

    def video(self, number: int) -> AskedVideo:
        """A video, seen and asked about."""
        one = self.videos[number]
        try:
            frames, times = timed_frames(one.place, self.frames, least=self.frames)
        except OSError as error:
            raise UnreadableVideo(f"cannot be read ({error})") from error
        known = _loaded(self.weights, self.device).perceive(np.stack(frames), np.array(times), one.agents, one.objects)
        rng = sample_rng(self.seed, f"{NAME}/{one.name}", 0)
        copies = copies_of(known, self.margin, sample_seed(self.seed, f"{NAME}/{one.name}", 1))
        found = ask_about(rng, Asking(known, OtherQuestions(known, copies), copies), self.questions)
        shown = [within_pixels(frame, self.frame_pixels) for frame in frames]
        return AskedVideo(one.name, known, shown, found, {})


@functools.cache
def _loaded(weights: Path, device: str) -> Backend:
    """Once a process."""
    from vtb.perception.models import load_backend

    return load_backend(weights, device)
