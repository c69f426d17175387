"""Pictures: what is encoded is what everyone else decodes, and damage is told in one known way."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from vtb.media.image import (
    Palette,
    Picture,
    UnreadableImage,
    decode_image,
    encode_png,
    encode_rgb,
    polyline,
    print_centred,
    resize_nearest,
    to_rgb,
)

RNG = np.random.default_rng(1)


def palette(colors: int) -> Palette:
    rng = random.Random(colors)
    return tuple((rng.randrange(256), rng.randrange(256), rng.randrange(256)) for _ in range(colors))


def picture(height: int, width: int, colors: int) -> Picture:
    return RNG.integers(0, colors, (height, width), dtype=np.uint8)


@pytest.mark.parametrize(
    ("colors", "depth"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (255, 8), (256, 8)]
)
@pytest.mark.parametrize("width", [1, 2, 3, 5, 7, 8, 9, 15, 16, 33])
def test_png_decodes_identically_with_pillow(colors: int, depth: int, width: int) -> None:
    drawn, chosen = picture(7, width, colors), palette(colors)
    data = encode_png(drawn, chosen)
    assert data[24] == depth
    with PillowImage.open(io.BytesIO(data)) as opened:
        assert opened.mode == "P" if depth > 1 else opened.mode in ("P", "1")
        assert (np.asarray(opened.convert("RGB")) == to_rgb(drawn, chosen)).all()
    assert (decode_image(data) == to_rgb(drawn, chosen)).all()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(1, 256), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_png_round_trip(colors: int, height: int, width: int, seed: int) -> None:
    drawn = np.random.default_rng(seed).integers(0, colors, (height, width), dtype=np.uint8)
    assert (decode_image(encode_png(drawn, palette(colors))) == to_rgb(drawn, palette(colors))).all()


def test_a_picture_that_is_a_view_of_another() -> None:
    whole = picture(20, 20, 4)
    part = whole[2:17:3, ::-2]
    assert (decode_image(encode_png(part, palette(4))) == to_rgb(part, palette(4))).all()


@pytest.mark.parametrize("colors", [4, 200])
def test_a_png_that_ends_too_early_is_unreadable(colors: int) -> None:
    data = encode_png(picture(40, 40, colors), palette(colors))
    # The last 20 bytes or so are two checksums and the mark of the end: without them every pixel is still there.
    for length in [*range(0, 60), *range(60, len(data) - 30, 37), len(data) - 30]:
        with pytest.raises(UnreadableImage):
            decode_image(data[:length])


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, 2**20), st.integers(1, 255), st.sampled_from(["png", "jpeg", "gif", "webp", "tiff", "bmp"]))
def test_damage_raises_nothing_else(place: int, flip: int, kind: str) -> None:
    buffer = io.BytesIO()
    PillowImage.fromarray(to_rgb(picture(12, 12, 4), palette(4))).save(buffer, kind)
    data = bytearray(buffer.getvalue())
    data[place % len(data)] ^= flip
    with contextlib.suppress(UnreadableImage):
        assert decode_image(bytes(data)).ndim == 3


@given(st.binary(max_size=200))
def test_garbage_is_unreadable(data: bytes) -> None:
    for garbage in (data, b"\x89PNG\r\n\x1a\n" + data, b"\xff\xd8\xff\xe0" + data):
        with pytest.raises(UnreadableImage):
            decode_image(garbage)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("size", [(20000, 10), (10, 20000), (2**31 - 1, 2**31 - 1), (16000, 16000)])
def test_a_picture_of_absurd_size_is_unreadable_and_cheap(size: tuple[int, int]) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    with pytest.raises(UnreadableImage):
        decode_image(bomb)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_shows_white(mode: str) -> None:
    image = PillowImage.new("RGBA", (4, 4), (10, 20, 30, 0))
    image.putpixel((1, 1), (255, 0, 0, 255))
    buffer = io.BytesIO()
    if mode == "P":
        small = PillowImage.new("P", (4, 4), 1)
        small.putpalette([255, 0, 0, 10, 20, 30])
        small.putpixel((1, 1), 0)
        small.save(buffer, "PNG", transparency=1)
    else:
        image.convert(mode).save(buffer, "PNG")
    decoded = decode_image(buffer.getvalue())
    assert (decoded[0, 0] == 255).all()
    assert (decoded[1, 1] != 255).any()


@pytest.mark.parametrize("mode", ["L", "1", "I;16", "CMYK", "YCbCr"])
def test_other_color_modes_become_rgb(mode: str) -> None:
    buffer = io.BytesIO()
    kind = "PNG" if mode in ("L", "1", "I;16") else "JPEG"
    PillowImage.new(mode, (6, 5)).save(buffer, kind)
    assert decode_image(buffer.getvalue()).shape == (5, 6, 3)


def test_rgb_to_png_and_jpeg() -> None:
    image = np.full((20, 30, 3), (200, 30, 30), np.uint8)
    assert (decode_image(encode_rgb(image)) == image).all()
    jpeg = encode_rgb(image, quality=90)
    assert jpeg.startswith(b"\xff\xd8")
    assert np.abs(decode_image(jpeg).astype(int) - image).max() < 8


def test_masks_keep_their_two_values() -> None:
    mask = picture(30, 20, 2)
    assert resize_nearest(mask, 47, 61).shape == (61, 47)
    assert set(np.unique(resize_nearest(mask, 47, 61))) <= {0, 1}
    assert (resize_nearest(mask, 40, 60) == mask.repeat(2, 0).repeat(2, 1)).all()


def test_nearest_neighbours_are_those_of_pillow() -> None:
    rng = np.random.default_rng(3)
    for height, width, high, wide in rng.integers(1, 700, (200, 4)).tolist():
        mask = rng.integers(0, 2, (height, width)).astype(np.uint8)
        theirs = PillowImage.fromarray(mask).resize((wide, high), PillowImage.Resampling.NEAREST)
        assert (resize_nearest(mask, wide, high) == np.asarray(theirs)).all()


def test_lines_have_their_width() -> None:
    drawn = np.zeros((41, 61), np.uint8)
    polyline(drawn, [(10, 20), (50, 20)], 3, 7)
    assert 7 <= (drawn[:, 30] == 3).sum() <= 9  # OpenCV draws some widths up to two pixels wider
    assert set(np.unique(drawn)) == {0, 3}
    before = drawn.copy()
    polyline(drawn, [(1, 1)], 3, 7)
    assert (drawn == before).all()


@pytest.mark.parametrize("text", ["1", "88", "1234"])
@pytest.mark.parametrize("box", [12, 32, 100])
def test_print_stays_in_its_box(text: str, box: int) -> None:
    drawn = np.zeros((3 * box, 3 * box), np.uint8)
    centre = 3 * box // 2
    print_centred(drawn, text, (centre, centre), 1, box)
    ys, xs = np.nonzero(drawn)
    assert len(xs)
    assert max(abs(xs - centre)) <= box / 2
    assert max(abs(ys - centre)) <= box / 2


def saved(image: PillowImage.Image, form: str = "PNG", **more: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **more)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_large_pictures_are_scaled_down_by_a_whole_factor(mode: str) -> None:
    data = saved(PillowImage.new(mode, (300, 120)))
    assert [decode_image(data, side).shape for side in (None, 300, 299, 64)] == [
        (120, 300, 3), (120, 300, 3), (60, 150, 3), (24, 60, 3),
    ]  # fmt: skip


def test_sixteen_bits_become_eight() -> None:
    deep = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    found = decode_image(saved(PillowImage.fromarray(deep)))
    assert np.abs(found[..., 0].astype(int) - np.arange(256).reshape(16, 16)).max() <= 1


def test_a_picture_is_upright() -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    picture = PillowImage.new("RGB", (40, 20), "white")
    picture.putpixel((0, 0), (255, 0, 0))
    found = decode_image(saved(picture, exif=exif))
    assert found.shape == (40, 20, 3)
    assert tuple(found[0, 19]) == (255, 0, 0)


def test_too_many_pixels_are_refused_before_they_are_read() -> None:
    with pytest.raises(UnreadableImage, match="10000x9000 pixels are too many"):
        decode_image(saved(PillowImage.new("1", (10_000, 9_000))))


def test_what_is_no_picture_is_told_in_the_same_words_every_time() -> None:
    said = set()
    for _ in range(3):
        with pytest.raises(UnreadableImage) as caught:
            decode_image(b"hello" * 20)
        said.add(str(caught.value))
    assert len(said) == 1
    assert "0x" not in said.pop()
