"""Videos below a folder: what people's machines leave beside them is no video, and changes no digest."""

from __future__ import annotations

from pathlib import Path

from shared.formats.test_leftovers import litter
from vtb.datasets.video_folder import find_videos


def test_leftovers_are_no_videos(tmp_path: Path) -> None:
    (tmp_path / "deep" / "frames").mkdir(parents=True)
    for name in ("a.mp4", "deep/b.webm", "deep/frames/0.png"):
        (tmp_path / name).write_bytes(b"x")
    before = find_videos(tmp_path)
    assert set(before.places) == {"a", "deep/b", "b", "deep/frames", "frames"}
    litter(tmp_path, "a.mp4", "c.mp4", "0.png")
    assert find_videos(tmp_path) == before
