"""``vtb-eval score --answers``: pictures, videos, texts and transcripts, found by the ids of the puzzles."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PillowImage

from contract.command_line import files, without_run
from stages.eval.answer_folders import (
    EVERY,
    clip_of,
    ids,
    image_of,
    part_of,
    put,
    sample,
    score,
    scored,
    verdicts,
)  # fmt: skip
from vtb.artifact import Plan, ShardEntry
from vtb.artifact.output import Output
from vtb.datasets.chunk import Chunk
from vtb.formats.webdataset import write_tar
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import CLIP, PUZZLE, SOLUTION
from vtb_eval.scoring import plan_shards


def test_right_answers_of_every_kind_are_right(puzzles: Path, tmp_path: Path) -> None:
    for name, index in EVERY:
        example = sample(name, index)[0]
        put(tmp_path / "a", f"{example.key}.png", part_of(name, index, SOLUTION))
        put(tmp_path / "a", f"{example.key}.mp4", part_of(name, index, CLIP))
        put(tmp_path / "a", f"{example.key}.txt", f"So it is {example.answer}.")
    found = scored(puzzles, tmp_path / "o", tmp_path / "a")
    assert found["overall"]["strict"]["right"] == found["answered"] == len(EVERY)
    signals = {name: signal["overall"]["strict"] for name, signal in found["per_signal"].items()}
    assert {name: share["total"] for name, share in signals.items()} == {
        "image": 12, "text": 12, "last": 10, "major": 4, "best": 2, "trajectory": 6,
    }  # fmt: skip
    assert all(share["right"] == share["total"] for share in signals.values())
    assert found["per_signal"]["image"]["means"]["arc_agi_2"] == {"cell_accuracy": 1.0}
    assert found["per_signal"]["best"]["means"]["visual_color_grid"]["diff"] > 0
    page = (tmp_path / "o" / "report.html").read_text()
    assert page.count("the last frame") > 4
    assert "By signal" in page


def test_wrong_answers_are_wrong(puzzles: Path, tmp_path: Path) -> None:
    for name, index in EVERY:
        key = sample(name, index)[0].key
        put(tmp_path / "a", f"{key}.png", part_of(name, index, PUZZLE))
        puzzle = image_of(part_of(name, index, PUZZLE))
        put(tmp_path / "a", f"{key}.webm", clip_of([puzzle] * 6))
        put(tmp_path / "a", f"{key}.txt", "I do not know")
    found = scored(puzzles, tmp_path / "o", tmp_path / "a")
    assert found["overall"]["tolerant"]["right"] == 0
    assert found["answered"] == len(EVERY)


LAYOUTS = {
    "flat": "{id}.png",
    "below a task": "midpoint/deep/{id}.png",
    "a folder each": "{id}/result.png",
    "with a number": "{id}_1.png",
    "the benchmark's": "{id}/attempt_0/result.png",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_answers_are_found_however_they_lie(puzzles: Path, tmp_path: Path, layout: str) -> None:
    for (name, index), key in zip(EVERY, ids(), strict=True):
        put(tmp_path / "a", LAYOUTS[layout].format(id=key), part_of(name, index, SOLUTION))
        put(tmp_path / "a", f"{key}/puzzle.png", b"no answer, but what was asked")
    found = scored(puzzles, tmp_path / "o", tmp_path / "a")
    assert (found["overall"]["strict"]["right"], found["answered"]) == (12, 12)
    assert found["several_attempts"] == {}


def test_the_files_of_one_attempt_belong_together(puzzles: Path, tmp_path: Path) -> None:
    example, letter = sample("midpoint", 0)[0], sample("midpoint", 0)[0].answer
    folder = tmp_path / "a" / example.key / "attempt_3"
    put(folder, "video_1.mp4", part_of("midpoint", 0, CLIP))
    put(folder, "result.png", part_of("midpoint", 0, SOLUTION))
    put(folder, "content.txt", f"Option {letter}")
    word = {"A": "Alpha", "B": "Bravo", "C": "Charlie", "D": "Delta", "E": "Echo"}[letter]
    put(folder, "transcription.json", json.dumps({"text": f"The right one is {word}."}))
    put(folder, "evaluation.json", json.dumps({"video_option": "A"}))
    scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    ((key, said),) = verdicts(tmp_path / "o").items()
    assert key == (example.key, 0)
    chosen = {name: signal["choice"] for name, signal in said["signals"].items()}
    assert chosen == {**dict.fromkeys(("image", "last", "major", "text", "audio"), letter), "trajectory": None}


def letters(wanted: str) -> list[str]:
    """Wrong letters of the first midpoint puzzle, and the right one as R."""
    right = sample("midpoint", 0)[0].answer
    others = [letter for letter in "ABCDE" if letter != right]
    return [right if letter == "R" else others[int(letter)] for letter in wanted]


@pytest.mark.parametrize(
    ("image", "text", "audio", "choice"),
    [("R", "R", "0", "R"), ("0", "R", "R", "R"), ("0", "R", "1", "0"), ("-", "R", "0", "R"), ("-", "-", "R", "R"),
     ("-", "0", "0", "0"), ("-", "-", "-", None)],
)  # fmt: skip
def test_signals_vote_and_ties_go_to_the_picture(
    puzzles: Path, tmp_path: Path, image: str, text: str, audio: str, choice: str | None
) -> None:
    example, family = sample("midpoint", 0)[0], find_family("midpoint")
    put(tmp_path / "a", f"{example.key}.txt", letters(text)[0] if text != "-" else "none")
    put(tmp_path / "a", f"{example.key}.transcript.txt", letters(audio)[0] if audio != "-" else "hm")
    if image != "-":
        puzzle = image_of(part_of("midpoint", 0, PUZZLE))
        marked = family.draw_answer(example.payload, letters(image)[0], puzzle)
        assert marked is not None
        PillowImage.fromarray(marked).save(tmp_path / "a" / f"{example.key}.jpg", quality=95)
    scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    said = verdicts(tmp_path / "o")[example.key, 0]
    assert said["choice"] == (None if choice is None else letters(choice)[0])
    assert said["strict"] == (choice == "R")


def test_several_attempts(puzzles: Path, tmp_path: Path) -> None:
    """Three attempts at two puzzles: right twice, and right once with two different wrong ones."""
    first, second = (sample("midpoint", index)[0] for index in range(2))
    wrong = [letter for letter in "ABCDE" if letter != second.answer]
    for number, (one, two) in enumerate([(first.answer, wrong[0]), ("none", second.answer), (first.answer, wrong[1])]):
        put(tmp_path / f"run{number}", f"{first.key}.txt", one)
        put(tmp_path / f"run{number}", f"{second.key}.txt", two)
    runs = [tmp_path / f"run{number}" for number in range(3)]
    found = scored(puzzles, tmp_path / "o", *runs, more=("--answered-only",))["several_attempts"]
    assert found["text"]["overall"] == found["combined"]["overall"] == found["text"]["per_task"]["midpoint"]
    # pass@1 = (2/3 + 1/3) / 2; pass@2: one wrong of three, so every pair has a right one; two wrong, 2 of 3 pairs do.
    assert found["text"]["overall"] == {
        "puzzles": 2, "of": 2, "k": 3, "pass_at": {"1": 0.5, "2": pytest.approx((1 + 2 / 3) / 2, abs=1e-4), "3": 1.0},
        "majority": 0.5,  # the first by two votes; the second is a tie of three, which is wrong
    }  # fmt: skip
    assert "pass@k" in (tmp_path / "o" / "report.html").read_text()


def test_a_run_without_an_answer_is_a_wrong_attempt(puzzles: Path, tmp_path: Path) -> None:
    """Two puzzles, two runs: both right in the first; in the second one is wrong and the other missing."""
    first, second = (sample("midpoint", index)[0] for index in range(2))
    for example in (first, second):
        put(tmp_path / "run1", f"{example.key}.txt", example.answer)
    put(tmp_path / "run2", f"{first.key}.txt", "none")
    runs = (tmp_path / "run1", tmp_path / "run2")
    found = scored(puzzles, tmp_path / "o", *runs, more=("--answered-only",))
    assert (found["puzzles"], found["attempts_judged"], found["without_answer"]) == (2, 4, 1)
    assert (found["overall"]["strict"]["right"], found["overall"]["strict"]["total"]) == (2, 4)
    assert found["per_signal"]["text"]["overall"]["strict"]["total"] == 4
    assert found["several_attempts"]["text"]["overall"]["pass_at"] == {"1": 0.5, "2": 1.0}


def test_a_signal_counts_puzzles_without_an_answer(puzzles: Path, tmp_path: Path) -> None:
    put(tmp_path / "a", f"{sample('midpoint', 0)[0].key}.png", part_of("midpoint", 0, SOLUTION))
    image = scored(puzzles, tmp_path / "o", tmp_path / "a")["per_signal"]["image"]
    assert image["per_task"]["midpoint"]["strict"]["rate"] == 0.5
    assert set(image["per_task"]) == {"midpoint"}


def test_answers_to_another_split_are_no_strangers(tmp_path: Path) -> None:
    output, shards = Output(str(tmp_path / "p"), Plan("puzzles", "vtb-gen-test", 1, {"seed": 5}, ())), []
    output.begin()
    for split, index in (("train", 0), ("test", 1)):
        data = output.put(f"shards/{split}.tar", write_tar([sample("midpoint", index)[1]]))
        shards.append(output.add_shard(ShardEntry(data.path, 1, data.bytes, data.sha256, split=split)))
    output.commit(shards, [], {})
    for index in range(2):
        put(tmp_path / "a", f"{sample('midpoint', index)[0].key}.txt", "A")
    result = score(tmp_path / "p", tmp_path / "o", tmp_path / "a")
    assert result.code == 0, result.err
    assert "1 of 1 puzzles have an answer" in result.err
    assert "1 puzzles of other splits have an answer too: --split all judges them" in result.err
    assert "belong to no puzzle" not in result.err


def test_a_flood_is_solved_by_the_rule_and_told(puzzles: Path, tmp_path: Path) -> None:
    """The benchmark's rule accepts it; the verdict does not hide it."""
    for name in ("maze_square", "maze_circle"):
        image = image_of(part_of(name, 0, PUZZLE)).copy()
        image[image.min(axis=2) > 200] = (255, 0, 0)
        buffer = io.BytesIO()
        PillowImage.fromarray(image).save(buffer, "PNG")
        put(tmp_path / "a", f"{sample(name, 0)[0].key}.png", buffer.getvalue())
    found = scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert found["reasons"] == {"solved by a flood": 2}
    assert found["overall"]["strict"]["right"] == 2


