"""Which stream of a file is the clip, and what shows through where it is transparent."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from clip_frames import images_of
from shared.media.clips_of_streams import BLUE, GREEN, RED, Stream, flat, half_seen, write
from vtb.media.image import decode_image
from vtb.media.video import UnreadableVideo, decode_ends

CLIP = Stream("libx264", "yuv420p", flat(BLUE), 9)
THUMBNAIL = Stream("mjpeg", "yuvj420p", flat(RED, 192, 128))
ATTACHED = Stream("mjpeg", "yuvj420p", flat(RED, 192, 128), disposition=Disposition.attached_pic)
ALPHA = {"auto-alt-ref": "0", "crf": "4", "b": "2M"}


def shows(data: bytes, color: tuple[int, int, int]) -> int:
    """How many frames there are, all of that color."""
    images = images_of(data)
    assert all(np.abs(image.astype(int) - color).mean() < 6 for image in images)
    return len(images)


@pytest.mark.parametrize("container", ["mp4", "mov", "matroska"])
@pytest.mark.parametrize("still", [THUMBNAIL, ATTACHED], ids=["thumbnail", "attached"])
@pytest.mark.parametrize("first", [True, False])
def test_a_still_is_never_the_clip(container: str, still: Stream, first: bool) -> None:
    data = write(container, [still, CLIP] if first else [CLIP, still])
    assert shows(data, BLUE) == 9
    assert decode_ends(data).count == 9


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_of_two_clips_the_default_one_counts_and_else_the_larger(container: str) -> None:
    small, large = Stream("libx264", "yuv420p", flat(BLUE), 5), Stream("libx264", "yuv420p", flat(RED, 192, 128), 5)
    preferred = Stream("libx264", "yuv420p", flat(BLUE), 5, disposition=Disposition.default)
    if container == "matroska":  # without a flag, MP4 calls its first stream the default one
        assert shows(write(container, [small, large]), RED) == 5
        assert shows(write(container, [large, small]), RED) == 5
    assert shows(write(container, [preferred, large]), BLUE) == 5
    assert shows(write(container, [large, preferred]), BLUE) == 5


def test_stills_alone_are_one_frame_and_a_cover_is_no_video() -> None:
    assert shows(write("mp4", [THUMBNAIL]), RED) == 1
    tone = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
    tone.rate = 16000
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        sound, cover = output.add_stream("aac", rate=16000), output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 96, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        output.mux([*sound.encode(tone), *sound.encode(None)])
        output.mux([*cover.encode(av.VideoFrame.from_ndarray(flat(RED), format="rgb24")), *cover.encode(None)])
    with pytest.raises(UnreadableVideo, match="no video"):
        decode_ends(buffer.getvalue())


def test_a_list_of_files_is_no_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg would read the file that it names, which is not the model's."""
    monkeypatch.chdir(tmp_path)
    Path("clip.mp4").write_bytes(write("mp4", [CLIP]))
    listed = b"ffconcat version 1.0\nfile clip.mp4\n"
    with av.open(io.BytesIO(listed)) as opened:
        assert sum(1 for _ in opened.decode(video=0)) == 9
    with pytest.raises(UnreadableVideo):
        images_of(listed)


@pytest.mark.parametrize(
    ("container", "codec", "pix_fmt"),
    [
        ("webm", "libvpx", "yuva420p"), ("webm", "libvpx-vp9", "yuva420p"), ("mov", "prores_ks", "yuva444p10le"),
        ("mov", "png", "rgba"), ("mov", "qtrle", "argb"), ("apng", "apng", "rgba"), ("matroska", "ffv1", "yuva420p"),
        ("avi", "utvideo", "gbrap"),
    ],
)  # fmt: skip
def test_what_is_transparent_shows_white_as_in_pictures(container: str, codec: str, pix_fmt: str) -> None:
    options = ALPHA if codec.startswith("libvpx") else {}
    images = images_of(write(container, [Stream(codec, pix_fmt, half_seen(), 3, options=options)]))
    assert len(images) == 3
    buffer = io.BytesIO()
    from PIL import Image as PillowImage

    PillowImage.fromarray(half_seen()).save(buffer, "PNG")
    wanted = decode_image(buffer.getvalue())
    for image in images:
        for column in (16, 48, 80):  # the middle of each third
            assert np.abs(image[32, column].astype(int) - wanted[32, column]).max() < 12, column


def test_transparent_frames_are_scaled_after_they_are_composed() -> None:
    from vtb.media.video import decode_clip

    data = write("mov", [Stream("png", "rgba", half_seen(), 1)])
    (image,) = (frame() for frame in decode_clip(data, 48))
    assert image.shape == (32, 48, 3)
    assert (image[:, 33:] == 255).all()
    assert (np.abs(image[:, :15].astype(int) - RED) < 3).all()
    assert not (np.abs(image.astype(int) - GREEN).max(axis=2) < 60).any()
