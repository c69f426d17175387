"""What lies in a generated dataset."""

from __future__ import annotations

from pathlib import Path

from vtb.formats.webdataset import Sample, read_tar
from vtb.tasks.example import Example
from vtb.tasks.registry import decode_example


def samples(folder: Path) -> list[Sample]:
    return [sample for path in sorted(folder.glob("shards/*.tar")) for sample in read_tar(path.read_bytes())]


def example_of(sample: Sample) -> Example:
    return decode_example(sample.parts["json"])


def examples(folder: Path) -> list[Example]:
    return [example_of(sample) for sample in samples(folder)]
