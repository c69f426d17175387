"""Questions for people: frames with their times, the boxes that the words name, and the right option in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from vtb.formats.shared_frames import frame_name
from vtb.formats.webdataset import Sample
from vtb.media.image import Image, decode_image, encode_rgb
from vtb.puzzles.sample import EXAMPLE
from vtb.report.pages import Picture
from vtb.report.samples import Shown, shown
from vtb.report.thumbnail import thumbnail
from vtb.tasks.example import Example
from vtb.tasks.registry import decode_example, task_of

STILLS, SIDE = 4, 320
COLORS = ((230, 0, 90), (0, 90, 230), (0, 150, 60))
_BOX = re.compile(r"\[(\d+),(\d+),(\d+),(\d+)\]")
_TIMES = re.compile(r"Between ([\d.]+)s and ([\d.]+)s|seconds ([\d.]+) to ([\d.]+)")


def exhibits(samples: Iterable[Sample], each: int, size: tuple[int, int] | None) -> list[Shown]:
    """The first questions of each type, of different videos as far as there are such.

    Args:
        samples: whole ones, of whatever number of videos.
        each: how many of a type.
        size: width and height in which boxes are given; None where it is that of the frames.
    """
    chosen: dict[str, dict[str, tuple[Sample, Example]]] = {}
    for sample in samples:
        example = decode_example(sample.parts[EXAMPLE])
        chosen.setdefault(example.task, {}).setdefault(example.payload.pictures[0], (sample, example))
    order = [list(found.values()) for _, found in sorted(chosen.items())]
    return [_exhibit(*one, size) for number, found in enumerate(order) for one in _turned(found, number)[:each]]


def _turned(found: list[tuple[Sample, Example]], number: int) -> list[tuple[Sample, Example]]:
    """Each type begins with another video."""
    at = number % len(found)
    return found[at:] + found[:at]


def _exhibit(sample: Sample, example: Example, size: tuple[int, int] | None) -> Shown:
    record = example.payload
    right = record.options["ABCD".index(record.answer)]
    whole = shown(task_of(example), example, f"{example.key}, {example.task}", _pictures(sample, example, size))
    return replace(whole, answer=f"{record.answer}: {right}")


def _pictures(sample: Sample, example: Example, size: tuple[int, int] | None) -> Iterator[Picture]:
    """Of the window, the first with all boxes that the words give."""
    count, words = len(example.media), example.payload.question
    times = [[float(part) for part in match.groups() if part] for match in _TIMES.finditer(words)]
    seconds = np.linspace(times[0][0], times[0][1], count)
    window = times[-1] if len(times) > 1 else [seconds[-STILLS], seconds[-1]]
    first, last = (int(np.abs(seconds - end).argmin()) for end in window)
    for place in dict.fromkeys(np.linspace(first, last, STILLS).round().astype(int).tolist()):
        image = decode_image(sample.parts[frame_name(place)])
        boxed = _boxed(image, words, size) if place == first else image
        yield Picture(f"{seconds[place]:.1f} s", encode_rgb(thumbnail(boxed, SIDE), quality=85))


def _boxed(image: Image, words: str, size: tuple[int, int] | None) -> Image:
    import cv2

    found: Image = image.copy()
    wide, high = size or (image.shape[1], image.shape[0])
    for number, match in enumerate(_BOX.finditer(words)):
        left, top, right, bottom = (int(part) for part in match.groups())
        scale = image.shape[1] / wide, image.shape[0] / high
        ends = [(round(x * scale[0]), round(y * scale[1])) for x, y in ((left, top), (right, bottom))]
        cv2.rectangle(found, ends[0], ends[1], COLORS[number % len(COLORS)], 2)
    return found
