"""What a vision-language model is shown with a question: the same in training and in evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vtb.datasets.asked import Asked
from vtb.datasets.chunk import Chunk, Loaded
from vtb.datasets.readers import read_chunk
from vtb.errors import BadInput
from vtb.media.image import Image, UnreadableImage, decode_image, encode_rgb
from vtb.tasks.registry import task_of


def read_shown(
    chunk: Chunk, odd: list[str], start: int = 0, stop: int | None = None
) -> Iterator[tuple[Loaded, tuple[Asked, ...]]]:
    """The examples of a chunk (``read_chunk``) with what is shown; what cannot be asked about is named in ``odd``."""
    for loaded in read_chunk(chunk, start, stop, odd):
        try:
            asked = shown(loaded)
        except (BadInput, UnreadableImage) as error:
            odd.append(f"{chunk.path}: {loaded.key[:100]!r} cannot be asked about in words ({error})")
        else:
            yield loaded, asked


def shown(loaded: Loaded) -> tuple[Asked, ...]:
    """What is asked about; one picture alone as the task shows it, with printed names only where it asks for them.

    Of a puzzle of others that comes with such a picture, nobody else can draw one: it is shown as it is.

    Raises:
        BadInput: the question speaks of printed names, and no picture has them.
        UnreadableImage: the picture that has them is damaged.
    """
    if [one.kind for one in loaded.asked] != ["image"]:
        return loaded.asked
    picture, file = _picture(loaded)
    if why := task_of(loaded.example).not_askable(picture):
        raise BadInput(why)
    return (replace(loaded.asked[0], files=(file,)),)


def _picture(loaded: Loaded) -> tuple[Image, bytes]:
    example = loaded.example
    if loaded.reasoning is not None and not example.ours:
        return decode_image(loaded.reasoning), loaded.reasoning
    picture = task_of(example).show(example.payload, loaded.puzzle)
    # What we made ourselves is a PNG of just these pixels already.
    same = example.ours and picture is loaded.puzzle
    return picture, loaded.asked[0].files[0] if same else encode_rgb(picture)
