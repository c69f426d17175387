"""The words of a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from vtb.dynamic.asked import Asked
from vtb.dynamic.viewpoint import CAMERA, Viewer
from vtb.perception.perceived import Perceived

Boxes = Literal["frames", "video", "thousandths"]
WHOLE = 1000
_QUESTIONS = {
    "distance": "how does the distance between {0} and {1} change?",
    "direction": "how does the direction of {0} to {1} change?",
    "orientation": "how does the orientation of {0} change?",
    "speed": "how does the speed of {0} change?",
    "comparison": "compare the speed between {0} and {1}.",
    "prediction": "predict the moving direction of {0} after the end of the video.",
}


def question_about(video: Perceived, asked: Asked, shown: tuple[float, float]) -> str:
    """The question.

    Args:
        video: what is known of it.
        asked: the question.
        shown: what its boxes are multiplied by, to the right and down: 1 leaves them in pixels of its frames.
    """
    when = dict.fromkeys(asked.boxes, "initial")
    if asked.kind.measure == "prediction":
        when = dict.fromkeys(when, "final")
    if asked.viewer.frame is not None:
        when[asked.viewer.thing] = ""
    words = [
        named(video, thing, asked.boxes.get(thing, 0), when.get(thing, ""), shown)
        for thing in (*asked.things, asked.viewer.thing)
    ]
    view = viewed(video, asked.viewer, words[-1])
    question = _QUESTIONS[asked.kind.measure].format(*words)
    if asked.kind.measure == "prediction":
        return f"{view[0].upper()}{view[1:]}, {question}"
    return f"Between {_seconds(video, asked.first)} and {_seconds(video, asked.last)}, {view}, {question}"


def named(video: Perceived, thing: int, frame: int, when: str, shown: tuple[float, float]) -> str:
    """How a question calls a thing, with its box in a frame, which is the ``initial``, ``final`` or some one."""
    if thing == CAMERA:
        return "the camera"
    track = video.tracks[thing]
    box = scaled(track.boxes[frame].tolist(), shown)
    coordinates = f"{when} bounding box coordinates".strip()
    return f"the {track.label} with {coordinates} [{','.join(map(str, box))}]"


def viewed(video: Perceived, viewer: Viewer, name: str) -> str:
    """Whose view it is, by the viewer's name."""
    if viewer.frame is None:
        return f"following the perspective of {name}"
    return f"from the perspective of {name} at {_seconds(video, viewer.frame)}"


def scaled(box: Sequence[float], shown: tuple[float, float]) -> list[int]:
    """A box in whole numbers."""
    return [round(side * shown[place % 2]) for place, side in enumerate(box)]


def _seconds(video: Perceived, frame: int) -> str:
    return f"{video.times[frame]:.1f}s"
