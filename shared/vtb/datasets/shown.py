"""The picture that a vision-language model is asked about: the same in training and in evaluation."""

from __future__ import annotations

from vtb.datasets.chunk import Loaded
from vtb.media.image import encode_rgb
from vtb.tasks.registry import task_of


def shown(loaded: Loaded) -> bytes:
    """The picture as a file: of our puzzles as the task shows it, with printed names only where it asks for them.

    Of a puzzle of others that comes with such a picture, nobody else can draw one: it is shown as it is.
    """
    example = loaded.example
    if loaded.reasoning is not None and not example.ours:
        return loaded.reasoning
    picture = task_of(example).show(example.payload, loaded.puzzle)
    # What we made ourselves is a PNG of just these pixels already.
    return loaded.file if example.ours and picture is loaded.puzzle else encode_rgb(picture)
