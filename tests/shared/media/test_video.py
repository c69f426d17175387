"""Clips: every frame is there, colors survive, the same pictures give the same bytes."""

from __future__ import annotations

import contextlib
import hashlib
import io
import subprocess
import sys

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clip_frames import images_of
from vtb.media.frame_count import valid_frame_count
from vtb.media.image import Picture, to_rgb
from vtb.media.video import UnreadableVideo, decode_clip, decode_ends, encode_clip, yuv_palette

PALETTE = ((0, 0, 0), (255, 255, 255), (220, 30, 30), (220, 0, 0), (0, 0, 255), (40, 160, 60))


def bars(frames: int, width: int = 96, height: int = 64) -> list[Picture]:
    """Vertical bars in every color; a white line moves down over them."""
    base = (np.arange(width) * len(PALETTE) // width).astype(np.uint8)[None].repeat(height, 0)
    drawn = []
    for number in range(frames):
        frame = base.copy()
        frame[4 * number : 4 * number + 4] = 1
        drawn.append(frame)
    return drawn


CLIP = encode_clip(bars(9), PALETTE, (96, 64), 16)


def test_every_frame_is_there_with_its_colors() -> None:
    decoded = images_of(CLIP)
    assert len(decoded) == 9
    for frame, drawn in zip(decoded, bars(9), strict=True):
        wanted = to_rgb(drawn, PALETTE).astype(int)
        inside = frame[:, 8::16].astype(int) - wanted[:, 8::16]  # the middle of each bar
        assert np.abs(inside).mean() < 5
    assert np.abs(decoded[0][40:, 8::16].astype(int) - to_rgb(bars(1)[0], PALETTE)[40:, 8::16]).max() < 16


def test_larger_frames_are_scaled_down_when_asked() -> None:
    assert {frame().shape for frame in decode_clip(CLIP, 48)} == {(32, 48, 3)}
    assert {frame().shape for frame in decode_clip(CLIP, 200)} == {(64, 96, 3)}


def test_ends_are_the_first_and_the_last_frame() -> None:
    decoded, ends = images_of(CLIP), decode_ends(CLIP)
    assert ends.count == 9
    assert (ends.first == decoded[0]).all()
    assert (ends.last == decoded[-1]).all()
    assert (ends.first != ends.last).any()


def test_the_container_says_what_is_in_it() -> None:
    with av.open(io.BytesIO(CLIP)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.frames, stream.average_rate) == (96, 64, 9, 16)
        assert stream.codec_context.colorspace == 6  # ITU-R BT.601, 525 lines
        assert stream.codec_context.color_range == 1  # limited
        stamps = [frame.pts * frame.time_base for frame in container.decode(stream)]
    assert [round(float(stamp) * 16) for stamp in stamps] == list(range(9))


def test_the_same_bytes_in_every_process() -> None:
    code = "import test_video, hashlib; print(hashlib.sha256(test_video.CLIP).hexdigest())"
    paths = [__file__.rpartition("/")[0], *sys.path]
    program = f"import sys; sys.path[:] = {paths!r}; {code}"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(CLIP).hexdigest()
    assert encode_clip(bars(9), PALETTE, (96, 64), 16) == CLIP


def test_a_frame_may_be_drawn_further_in_place() -> None:
    def growing() -> object:
        frame = bars(1)[0]
        for row in range(9):
            frame[:] = bars(9)[row]
            yield frame

    assert encode_clip(growing(), PALETTE, (96, 64), 16) == CLIP  # type: ignore[arg-type]


def test_a_faster_preset_gives_another_stream_of_the_same_pictures() -> None:
    fast = encode_clip(bars(5), PALETTE, (96, 64), 16, preset="ultrafast")
    assert fast != encode_clip(bars(5), PALETTE, (96, 64), 16)
    assert decode_ends(fast).count == 5


@pytest.mark.parametrize("color", PALETTE)
def test_colors_are_those_of_bt_601(color: tuple[int, int, int]) -> None:
    luma, blue, red = (int(plane[0]) for plane in yuv_palette((color,)))
    r, g, b = (value / 255 for value in color)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    wanted = (16 + 219 * y, 128 + 224 * (b - y) / 1.772, 128 + 224 * (r - y) / 1.402)
    assert (luma, blue, red) == pytest.approx(wanted, abs=0.51)


@pytest.mark.parametrize("data", [b"", b"no clip", b"\x00" * 1000, CLIP[:40], CLIP[:-200], CLIP[: len(CLIP) // 2]])
def test_what_cannot_be_played_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableVideo):
        decode_ends(data)
    with pytest.raises(UnreadableVideo):
        list(decode_clip(data))


def test_sound_alone_is_unreadable() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.rate = 16000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    with pytest.raises(UnreadableVideo, match="no video"):
        decode_ends(buffer.getvalue())


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 255)), min_size=1, max_size=20))
def test_damage_raises_nothing_else(flips: list[tuple[int, int]]) -> None:
    data = bytearray(CLIP)
    for place, flip in flips:
        data[place % len(data)] ^= flip
    with contextlib.suppress(UnreadableVideo):
        assert decode_ends(bytes(data)).count > 0


def test_frame_counts_of_video_models() -> None:
    assert [count for count in range(-3, 22) if valid_frame_count(count)] == [5, 9, 13, 17, 21]
