"""Rows, how long they are, and how they are packed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometries import FAMILIES, MODES, dataset, job, loaded, rows
from latents import one_thread as one_thread  # a fixture
from stages.prepare.room_films import film, room
from vtb.errors import BadInput
from vtb.geometry.job import Geometry
from vtb.geometry.packing import efficiency, pack, planned
from vtb.geometry.places import with_places
from vtb.geometry.rows import VIDEO, Clip, read_rows
from vtb.geometry.sequences import IGNORED, Sequencer
from vtb_train_vlm.tiny_model import Family


def written(folder: Path, **changes: Any) -> Path:
    """A dataset of one row about two frames, changed."""
    line = json.loads((dataset() / "train_sft.jsonl").read_text().splitlines()[1])
    for name in line["images"]:
        (folder / name).write_bytes((dataset() / "0-0.png").read_bytes())
    (folder / "train_sft.jsonl").write_text(json.dumps({**line, **changes}) + "\n")
    return folder


def test_rows_are_read_with_their_media() -> None:
    found = rows()
    assert [(len(row.images), len(row.clips)) for row in found[:4]] == [(1, 0), (2, 0), (0, 1), (0, 0)]
    assert found[2].clips[0].times == (0.0, 1.5, 3.0, 4.5)
    assert found[0].turns == (("user", "<image>What is the missing color0?"),)
    assert found[0].answer == "Answer: red"


def test_frames_with_times_are_one_clip(tmp_path: Path) -> None:
    (row,) = read_rows(written(tmp_path, times=[0.5, 1.0]), "train")
    assert not row.images
    assert [clip.times for clip in row.clips] == [(0.5, 1.0)]
    assert row.turns[0][1].startswith(VIDEO + "What")
    (row,) = read_rows(written(tmp_path), "train")
    assert len(row.images) == 2


@pytest.mark.parametrize(("times", "known"), [([[0.5, 1.0]], (0.5, 1.0)), ([[]], ()), ([None], ()), (None, ())])
def test_a_clip_whose_seconds_nobody_knows(times: Any, known: tuple[float, ...], tmp_path: Path) -> None:
    names = [f"{number}-0.png" for number in (1, 5)]
    words = [{"role": "user", "content": "<video>?"}, {"role": "assistant", "content": "a"}]
    folder = written(tmp_path, images=[], videos=[names], messages=words, times=times)
    for name in names:
        (folder / name).write_bytes((dataset() / "0-0.png").read_bytes())
    (row,) = read_rows(folder, "train")
    assert [clip.times for clip in row.clips] == [known]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"times": [1.0]}, "times must be seconds that grow"),
        ({"times": [1.0, 1.0]}, "times must be seconds that grow"),
        ({"times": [1.0, float("nan")]}, "times must be seconds that grow"),
        ({"times": [1.0, 1e300]}, "times must be seconds that grow"),
        ({"times": [1.0, 10**400]}, "cannot be learned from"),
        ({"images": ["x" * 300, "1-1.png"]}, "is not among its files"),
        ({"images": ["1-0.png"]}, "it has 2 places <image> for 1"),
        ({"images": ["1-0.png", "../1-1.png"]}, "is not among its files"),
        ({"messages": [{"role": "user", "content": "<image><image>?"}]}, "does not end with an answer"),
        ({"messages": [{"role": "tool", "content": "?"}, {"role": "assistant", "content": "a"}]}, "its turns must be"),
        ({"messages": 3}, "cannot be learned from"),
        ({"videos": [[]]}, "a clip has no frames"),
    ],
)
def test_rows_that_cannot_be_learned_from(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"line 1: .*{says}.*: prepare it again"):
        read_rows(written(tmp_path, **changes), "train")


@pytest.mark.engine
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("mode", [*MODES, "none"])
def test_a_row_is_as_long_as_it_is_said_to_be(mode: Geometry, family: Family) -> None:
    _, sequencer = loaded(mode, family)
    assert [sequencer.length(row) for row in rows()] == [sequencer.pack([row]).ids.shape[1] for row in rows()]


@pytest.mark.engine
def test_the_model_is_told_the_seconds_of_frames_at_unequal_distances() -> None:
    """Qwen3-VL in words, for each pair of frames; Qwen2.5-VL the mean distance."""
    clip = replace(rows()[2].clips[0], times=(10.0, 11.0, 12.0, 19.0))
    row = replace(rows()[2], clips=(clip,))
    _, sequencer = loaded("select", "qwen3_vl")
    pack = sequencer.pack([row])
    said = sequencer.processor.tokenizer.decode(pack.ids[0])
    assert re.findall(r"<([\d.]+) seconds>", said) == ["10.5", "15.5"]
    assert sequencer.length(row) == pack.ids.shape[1]
    _, other = loaded("select")
    assert other.pack([row]).media["second_per_grid_ts"].tolist() == [6.0]


@pytest.mark.engine
def test_what_a_model_cannot_see_is_told_before_the_training(tmp_path: Path) -> None:
    """With the row or the file; the engine would find it in the middle."""
    from PIL import Image

    _, sequencer = loaded("select", "qwen3_vl")
    Image.new("RGB", (900, 3)).save(tmp_path / "thin.png")
    Image.new("RGB", (56, 56)).save(tmp_path / "small.png")
    with pytest.raises(BadInput, match=r"row row-0: shows what the model cannot see \(.*aspect ratio"):
        sequencer.length(replace(rows()[0], images=(tmp_path / "thin.png",)))
    files = (rows()[2].clips[0].files[0], tmp_path / "small.png")
    for see in (sequencer.length, lambda row: sequencer.pack([row])):
        with pytest.raises(BadInput, match=r"2-0\.png: .*\(small\.png has 56x56 pixels, and 2-0\.png 56x84"):
            see(replace(rows()[2], clips=(Clip(files),)))


@pytest.mark.engine
def test_a_video_file_is_decoded_once_for_all_rows_about_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = Clip((film(tmp_path / "moves.mp4", room(1)),), frames=False)
    _, sequencer = loaded("select", "qwen3_vl")
    row = replace(rows()[2], clips=(clip,))
    length = sequencer.length(row)
    assert length == sequencer.pack([row]).ids.shape[1]
    monkeypatch.setattr("vtb.geometry.shown.decode_ends", lambda data: pytest.fail("decoded again"))
    assert sequencer.length(replace(row, id="another")) == length


@pytest.mark.engine
def test_a_pack_is_its_rows() -> None:
    model, sequencer = loaded("select")
    found = sequencer.pack(rows())
    assert found.positions[0, 0].tolist() == [place for row in rows() for place in range(sequencer.length(row))]
    assert found.samples.max() == len(rows()) - 1
    for number, row in enumerate(rows()):
        own = found.labels[(found.samples == number) & (found.labels != IGNORED)].tolist()
        assert sequencer.processor.tokenizer.decode(own) == f"{row.answer}<|im_end|>"
    clips = [row for row in rows() if row.clips]
    assert found.media["second_per_grid_ts"].tolist() == [3.0] * len(clips)  # two frames, 1.5 seconds apart
    short = Sequencer(sequencer.processor, "select", 5, model.model.get_rope_index, 20, 1 << 20)
    with pytest.raises(BadInput, match=r"row row-0: is \d+ tokens long: raise --max-length 20"):
        short.length(rows()[0])


def test_places_stand_behind_each_medium() -> None:
    ids, kinds = [7, 1, 1, 8, 7, 2, 2, 2, 8], [0, 1, 1, 0, 0, 2, 2, 2, 0]
    assert with_places(ids, kinds, "select", 1, iter([3]))[0] == [7, 1, 1, 1, 8, 7, 2, 2, 2, 2, 8]
    made, told = with_places(ids, kinds, "concat", 1, iter([3]))
    assert made == [7, 1, 1, 1, 1, 8, 7, 2, 2, 2, 2, 2, 2, 8]
    assert told == [0, 1, 1, 0, 0, 0, 0, 2, 2, 2, 0, 0, 0, 0]


def test_places_stand_behind_the_last_run_of_a_clip() -> None:
    """Two clips, of two pairs of frames and of one; what is marked as words are the places and what is between runs."""
    made, told = with_places([2, 2, 7, 2, 2, 8, 2, 2, 9], [2, 2, 0, 2, 2, 0, 2, 2, 0], "select", 1, iter([4, 2]))
    assert made == [2, 2, 7, 2, 2, 2, 8, 2, 2, 2, 9]
    assert told == [2, 2, 0, 2, 2, 0, 0, 2, 2, 0, 0]
    assert with_places([2, 2, 7, 2, 2], [2, 2, 0, 2, 2], "concat", 1, iter([4]))[0] == [2, 2, 7, *[2] * 6]


@settings(max_examples=30, deadline=None)
@given(lengths=st.lists(st.integers(1, 100), min_size=1, max_size=600), seed=st.integers(0, 9))
def test_packs_hold_every_row_once_and_are_full_enough(lengths: list[int], seed: int) -> None:
    packs = pack(lengths, 100, seed)
    assert sorted(row for rows_of_pack in packs for row in rows_of_pack) == list(range(len(lengths)))
    assert all(sum(lengths[row] for row in rows_of_pack) <= 100 for rows_of_pack in packs)
    assert pack(lengths, 100, seed) == packs
    # First fit leaves at most one pack of a window half empty.
    half_empty = sum(sum(lengths[row] for row in rows_of_pack) <= 50 for rows_of_pack in packs)
    assert half_empty <= 1 + (len(lengths) - 1) // 256
    assert 0 < efficiency(lengths, len(packs), 100) <= 1


def test_updates_and_warm_up_follow_from_the_packs(tmp_path: Path) -> None:
    work = job(tmp_path, epochs=2.0, max_steps=None, grad_accum=4, warmup_share=0.03)
    found = planned(work, packs=101, processes=2)
    assert (found.steps, found.warmup) == (26, 1)
    assert planned(job(tmp_path, max_steps=7, warmup=3), 101, 2).steps == 7
    assert planned(job(tmp_path, max_steps=7, warmup=3, warmup_share=0.9), 101, 2).warmup == 3
