"""Frames that several questions share, kept once in a shard.

In the shard, a sample that holds nothing but frames (``frame.000.jpg`` ..) comes before the samples that show them, and
those do not repeat them. A reader of WebDataset shards that knows nothing of this sees first the frames of a clip, then
the questions about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vtb.formats.webdataset import Sample

FRAME = "frame."  # how the names of shared parts begin
_ENDING = "-frames"  # of the key of a sample that holds them


def frame_name(number: int, ending: str = "jpg") -> str:
    """The part of a sample that holds one frame."""
    return f"{FRAME}{number:03d}.{ending}"


def fold(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Whole samples as a shard keeps them: frames that follow each other unchanged are written once."""
    last: Mapping[str, bytes] = {}
    for sample in samples:
        frames = {name: data for name, data in sample.parts.items() if name.startswith(FRAME)}
        if frames and frames != last:
            yield Sample(sample.key + _ENDING, frames)
        last = frames or last
        yield Sample(sample.key, {name: data for name, data in sample.parts.items() if name not in frames})


def unfold(samples: Iterable[Sample]) -> Iterator[Sample]:
    """The whole samples of a shard; those that share frames have the very same objects.

    A sample that shows none gets those of the sample before it, too, which its example does not name.
    """
    frames: Mapping[str, bytes] = {}
    for sample in samples:
        if sample.parts and all(name.startswith(FRAME) for name in sample.parts):
            frames = sample.parts
        else:
            yield Sample(sample.key, {**sample.parts, **frames})
