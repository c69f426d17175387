"""What a vision-language model is shown with a question: the same in training and in evaluation."""

from __future__ import annotations

from dataclasses import replace

from vtb.datasets.asked import Asked
from vtb.datasets.chunk import Loaded
from vtb.media.image import encode_rgb
from vtb.tasks.registry import task_of


def shown(loaded: Loaded) -> tuple[Asked, ...]:
    """What is asked about; one picture alone as the task shows it, with printed names only where it asks for them.

    Of a puzzle of others that comes with such a picture, nobody else can draw one: it is shown as it is.
    """
    if [one.kind for one in loaded.asked] != ["image"]:
        return loaded.asked
    return (replace(loaded.asked[0], files=(_picture(loaded),)),)


def _picture(loaded: Loaded) -> bytes:
    example = loaded.example
    if loaded.reasoning is not None and not example.ours:
        return loaded.reasoning
    picture = task_of(example).show(example.payload, loaded.puzzle)
    # What we made ourselves is a PNG of just these pixels already.
    return loaded.asked[0].files[0] if example.ours and picture is loaded.puzzle else encode_rgb(picture)
