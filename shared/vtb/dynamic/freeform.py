"""Questions in a model's own words, from where things are (the DSR Suite's qa_nontemp.py).

A model is given the places of all things in a window, as a viewer has them, and writes a question with four options.
What it writes has a strict form; what has another is no question.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

import numpy as np

from vtb.dynamic.asked import HELD_BACK, Rejected
from vtb.dynamic.viewpoint import CAMERA, Viewer, positions, scale_of
from vtb.dynamic.wording import named, viewed
from vtb.perception.perceived import Perceived
from vtb.rng import below, pick, shuffled

LEAST_GAP = 3  # frames between the ends of a window
WINDOWS = 50  # that are tried
UNIT = 10.0  # the video's scale becomes so much
KIND = "non_temp"  # its name in DSR-Bench
LETTERS = "ABCD"
LONGEST = 400  # characters of a line
_LINE = re.compile(r"\**(Question|Right|[A-D])\**\s*[:.)]\**\s*(.+)")
_OPTION = re.compile(r"\(?[A-D][).:]\s+")
_BOX = re.compile(r"\[[\d, ]*\]")


class Unread(Exception):
    """Why an answer is no question; in a few words that can be counted."""


@dataclass(frozen=True)
class Scene:
    """What a model is told.

    Attributes:
        viewer: who looks.
        first: the first frame of the window.
        last: its last frame.
        names: of the things, as the question is to call them.
        places: of the things in the window, (things, frames, 3).
        from_whom: the viewer's words.
    """

    viewer: Viewer
    first: int
    last: int
    names: tuple[str, ...]
    places: tuple[np.ndarray, ...]
    from_whom: str


@dataclass(frozen=True)
class FreeQuestion:
    """What a model wrote: words, options, and the place of the right one."""

    words: str
    options: tuple[str, ...]
    right: int


def choose_scene(rng: random.Random, video: Perceived, shown: tuple[float, float]) -> Scene:
    """A viewer and a window in which at least two things are known throughout.

    Raises:
        Rejected: none was found.
    """
    frames = len(video.times) - HELD_BACK
    agents = [number for number, track in enumerate(video.tracks) if track.agent]
    for _ in range(WINDOWS):
        first, last = sorted((below(rng, frames), below(rng, frames)))
        moving = below(rng, 2) == 0
        thing = pick(rng, agents) if agents and below(rng, 2) else CAMERA
        viewer = Viewer(thing, None if moving else below(rng, frames))
        if last - first < LEAST_GAP:
            continue
        names, places = _seen(video, viewer, first, last, shown)
        if len(names) > 1:
            at, when = (first, "initial") if viewer.frame is None else (viewer.frame, "")
            from_whom = viewed(video, viewer, named(video, thing, at, when, shown))
            return Scene(viewer, first, last, names, places, from_whom)
    raise Rejected("no window in which two things are seen throughout")


def _seen(
    video: Perceived, viewer: Viewer, first: int, last: int, shown: tuple[float, float]
) -> tuple[tuple[str, ...], tuple[np.ndarray, ...]]:
    """The names and places of all things that are known throughout; none where the viewer is not."""
    names, places = list[str](), list[np.ndarray]()
    for number, track in enumerate(video.tracks):
        if number == viewer.thing:
            continue  # nobody is asked about from its own place
        window = positions(video, number, viewer)[first : last + 1]
        if np.isfinite(window).all() and track.seen[first]:
            names.append(named(video, number, first, "initial", shown))
            places.append(window * (UNIT / scale_of(video)))
    return tuple(names), tuple(places)


def told(video: Perceived, scene: Scene) -> dict[str, str]:
    """What stands in the places of a prompt: ``viewpoint``, ``times`` and ``places``."""
    times = ", ".join(f"{time:.1f}" for time in video.times[scene.first : scene.last + 1])
    rows = (
        f"{name}: " + ", ".join("[" + ", ".join(f"{value:.1f}" for value in place) + "]" for place in places.tolist())
        for name, places in zip(scene.names, scene.places, strict=True)
    )
    return {"viewpoint": f"They are seen {scene.from_whom}.", "times": times, "places": "\n".join(rows)}


def read_question(text: str, scene: Scene) -> FreeQuestion:
    """The question in an answer.

    Raises:
        Unread: it has another form, or would give itself away.
    """
    lines = [line.strip() for line in text.rpartition("</think>")[2].splitlines() if line.strip()]
    found = [_LINE.fullmatch(line) for line in lines]
    if [match and match[1] for match in found] != ["Question", *LETTERS, "Right"]:
        raise Unread("does not have the six lines")
    words, *options, letter = (match[2].strip() for match in found if match)
    options = [_OPTION.sub("", option, count=1).strip() for option in options]
    letter = letter.strip("().*").upper()
    if letter not in tuple(LETTERS):
        raise Unread("names no letter as right")
    _check(words, options, scene)
    return FreeQuestion(words, tuple(options), LETTERS.index(letter))


def _check(words: str, options: list[str], scene: Scene) -> None:
    plain = [" ".join(option.lower().split()).rstrip(".") for option in options]
    if len(set(plain)) < len(plain):
        raise Unread("has two options alike")
    if max(map(len, (words, *options))) > LONGEST or min(map(len, (words, *options))) == 0:
        raise Unread("has a line that is empty or too long")
    if any(option in words.lower() for option in plain):
        raise Unread("names an option in the question")
    boxes = {box for name in scene.names for box in _BOX.findall(name)}
    if not set(_BOX.findall(words)) <= boxes or not _BOX.findall(words):
        raise Unread("does not call things by their names")
    for name in scene.names:  # a class may have a number in its name
        label = name.partition(" with ")[0]
        words, options = words.replace(label, ""), [option.replace(label, "") for option in options]
    if any(re.search(r"\d", _BOX.sub("", option)) for option in (words, *options)):
        raise Unread("gives numbers")


def worded(rng: random.Random, video: Perceived, scene: Scene, question: FreeQuestion) -> FreeQuestion:
    """The question with its viewpoint and times, and its options in any order with the same chance."""
    order = shuffled(rng, range(len(question.options)))
    begins = f"Between {video.times[scene.first]:.1f}s and {video.times[scene.last]:.1f}s, {scene.from_whom}, "
    words = begins + question.words[0].lower() + question.words[1:]
    return FreeQuestion(words, tuple(question.options[place] for place in order), order.index(question.right))
