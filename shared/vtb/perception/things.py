"""The things of a video: looked for in several frames, so that what enters later is found, each followed through all.

The DSR Suite looks in the first frame alone, and may take one thing for two where classes overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vtb.perception.detector import Detections, Detector
from vtb.perception.masks import Mask, Masks, mask_overlap
from vtb.perception.perceived import Frames
from vtb.perception.tracker import Watched

LOOKS = 5  # frames in which things are looked for
SAME = 0.5  # from so large an overlap on, two masks are of one thing
MOST_THINGS = 16  # of a video: what is found beyond these is small or unsure


@dataclass(frozen=True)
class Thing:
    """One thing, the label that it was found by, and what belongs to it in each frame."""

    label: str
    masks: Masks


def find_things(frames: Frames, detector: Detector, watched: Watched, labels: Sequence[str]) -> list[Thing]:
    """The things of these classes in a video (N, H, W, 3)."""
    things: list[Thing] = []
    for frame in spread(len(frames)):
        found = detector.detect(frames[frame], labels)
        new = _unknown(watched.segment(frame, found.boxes), [thing.masks[frame] for thing in things])
        for thing in _followed(watched, frame, found, new[: MOST_THINGS - len(things)]):
            add_thing(things, thing)
    return things


def spread(count: int) -> list[int]:
    """Some frames of so many, from the first to the last."""
    return sorted({round(place) for place in np.linspace(0, count - 1, LOOKS).tolist()})


def _unknown(masks: Sequence[Mask], known: list[Mask]) -> list[int]:
    """The numbers of the masks of a frame that are none of the known things', and not the same as a better one."""
    new = []
    for number, mask in enumerate(masks):
        if mask.any() and all(mask_overlap(mask, other) < SAME for other in known):
            new.append(number)
            known.append(mask)
    return new


def _followed(watched: Watched, frame: int, found: Detections, new: Sequence[int]) -> Iterator[Thing]:
    for number, masks in zip(new, watched.follow(frame, found.boxes[list(new)]), strict=True):
        yield Thing(found.labels[number], masks)


def add_thing(things: list[Thing], new: Thing) -> None:
    """Add a thing to those there are; one that had been lost gets its missing frames back instead."""
    for place, thing in enumerate(things):
        if _same(thing.masks, new.masks):
            lost = ~thing.masks.packed.any(axis=(1, 2), keepdims=True)
            filled = np.where(lost, new.masks.packed, thing.masks.packed)
            things[place] = Thing(thing.label, Masks(filled, thing.masks.width))
            return
    things.append(new)


def _same(one: Masks, other: Masks) -> bool:
    """Whether two overlap in most of the frames in which both are seen."""
    both = np.flatnonzero(one.packed.any(axis=(1, 2)) & other.packed.any(axis=(1, 2))).tolist()
    return bool(both) and float(np.median([mask_overlap(one[frame], other[frame]) for frame in both])) >= SAME
