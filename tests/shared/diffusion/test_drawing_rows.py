"""What a dataset must be like for a model that draws, and what is said when it is not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drawing import EVERY, rows, unpacked
from vtb.diffusion.held_out import choose, judge
from vtb.diffusion.rows import load_sample, read_rows
from vtb.diffusion.variants import VARIANTS
from vtb.errors import BadInput
from vtb.media.image import encode_rgb

EDIT, CLIPS = VARIANTS["qwen-image-edit"], VARIANTS["wan2.2-ti2v-5b"]


@pytest.mark.parametrize("variant", EVERY)
def test_a_row_gives_what_the_model_sees_and_draws(variant: str) -> None:
    known = VARIANTS[variant]
    sample = load_sample(rows(variant)[0], known)
    assert len(sample.frames) == sample.length == (5 if known.moving else 1)
    assert sample.frames[0].shape[:2] == sample.size[::-1]
    assert len(sample.shown) == (0 if known.shown == "nothing" else 1)
    if known.shown == "first-frame":
        assert np.array_equal(sample.shown[0], sample.frames[0])


@pytest.mark.parametrize("variant", ["qwen-image-edit", "qwen-image", "wan2.2-ti2v-5b"])
def test_held_out_puzzles_are_judged_by_their_family(variant: str) -> None:
    """The right answer is right, and the puzzle itself is not."""
    known = VARIANTS[variant]
    puzzles = choose(read_rows(unpacked(variant), known, val=True), known, 3)
    assert [puzzle.number for puzzle in puzzles] == [0, 1, 2]
    for puzzle in puzzles:
        assert judge(known, puzzle.example, puzzle.sample, puzzle.sample.frames).strict
        blank = [np.full_like(frame, 255) for frame in puzzle.sample.frames]
        assert not judge(known, puzzle.example, puzzle.sample, blank).tolerant
    assert not {row.id for row in read_rows(unpacked(variant), known)} & {one.example.key for one in puzzles}


def test_a_dataset_of_the_other_kind_is_refused() -> None:
    with pytest.raises(BadInput, match="vtb-prepare video"):
        read_rows(unpacked("qwen-image-edit"), CLIPS)
    with pytest.raises(BadInput, match="vtb-prepare image"):
        read_rows(unpacked("wan2.2-ti2v-5b"), EDIT)


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    row = rows("qwen-image-edit")[0]
    odd = tmp_path / "odd.png"
    odd.write_bytes(encode_rgb(np.zeros((48, 50, 3), np.uint8)))
    with pytest.raises(BadInput, match=r"50x48.*multiples of 16"):
        load_sample(replace(row, target=odd), EDIT)
    odd.write_bytes(row.target.read_bytes()[:50])
    with pytest.raises(BadInput, match=r"odd\.png: cannot be read"):
        load_sample(replace(row, target=odd), EDIT)
    with pytest.raises(BadInput, match="cannot be read"):
        load_sample(replace(row, target=tmp_path / "none.png"), EDIT)
    with pytest.raises(BadInput, match="shows no picture"):
        load_sample(replace(row, shown=()), EDIT)
    with pytest.raises(BadInput, match="shows 2 pictures"):
        load_sample(replace(row, shown=row.shown * 2), EDIT)
    assert len(load_sample(replace(row, shown=row.shown * 2), VARIANTS["qwen-image-edit-2509"]).shown) == 2


def test_a_broken_clip_is_refused(tmp_path: Path) -> None:
    row = rows("wan2.2-ti2v-5b")[0]
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(row.target.read_bytes()[:300])
    with pytest.raises(BadInput, match=r"broken\.mp4: cannot be read"):
        load_sample(replace(row, target=broken), CLIPS)


ROW = '[{"prompt": %s, "image": %s}]'
DAMAGED = [
    "", "{", "[1]", '[{"prompt": "a"}]', "[[]]", "[" * 100_000, ROW % ("1", '"a.png"'), ROW % ('"p"', "2"),
    ROW % ('"p"', '"../a.png"'), ROW % ('"p"', '"/dev/zero"'), ROW % ('"p"', '"none.png"'),
]  # fmt: skip


@pytest.mark.parametrize("text", DAMAGED)
def test_damaged_metadata_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    shutil.copy(rows("qwen-image-edit")[0].target, tmp_path / "a.png")
    (tmp_path / "rows" / "metadata.json").write_text(text)
    with pytest.raises(BadInput, match="make the dataset again"):
        read_rows(tmp_path / "rows", EDIT)


def test_metadata_of_others_is_read(tmp_path: Path) -> None:
    """One path or a list, and neither ids nor examples: as DiffSynth-Studio's own datasets have it."""
    row = rows("qwen-image-edit")[0]
    shutil.copy(row.target, tmp_path / "a.png")
    lines = [{"prompt": "p", "image": "a.png", "edit_image": "a.png"},
             {"prompt": "q<|im_end|>", "image": "a.png", "edit_image": ["a.png"]},
             {"prompt": "r", "image": "a.png"}]  # fmt: skip
    (tmp_path / "metadata.json").write_text(json.dumps(lines))
    found = read_rows(tmp_path, EDIT)
    assert "<|im_end|>" not in found[1].prompt
    assert [(one.id, one.prompt[:1], len(one.shown), one.example) for one in found] == [
        ("0", "p", 1, ""), ("1", "q", 1, ""), ("2", "r", 0, ""),
    ]  # fmt: skip
    assert choose(found, EDIT, 2) == []
    assert read_rows(tmp_path, EDIT, val=True) == []