def test_what_is_marked_as_answer_counts(puzzles: Path, tmp_path: Path) -> None:
    example = sample("midpoint", 0)[0]
    other = next(letter for letter in "ABCDE" if letter != example.answer)
    put(tmp_path / "a", f"{example.key}.txt", f"<think>{other}</think><answer>{example.answer}</answer> Not {other}")
    assert scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))["overall"]["strict"]["right"] == 1


def test_attempts_in_one_folder_are_numbered(puzzles: Path, tmp_path: Path) -> None:
    example = sample("maze_square", 0)[0]
    for number, part in ((2, PUZZLE), (10, SOLUTION), (1, SOLUTION)):
        put(tmp_path / "a", f"{example.key}_{number}.png", part_of("maze_square", 0, part))
    scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert [said["strict"] for said in verdicts(tmp_path / "o").values()] == [True, False, True]


def test_missing_answers_count_as_wrong_unless_left_out(puzzles: Path, tmp_path: Path) -> None:
    put(tmp_path / "a", f"{ids()[0]}.png", part_of(*EVERY[0], SOLUTION))
    put(tmp_path / "a", "notes.png", b"x")
    result = score(puzzles, tmp_path / "o", tmp_path / "a")
    assert "1 of 12 puzzles have an answer" in result.err
    assert "1 files belong to no puzzle of this input, the first is" in result.err
    found = json.loads((tmp_path / "o" / "scores.json").read_text())
    assert (found["overall"]["strict"]["right"], found["overall"]["strict"]["total"]) == (1, 12)
    assert found["reasons"]["no answer"] == 11
    only = scored(puzzles, tmp_path / "only", tmp_path / "a", more=("--answered-only",))
    assert (only["overall"]["strict"]["right"], only["overall"]["strict"]["total"]) == (1, 1)


