"""What lies in a folder of videos may be anything: it is found all the same, and told where it is asked about."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from moving_clips import clip
from vtb.datasets.video_folder import find_videos
from vtb.media.frames import sampled_from
from vtb.media.video import UnreadableVideo


def hostile(folder: Path) -> Path:
    """A good video, and what is none."""
    (folder / "frames").mkdir(parents=True)
    (folder / "good.mp4").write_bytes(clip(seconds=1))
    (folder / "nowhere.mp4").symlink_to("/nowhere")
    (folder / "loop.mp4").symlink_to("loop.mp4")
    (folder / "endless.mp4").symlink_to("/dev/zero")
    (folder / "folder.mp4").mkdir()
    Path(os.fsdecode(bytes(folder) + b"/odd\xff.mp4")).write_bytes(b"")
    os.mkfifo(folder / "pipe.mp4")
    os.mkfifo(folder / "frames/1.jpg")
    return folder


def test_nothing_in_a_folder_hides_the_rest(tmp_path: Path) -> None:
    found = find_videos(hostile(tmp_path / "a"))
    assert len(sampled_from(found.places["good"], 2)) == 2
    assert {"nowhere", "loop", "endless", "pipe", "frames"} <= found.places.keys()
    assert "folder" not in found.places
    assert found.digest == find_videos(hostile(tmp_path / "b")).digest


@pytest.mark.parametrize("name", ["nowhere", "loop", "endless", "pipe", "frames"])
def test_what_cannot_be_read_is_told_without_its_place(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableVideo, match="cannot be read") as told:
        sampled_from(find_videos(hostile(tmp_path / "a")).places[name], 2)
    assert str(tmp_path) not in str(told.value)
