"""The form of what a model was trained to draw; evaluation follows it, so that nobody has to say it twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

_Side = Annotated[int, msgspec.Meta(ge=16, le=8192)]


class DrawnForm(msgspec.Struct, frozen=True):
    """What ``vtb-prepare`` made of the rows; a part is None where it is not known.

    Attributes:
        pixels: pictures have at most so many.
        frames: of each clip.
        size: width and height of each clip.
    """

    pixels: Annotated[int, msgspec.Meta(ge=4096, le=1 << 26)] | None = None
    frames: Annotated[int, msgspec.Meta(ge=5, le=10_000)] | None = None
    size: tuple[_Side, _Side] | None = None


def form_of(config: Mapping[str, Any]) -> DrawnForm:
    """The form of a dataset, by the options that it was prepared with; those of others may be anything."""
    said = {
        name: config.get(option) for name, option in (("pixels", "max_pixels"), ("frames", "frames"), ("size", "size"))
    }
    try:
        return msgspec.convert(said, DrawnForm)
    except msgspec.ValidationError:
        return DrawnForm()


def newest(forms: list[DrawnForm]) -> DrawnForm:
    """What the last of several says; where it says nothing, what those before it do."""
    found: dict[str, Any] = {}
    for form in forms:
        found |= {name: value for name, value in msgspec.structs.asdict(form).items() if value is not None}
    return DrawnForm(**found)