def resized(data: bytes, width: int, height: int, **save: Any) -> bytes:
    buffer = io.BytesIO()
    PillowImage.open(io.BytesIO(data)).convert("RGB").resize((width, height)).save(buffer, **save)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("ending", "save"),
    [("jpg", {"format": "JPEG", "quality": 92}), ("webp", {"format": "WEBP", "quality": 95}),
     ("png", {"format": "PNG"}), ("tiff", {"format": "TIFF"}), ("bmp", {"format": "BMP"})],
)  # fmt: skip
@pytest.mark.parametrize("size", [(1024, 1024), (700, 500)])
def test_pictures_of_any_size_and_format(
    puzzles: Path, tmp_path: Path, ending: str, save: dict[str, Any], size: tuple[int, int]
) -> None:
    for name, index in (("midpoint", 0), ("maze_square", 0), ("maze_circle", 1)):
        key = sample(name, index)[0].key
        put(tmp_path / "a", f"{key}.{ending}", resized(part_of(name, index, SOLUTION), *size, **save))
    found = scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert found["overall"]["strict"]["right"] == 3


def test_the_same_bytes_whatever_the_workers(puzzles: Path, tmp_path: Path) -> None:
    for (name, index), key in zip(EVERY, ids(), strict=True):
        put(tmp_path / "a", f"{key}.mp4", part_of(name, index, CLIP))
    for number in (1, 2):
        scored(puzzles, tmp_path / f"o{number}", tmp_path / "a", more=("--workers", number))
    assert without_run(files(tmp_path / "o1")) == without_run(files(tmp_path / "o2"))
    assert "already complete" in score(puzzles, tmp_path / "o1", tmp_path / "a").err
    put(tmp_path / "a", f"{ids()[0]}.mp4", part_of(*EVERY[1], CLIP))
    other = score(puzzles, tmp_path / "o1", tmp_path / "a")
    assert other.code == 3
    assert "the content of its inputs" in other.err


