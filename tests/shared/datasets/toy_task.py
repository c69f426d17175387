"""A toy benchmark whose questions show what their record lists: three pictures, a clip, or the frames of one."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from vtb.artifact import Plan, ShardEntry
from vtb.artifact.output import Output
from vtb.benchmarks import registry
from vtb.benchmarks.registry import Benchmark
from vtb.formats.webdataset import Sample, write_tar
from vtb.media.image import Image, encode_rgb
from vtb.tasks.example import Example, Media, Prompts, encode_example
from vtb.tasks.score import UNJUDGED, Score
from vtb.tasks.task import ClipFrame, Modality, Task

QUESTION = "Which picture is the odd one?"
SIDE = 64


class Odd(msgspec.Struct, frozen=True):
    """The shades of what is shown, and the number of the odd one."""

    shades: tuple[int, ...]
    odd: int


class OddOne(Task[Odd]):
    """Which of several is another than the others; answered in words alone."""

    name, group, payload_class = "odd_one", "toy", Odd

    def identity(self, record: Odd) -> str:
        return f"{record.shades}"

    def ask(self, record: Odd, modality: Modality) -> str:
        return QUESTION

    def answer(self, record: Odd) -> str:
        return str(record.odd)

    def score_text(self, record: Odd, text: str, puzzle: Image | None = None) -> Score:
        right = text.strip() == str(record.odd)
        return Score(right, right, "solved" if right else "another one")

    def score_image(self, record: Odd, image: Image, puzzle: Image | None = None) -> Score:
        return Score(False, False, UNJUDGED)

    def score_video(self, record: Odd, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        return {"last": Score(False, False, UNJUDGED)}


BENCHMARK = Benchmark("toy", lambda: {"odd_one": OddOne()})
PACKAGE = f"[vtb.benchmarks]\ntoy = {__name__}:BENCHMARK\n"


def picture(shade: int) -> bytes:
    """A picture that differs from others by its shade alone."""
    image = np.full((SIDE, SIDE, 3), shade, np.uint8)
    image[: SIDE // 2] //= 2
    return encode_rgb(image)


def clip(shades: Sequence[int]) -> bytes:
    """A clip of these shades, one after the other, four a second."""
    from vtb.media.video import encode_clip

    palette = ((0, 0, 0), *((shade, shade, shade) for shade in shades))
    frames = (np.full((SIDE, SIDE), number + 1, np.uint8) for number in range(len(shades)))
    return encode_clip(frames, palette, (SIDE, SIDE), 4)


def pictures(*shades: int) -> dict[Media, bytes]:
    """Several pictures."""
    return {Media("puzzle", "image", f"view-{n}.png"): picture(shade) for n, shade in enumerate(shades, 1)}


def frames(*shades: int, name: str = "room", every: float | None = None) -> dict[Media, bytes]:
    """The frames of a clip, one in so many seconds, where these are known."""
    return {
        Media("puzzle", "frame", f"{name}.{n:03d}.png", None if every is None else n * every): picture(shade)
        for n, shade in enumerate(shades)
    }


def video(*shades: int) -> dict[Media, bytes]:
    """A clip."""
    return {Media("puzzle", "video", "room.mp4"): clip(shades)}


def sample(key: str, media: Mapping[Media, bytes], shades: Sequence[int]) -> Sample:
    """A question about them."""
    example = Example(
        key=key, source="toy", task="odd_one", media=tuple(media), prompts=Prompts(QUESTION, "?", "?"),
        answer=str(len(shades)), payload=Odd(tuple(shades), len(shades)),
    )  # fmt: skip
    return Sample(key, {"json": encode_example(example), **{medium.name: data for medium, data in media.items()}})


def write(place: Path, samples: Sequence[Sample]) -> Path:
    """A puzzles artifact of these samples."""
    output = Output(str(place), Plan("puzzles", "vtb-gen-toy", 1, {}))
    output.begin()
    data = output.put("shards/00000.tar", write_tar(samples))
    output.commit([output.add_shard(ShardEntry(data.path, len(samples), data.bytes, data.sha256))], [], {})
    return place


def install(folder: Path, entries: str = PACKAGE) -> Path:
    """A package with entry points, as an installer leaves it."""
    about = folder / "toy-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1\n")
    (about / "entry_points.txt").write_text(entries)
    return folder


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """This process with the package installed."""
    sys.path.insert(0, str(install(folder)))
    registry.benchmarks.cache_clear()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        registry.benchmarks.cache_clear()


@functools.cache
def everything() -> dict[str, Sample]:
    """One question of each kind, by its key."""
    return {
        "pictures": sample("pictures", pictures(40, 40, 200), (40, 40, 200)),
        "frames": sample("frames", frames(50, 50, 150, 50), (50, 50, 150, 50)),
        "video": sample("video", video(*range(20, 200, 20)), (60, 60, 220)),
    }
