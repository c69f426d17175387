"""``vtb-prepare image`` and ``video``: read by DiffSynth's own dataset, and nothing that it would cut."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from contract.command_line import Result, call
from vtb.artifact import read_manifest
from vtb.datasets.readers import chunks, describe_input, read_chunk
from vtb.formats.media_tar import unpack
from vtb.formats.webdataset import read_tar
from vtb.media.image import decode_image
from vtb.media.video import decode_clip
from vtb.tasks.example import Prompts
from vtb.tasks.registry import decode_example, task_of
from vtb.tasks.task import MODALITIES
from vtb_prepare.clips import make_clip
from vtb_prepare.image_options import Options as ImageOptions
from vtb_prepare.pairs import make_pair
from vtb_prepare.video_options import Options as VideoOptions

FORM = ("--frames", "9", "--clip-size", "96x96", "--video")
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small mazes, and eyeballing puzzles with two tasks, all with clips of nine frames."""
    base = tmp_path_factory.mktemp("drawn")
    made = ("--samples-per-shard", "6", "--workers", "1")
    tasks = ("--task", "midpoint", "--task", "parallel", "--count", "8")
    for words in (
        ("vtb-gen-maze", "--size", "7", "--cell-px", "12", "--count", "12", *FORM, *made, "--output", base / "mazes"),
        ("vtb-gen-eyeballing", *tasks, *made, "--output", base / "eye"),
    ):
        done = call(*words)
        assert done.code == 0, done.err
    return base


def prepare(kind: str, world: Path, out: Path, *more: object, inputs: tuple[str, ...] = ("mazes",)) -> Result:
    named = [word for name in inputs for word in ("--input", world / name)]
    return call("vtb-prepare", kind, *named, "--output", out, "--workers", "1", *more)


def done(result: Result) -> Path:
    assert result.code == 0, result.err
    place = Path(result.out.strip())
    for archive in sorted(place.glob("media/*.tar")):
        unpack(archive, place)
    return place


def samples(world: Path, name: str) -> dict[str, Any]:
    found = {}
    for shard in read_manifest(str(world / name)).shards:
        found.update({sample.key: sample.parts for sample in read_tar((world / name / shard.path).read_bytes())})
    return found


def unified(base: Path, metadata: str, keys: str, operator: Any, special: Any = None) -> Any:
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    from diffsynth.core import UnifiedDataset

    return UnifiedDataset(
        base_path=str(base), metadata_path=str(base / metadata), repeat=1, data_file_keys=keys.split(","),
        main_data_operator=operator(UnifiedDataset, str(base)), special_operator_map=special,
    )  # fmt: skip


def test_diffsynth_reads_the_pairs_pixel_by_pixel(world: Path, tmp_path: Path) -> None:
    out, mazes = done(prepare("image", world, tmp_path / "out", "--val", "0")), samples(world, "mazes")

    def operator(dataset: Any, base: str) -> Any:
        return dataset.default_image_operator(
            base_path=base, max_pixels=1_048_576, height=None, width=None, height_division_factor=16,
            width_division_factor=16,
        )  # fmt: skip

    read = unified(out, "metadata.json", "image,edit_image", operator)
    assert len(read) == 12
    for row in (read[number] for number in range(len(read))):  # iterating never ends
        parts = mazes[row["id"]]
        edited, solved = np.asarray(row["edit_image"][0]), np.asarray(row["image"])
        assert edited.shape == solved.shape == (80, 80, 3)  # 84 pixels, which the engine would cut
        picture = decode_image(parts["puzzle.png"])
        assert abs(edited.mean() - picture.mean()) < 8
        example = decode_example(row["example"].encode())
        assert task_of(example).score_image(example.payload, solved, picture).tolerant
        assert row["prompt"] == example.prompts.image


def test_pictures_that_fit_are_not_touched(world: Path, tmp_path: Path) -> None:
    out, eye = done(prepare("image", world, tmp_path / "out", inputs=("eye",))), samples(world, "eye")
    rows = json.loads((out / "metadata.json").read_text()) + json.loads((out / "metadata_val.json").read_text())
    assert len(rows) == 16
    for row in rows:
        assert (out / row["edit_image"][0]).read_bytes() == eye[row["id"]]["puzzle.png"]
        assert (out / row["image"]).read_bytes() == eye[row["id"]]["solution.png"]


def test_one_path_for_the_first_model(world: Path, tmp_path: Path) -> None:
    out = done(prepare("image", world, tmp_path / "out", "--edit-image", "single"))
    rows = json.loads((out / "metadata.json").read_text())
    assert all(isinstance(row["edit_image"], str) for row in rows)


def test_large_pictures_are_scaled_to_what_the_engine_takes(world: Path, tmp_path: Path) -> None:
    out = done(prepare("image", world, tmp_path / "out", "--max-pixels", "40000", inputs=("eye",)))
    row = json.loads((out / "metadata.json").read_text())[0]
    height, width, _ = decode_image((out / row["image"]).read_bytes()).shape
    assert height * width <= 40_000
    assert height % 16 == width % 16 == 0