def test_a_task_carries_the_answers_to_its_own_puzzles(tmp_path: Path) -> None:
    """Tasks travel to worker processes."""
    chunks_found, keys = [Chunk("puzzles", f"{n}.tar", 2) for n in range(2)], [["a", "b"], ["c", "d"]]
    attempts = [{key: [{"image": Path(f"{key}.png")}] for key in some} for some in keys]
    tasks = plan_shards(chunks_found, attempts, answered_only=False)
    assert [list(task.work.attempts or ()) for task in tasks] == keys
    assert [b"a.png" in pickle.dumps(task) for task in tasks] == [True, False]


def test_complete_reads_no_puzzle(puzzles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a", f"{ids()[0]}.txt", "A")
    scored(puzzles, tmp_path / "o", tmp_path / "a")
    monkeypatch.setattr("vtb.datasets.readers.read_samples", _never)
    again = score(puzzles, tmp_path / "o", tmp_path / "a")
    assert (again.code, "already complete" in again.err) == (0, True)


def _never(*_arguments: object) -> None:
    raise AssertionError("a shard was read")


def test_what_is_asked_wrongly_is_told(puzzles: Path, tmp_path: Path) -> None:
    put(tmp_path / "a", "notes.png", b"x")
    for words, code, said in (
        ((), 2, "say in which folder the answers"),
        ((tmp_path / "none",), 3, "is no folder"),
        ((tmp_path / "a",), 3, "no file is named after a puzzle: call them like maze_square-0000000.png"),
    ):
        result = score(puzzles, tmp_path / "o", *words)
        assert (result.code, said in result.err) == (code, True), result.err
        assert "Traceback" not in result.err
        assert not (tmp_path / "o").exists()
