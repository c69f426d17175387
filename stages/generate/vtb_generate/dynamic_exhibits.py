"""Questions for people: frames with their times, the boxes that the words name, and the right option in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from vtb.benchmarks.common.stated_words import LETTERS
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
_BOX = re.compile(r"(?:(initial|final) )?bounding box coordinates \[(\d+),(\d+),(\d+),(\d+)\]")
_SHOWN, _WINDOW = re.compile(r"seconds ([\d.]+) to ([\d.]+)"), re.compile(r"Between ([\d.]+)s and ([\d.]+)s")
_VIEW = re.compile(r" at ([\d.]+)s")


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
    right = record.options[LETTERS.index(record.answer)]
    whole = shown(task_of(example), example, f"{example.key}, {example.task}", _pictures(sample, example, size))
    return replace(whole, answer=f"{record.answer}: {right}")


def _pictures(sample: Sample, example: Example, size: tuple[int, int] | None) -> Iterator[Picture]:
    """Of the window and of the time of the view, with the boxes that the words give at that time."""
    words, count = example.payload.question, len(example.media)
    begins, ends = (float(end) for end in _SHOWN.findall(words)[0])
    seconds = np.linspace(begins, ends, count)
    window = [float(end) for match in _WINDOW.finditer(words) for end in match.groups()] or seconds[[-STILLS, -1]]
    view = [float(match[1]) for match in _VIEW.finditer(words)]
    places = [int(np.abs(seconds - time).argmin()) for time in (*np.linspace(window[0], window[-1], STILLS), *view)]
    at = {"initial": places[0], "final": places[STILLS - 1], "": places[-1]}
    boxes = [(at[match[1] or ""], [int(side) for side in match.groups()[1:]]) for match in _BOX.finditer(words)]
    for place in sorted(set(places)):
        image = decode_image(sample.parts[frame_name(place)])
        own = [box for when, box in boxes if when == place]
        yield Picture(f"{seconds[place]:.1f} s", encode_rgb(thumbnail(_boxed(image, own, size), SIDE), quality=85))


def _boxed(image: Image, boxes: list[list[int]], size: tuple[int, int] | None) -> Image:
    import cv2

    found: Image = image.copy()
    wide, high = size or (image.shape[1], image.shape[0])
    scale = (image.shape[1] / wide, image.shape[0] / high)
    for number, (left, top, right, bottom) in enumerate(boxes):
        ends = [(round(x * scale[0]), round(y * scale[1])) for x, y in ((left, top), (right, bottom))]
        cv2.rectangle(found, ends[0], ends[1], COLORS[number % len(COLORS)], 2)
    return found