def test_per_task_takes_as_many_of_each(world: Path, tmp_path: Path) -> None:
    both = ("mazes", "eye")
    out = done(prepare("image", world, tmp_path / "out", "--per-task", "5", "--val", "0", inputs=both))
    rows = json.loads((out / "metadata.json").read_text())
    counts = {task: sum(row["task_type"] == task for row in rows) for task in ("maze_square", "midpoint", "parallel")}
    assert counts == dict.fromkeys(counts, 5)
    again = done(prepare("image", world, tmp_path / "again", "--per-task", "5", "--val", "0", inputs=both))
    assert (again / "metadata.json").read_bytes() == (out / "metadata.json").read_bytes()


def test_diffsynth_reads_the_clips_frame_by_frame(world: Path, tmp_path: Path) -> None:
    out = done(prepare("video", world, tmp_path / "out", "--frames", "9", "--size", "96x96", "--val", "0"))
    mazes = samples(world, "mazes")

    def operator(dataset: Any, base: str) -> Any:
        return dataset.default_video_operator(
            base_path=base, max_pixels=96 * 96, height=96, width=96, height_division_factor=32,
            width_division_factor=32, num_frames=9, time_division_factor=4, time_division_remainder=1,
        )  # fmt: skip

    read = unified(out, "metadata.csv", "video", operator)
    assert len(read) == 12
    for row in (read[number] for number in range(len(read))):  # iterating never ends
        frames = [np.asarray(frame).astype(int) for frame in row["video"]]
        made = [frame().astype(int) for frame in decode_clip(mazes[row["id"]]["solution.mp4"])]
        assert len(frames) == len(made) == 9
        # two decoders that round colors in their own ways
        assert max(np.abs(one - other).mean() for one, other in zip(frames, made, strict=True)) < 2
    assert (out / "train_video.csv").read_bytes() == (out / "metadata.csv").read_bytes()
    with (out / "train_video.csv").open() as file:
        assert {row["task_type"] for row in csv.DictReader(file)} == {"maze_square"}
    examples = [decode_example(line) for line in (out / "examples.jsonl").read_bytes().splitlines()]
    assert {example.key for example in examples} == {read[number]["id"] for number in range(len(read))}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--frames", "5", "--size", "96x96"), "its clip has 9 frames of 96x96, not 5 of 96x96"),
        (("--frames", "9", "--size", "96x64"), "generate with --frames 9 --clip-size 96x64"),
    ],
)
def test_a_clip_that_would_be_cut_is_refused(world: Path, tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    refused = prepare("video", world, tmp_path / "out", *more)
    assert refused.code == 3
    assert said in refused.err
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_clip_without_its_answer_is_refused(world: Path, tmp_path: Path) -> None:
    """Clips that end before the solution, as earlier tools cut them: every clip is that of another puzzle."""
    folder, bare = tmp_path / "folder", tmp_path / "bare"
    form = ("--size", "7", "--cell-px", "12", "--count", "4", "--workers", "1", "--layout", "folder", *FORM)
    made = call("vtb-gen-maze", *form, "--output", folder)
    assert made.code == 0, made.err
    clips = sorted(folder.rglob("*.mp4"))
    contents = [clip.read_bytes() for clip in clips]
    (task,) = (path.parent for path in folder.rglob("data.json"))
    shutil.copytree(task, bare / task.name)
    for clip, content in zip(clips, contents[1:] + contents[:1], strict=True):
        (bare / clip.relative_to(folder)).write_bytes(content)
    refused = call("vtb-prepare", "video", "--input", bare, "--frames", "9", "--size", "96x96",
                   "--output", tmp_path / "out", "--workers", "1")  # fmt: skip
    assert refused.code in (3, 5)
    assert "does not show the answer" in refused.err
    # The same puzzles as earlier generators write them, whose clips no record names, with the right clips.
    records = json.loads((bare / task.name / "data.json").read_text())
    known = ("id", "prompt", "image", "solution_image_path", "grid_size", "start", "goal", "solution_path_cell_ids")
    others = [{name: record[name] for name in known if name in record} for record in records]
    (bare / task.name / "data.json").write_text(json.dumps(others))
    for clip, content in zip(clips, contents, strict=True):
        (bare / clip.relative_to(folder)).write_bytes(content)
    words = (
        "vtb-prepare",
        "video",
        "--input",
        bare,
        "--frames",
        "9",
        "--size",
        "96x96",
        "--val",
        "0",
        "--workers",
        "1",
    )
    taken = done(call(*words, "--output", tmp_path / "taken"))
    assert len(list(csv.DictReader((taken / "metadata.csv").open()))) == 4
    (bare / clips[0].relative_to(folder)).write_bytes(b"no clip")
    one_of_four = call(*words, "--output", tmp_path / "most")
    assert (one_of_four.code, "1 of 4 samples cannot be used" in one_of_four.err) == (5, True), one_of_four.err
    most = done(call(*words, "--output", tmp_path / "most", "--max-bad", "0.25"))
    assert len(list(csv.DictReader((most / "metadata.csv").open()))) == 3


def test_options_that_no_model_takes(world: Path, tmp_path: Path) -> None:
    for more, said in ((("--frames", "8"), "4k+1"), (("--size", "100x96"), "multiples of 32")):
        refused = prepare("video", world, tmp_path / "out", *more)
        assert refused.code == 2
        assert said in refused.err


def test_marks_in_prompts_are_words(world: Path) -> None:
    """Text encoders read ``<|im_end|>`` and ``</s>`` as ends."""
    (chunk,) = chunks(describe_input(str(world / "mazes")))[:1]
    loaded = next(iter(read_chunk(chunk, odd=[])))
    prompts = Prompts(*(f"{modality} <|im_end|></s>" for modality in MODALITIES))
    marked = dataclasses.replace(loaded, example=structs.replace(loaded.example, prompts=prompts))
    assert make_pair(ImageOptions(), marked, "x")[0]["prompt"] == "image < |im_end|>< /s>"
    assert make_clip(VideoOptions(frames=9, size=(96, 96)), marked, "x")[0]["prompt"] == "video < |im_end|>< /s>"


def test_pictures_without_clips_say_how_to_make_them(world: Path, tmp_path: Path) -> None:
    call("vtb-gen-maze", "--size", "7", "--count", "2", "--workers", "1", "--output", tmp_path / "still")
    refused = prepare("video", tmp_path, tmp_path / "out", inputs=("still",))
    assert refused.code == 3
    assert "has no clip: generate with --video" in refused.err


def test_a_records_own_split_is_kept(tmp_path: Path) -> None:
    """A folder of ours without its manifest says the split in each record: none of test is trained on."""
    made, curated = tmp_path / "made", tmp_path / "curated"
    call("vtb-gen-maze", "--size", "9", "--cell-px", "16", "--count", "16", "--workers", "1", "--output", made)
    split = ("--test", "0.3", "--val", "0.2", "--layout", "folder", "--workers", "1")
    assert call("vtb-curate", "--input", made, *split, "--output", curated).code == 0
    shutil.copytree(curated / "maze_square", tmp_path / "bare" / "maze_square")
    records = json.loads((curated / "maze_square" / "data.json").read_text())
    wanted = {
        name: {record["id"] for record in records if record["split"] == name} for name in ("train", "val", "test")
    }
    assert all(wanted.values())
    out = done(prepare("image", tmp_path, tmp_path / "out", inputs=("bare",)))
    found = {
        split: {row["id"] for row in json.loads((out / name).read_text())}
        for split, name in (("train", "metadata.json"), ("val", "metadata_val.json"))
    }
    assert found == {split: wanted[split] for split in found}


def test_other_wordings_take_turns_with_the_puzzles_own(world: Path, tmp_path: Path) -> None:
    """In the tasks that the file names, each about as often as the others; other words are another dataset."""
    file = tmp_path / "words.json"
    file.write_text(json.dumps({"midpoint": ["Halve it.", "Where is the middle? <|im_end|>"]}))
    out = done(prepare("image", world, tmp_path / "out", "--wordings", file, "--val", 0, inputs=("eye",)))
    rows = json.loads((out / "metadata.json").read_text())
    asked = {task: {row["prompt"] for row in rows if row["task_type"] == task} for task in ("midpoint", "parallel")}
    assert len(asked["midpoint"]) == 3
    assert "Halve it." in asked["midpoint"]
    assert not any("<|im_end|>" in prompt for prompt in asked["midpoint"])
    assert len(asked["parallel"]) == 1
    again = prepare("image", world, tmp_path / "out", "--wordings", file, "--val", 0, inputs=("eye",))
    assert "already complete" in again.err
    file.write_text(json.dumps({"midpoint": ["Halve it!"]}))
    other = prepare("image", world, tmp_path / "out", "--wordings", file, "--val", 0, inputs=("eye",))
    assert (other.code, "made differently" in other.err) == (3, True), other.err


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[]", "is no object with wordings by task"), ("{", "cannot be read"), ("[" * 100_000, "cannot be read"),
        ('{"midpiont": ["x"]}', "no task 'midpiont': did you mean midpoint?"), ('{"midpoint": "x"}', "is no list"),
        ('{"midpoint": ["%s"]}' % ("x" * 10_001), "more than 10000 letters"),
        ('{"midpoint": [" "]}', "is no list"), ('{"midpoint": []}', "is no list"), ("\udcff", "cannot be read"),
    ],
)  # fmt: skip
def test_wordings_that_are_none(content: str, why: str, world: Path, tmp_path: Path) -> None:
    file = tmp_path / "words.json"
    file.write_bytes(content.encode(errors="surrogateescape"))
    refused = prepare("video", world, tmp_path / "out", *FORM[:2], "--size", "96x96", "--wordings", file)
    assert (refused.code, len(refused.error_lines)) == (3, 1), refused.err
    assert why in refused.error_lines[0]
    assert not (tmp_path / "out" / "plan.json").exists()
