"""What the name of a file or a folder says of the split."""

from __future__ import annotations

import pytest

from vtb.formats.split_names import split_in_name


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("test-00000-of-00001", "test"), ("validation-00000-of-00001", "val"), ("train-00007-of-00012", "train"),
        ("train-00000-of-00001-0a1b2c3d4e5f6071", "train"), ("test-0", "test"), ("minitest-00000-of-00001", "minitest"),
        ("Eyeballing_Puzzles", None), ("Eyeballing_Puzzles-00000-of-00002", None), ("ARC-AGI-2", None),
        ("minitest_Vision-Centric_Reasoning", "minitest"), ("mini_test", "minitest"), ("Mazes_mini-test", "minitest"),
        ("Mazes-test-00001-of-00002", "test"), ("validation", "val"), ("dev", "val"), ("valid", "val"),
        ("TEST", "test"),
        ("0000", None), ("latest", None), ("contest_data", None), ("trainer", None), ("", None),
    ],
)  # fmt: skip
def test_names(name: str, split: str | None) -> None:
    assert split_in_name(name) == split
