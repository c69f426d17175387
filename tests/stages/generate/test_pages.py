"""Gallery, preview and difficulty pages of generated datasets, as a real browser shows them."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from browser import measure, painted, pictures, screenshot
from contract.command_line import call
from vtb.artifact import read_manifest
from vtb.media.image import decode_image

PAGES = ("gallery.html", "preview.html", "difficulty.html")
CLIP = ("--video", "--frames", "9", "--clip-size", "192x192")
LINES = {
    "maze": ("--size", "7", "--size", "9", "--cell-px", "8", "--endpoints", "random", "--count", "30", *CLIP),
    "eyeballing": ("--count", "20",),
    "visual": ("--count", "3", "--target-size", "256x192", *CLIP),
    "arc": ("--tasks", str(Path(__file__).parents[2] / "data" / "arc"), "--video", "--frames", "9"),
}  # fmt: skip
each = pytest.mark.parametrize("name", LINES)
in_browser = pytest.mark.browser


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("pages")
    for name, line in LINES.items():
        result = call(f"vtb-gen-{name}", *line, "--workers", "1", "--output", base / name)
        assert result.code == 0, result.err
    return base


@each
def test_pages_run_nothing_and_fetch_nothing(made: Path, name: str) -> None:
    for page in PAGES:
        text = (made / name / page).read_text()
        assert not re.search(r"<script|<link|@import|url\(|javascript:", text)
        assert not re.search(r"(src|href)=\"(?!data:image/png)", text)


@in_browser
@each
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [1300, 480])
def test_nothing_sticks_out_and_every_picture_is_there(made: Path, name: str, page: str, width: int) -> None:
    found = measure(made / name / page, width)
    assert (found.width, found.scroll_width) == (width, width)
    boxes = [image["box"] for image in found.images] + found.bars + found.texts
    assert boxes
    assert all(left >= 0 and right <= width and right > left and bottom > top for left, top, right, bottom in boxes)
    shown = pictures(made / name / page)
    assert [image["natural"] for image in found.images] == [[it.shape[1], it.shape[0]] for it in shown]
    assert bool(found.bars) == (page == "difficulty.html")
    assert bool(found.images) == (page != "difficulty.html")


@in_browser
@each
@pytest.mark.parametrize("page", ["gallery.html", "preview.html"])
def test_the_browser_paints_the_pictures(made: Path, name: str, page: str) -> None:
    width, height = 1300, 2400
    found, shot = measure(made / name / page, width), screenshot(made / name / page, width, height)
    compared = 0
    for image, picture in zip(found.images, pictures(made / name / page), strict=True):
        left, top, right, bottom = image["box"]
        fills = abs((right - left) / (bottom - top) - picture.shape[1] / picture.shape[0]) < 0.02
        if bottom < height and fills:
            part = painted(shot, image["box"])
            small = cv2.resize(picture, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_AREA)
            # Scaling differs a little; nothing but the background would be as far from the picture as its mean.
            assert np.abs(part.astype(int) - small).mean() < 0.3 * np.abs(small - small.mean(axis=(0, 1))).mean()
            compared += 1
    assert compared >= 6


@in_browser
def test_bars_are_as_high_as_there_are_samples(made: Path) -> None:
    page = made / "maze" / "difficulty.html"
    text = page.read_text()
    first = text[: text.index("<h3", text.index("<h3>") + 1)]  # the plots of one figure
    counts = [int(count) for count in re.findall(r"<title>[^<]*: (\d+)</title>", first)]
    assert sum(counts) == 60
    bars = measure(page, 1300).bars[: len(counts)]
    plot = [(count, bottom - top) for count, (_, top, _, bottom) in zip(counts, bars, strict=True)]
    seven = plot[: next(n for n in range(1, len(plot)) if sum(count for count, _ in plot[:n]) == 30)]
    scale = max(high for _, high in seven) / max(count for count, _ in seven)
    assert all(high == pytest.approx(count * scale, abs=0.2) for count, high in seven)
    left, top, right, bottom = bars[0]
    shot = screenshot(page, 1300, 1200)
    assert tuple(shot[round((top + bottom) / 2), round((left + right) / 2)]) == (0x3B, 0x6E, 0xA5)


@each
def test_the_gallery_has_a_row_for_every_kind(made: Path, name: str) -> None:
    metrics = read_manifest(str(made / name)).metrics
    labels = re.findall(r"aria-label=\"([^\"]*)\"", (made / name / "gallery.html").read_text())
    assert labels == list(metrics["difficulty"])
    shown = pictures(made / name / "gallery.html")
    assert len(shown) == 6 * len(labels)  # puzzle, solution, four frames
    assert len({picture.tobytes() for picture in shown[:6]}) >= 4
    picture = decode_image((made / name / "gallery.png").read_bytes())
    rows = len(labels) if len(labels) <= 8 else -(-len(labels) // 2)
    assert picture.shape[0] > 200 * rows
    assert (picture != 255).any(axis=2).mean() > 0.02


def test_prompts_are_there_once_for_each_family(made: Path) -> None:
    page = (made / "maze" / "gallery.html").read_text()
    assert re.findall(r"<h3>(.*)</h3>", page) == ["maze_square"]
    assert re.findall(r"<h4>(.*)</h4>", page) == ["maze_square-07", "maze_square-09"]
    assert page.count("Draw one continuous red line") == 1
    preview = (made / "maze" / "preview.html").read_text()
    assert all(preview.count(f"<b>{kind}</b>") == 1 for kind in ("vlm", "image", "video"))
    visual = (made / "visual" / "preview.html").read_text()  # options differ from puzzle to puzzle
    assert visual.count("<b>vlm</b>") > visual.count("<b>image</b>") == 10


@in_browser
def test_a_click_enlarges_a_picture_and_the_page_keeps_its_shape(made: Path, tmp_path: Path) -> None:
    page = made / "maze" / "gallery.html"
    before = measure(page, 480)
    (tmp_path / "open.html").write_text(page.read_text().replace("<details ", "<details open ", 1))
    after = measure(tmp_path / "open.html", 480)
    left, top, right, bottom = after.images[0]["box"]
    assert right - left > 400
    assert left + right == pytest.approx(480, abs=2)
    assert top + bottom == pytest.approx(1200, abs=2)
    assert [image["box"] for image in after.images[1:]] == [image["box"] for image in before.images[1:]]


@in_browser
@each
@pytest.mark.parametrize("page", PAGES)
def test_pages_are_dark_where_the_reader_s_system_is(made: Path, name: str, page: str) -> None:
    light, dark = (screenshot(made / name / page, 600, 400, dark=dark) for dark in (False, True))
    assert light[2, 2].min() == 255
    assert dark[2, 2].max() < 40
    for shot in (light, dark):  # the heading can be read
        assert int(shot[20:70].max()) - int(shot[20:70].min()) > 180


def test_frames_are_drawn_where_there_are_no_clips(made: Path) -> None:
    assert "The dataset has no clips" in (made / "eyeballing" / "gallery.html").read_text()
    assert "frames of its clip" in (made / "maze" / "gallery.html").read_text()
    assert "frame 81 of 81" in (made / "eyeballing" / "gallery.html").read_text()
    assert "frame 9 of 9" in (made / "maze" / "gallery.html").read_text()


@pytest.mark.parametrize(("line", "samples"), [(("--preview", "1"), 2), (("--preview", "50"), 60), ((), 8)])
def test_preview_says_how_many_samples_are_shown(line: tuple[str, ...], samples: int, tmp_path: Path) -> None:
    assert call("vtb-gen-maze", *LINES["maze"], *line, "--workers", "1", "--output", tmp_path).code == 0
    page = (tmp_path / "preview.html").read_text()
    assert page.count('<section class="sample">') == samples


def test_no_preview_changes_no_sample_and_is_another_run(made: Path, tmp_path: Path) -> None:
    line = (*LINES["maze"], "--preview", "0", "--workers", "1", "--output", tmp_path)
    assert call("vtb-gen-maze", *line).code == 0
    assert not (tmp_path / "preview.html").exists()
    assert "preview.html" not in (tmp_path / "README.md").read_text()
    assert "(preview.html)" in (made / "maze" / "README.md").read_text()
    shards = [path.relative_to(tmp_path) for path in tmp_path.glob("shards/*.tar")]
    assert shards
    assert all((tmp_path / path).read_bytes() == (made / "maze" / path).read_bytes() for path in shards)
    # The page is one of the artifact's files, so a run that would write another one is not the same.
    again = call("vtb-gen-maze", *LINES["maze"], "--workers", "1", "--output", tmp_path)
    assert (again.code, "made differently (preview" in again.err) == (3, True)


def test_preview_must_be_sensible(tmp_path: Path) -> None:
    for count in ("-1", "101"):
        assert call("vtb-gen-maze", "--preview", count, "--output", tmp_path / "out").code == 2
