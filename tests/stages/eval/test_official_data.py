"""The benchmark in its published forms: a folder with ``data.json``, and parquet files; judged and compared."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from contract.command_line import Result
from shared.benchmarks.videothinkbench.benchmark_like import EVERY, ours, pictures, published, task_of, write_folder
from stages.eval.answer_folders import put, score, scored, verdicts
from vtb.benchmarks.videothinkbench.published import CATEGORIES, COUNTS, PER_CATEGORY, PER_TASK, RULES
from vtb.media.image import encode_rgb
from vtb.puzzles.registry import find_family

EACH = 2


@functools.cache
def encoded(name: str, index: int) -> list[bytes]:
    """Puzzle and solution as files, encoded once for all forms."""
    return [encode_rgb(picture) for picture in pictures(name, index)]


def write_parquet(root: Path, split: str = "test", *, structs: bool = True) -> Path:
    """One file for each config of the hub, and the one with tasks in words."""
    groups = {name: find_family(name).group for name in EVERY}
    for config in sorted(set(groups.values())):
        rows: list[dict[str, Any]] = []
        for name in (name for name in EVERY if groups[name] == config):
            for index in range(EACH):
                data = encoded(name, index)
                cells = [{"bytes": part, "path": None} for part in data] if structs else data
                record = published(name, index)
                rows.append({"task": task_of(name), "id": record["id"], "prompt": record["prompt"],
                             "image": cells[0], "solution_image": cells[1]})  # fmt: skip
        file = root / config / f"{split}-00000-of-00001.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    words = [{"task": "gsm8k", "id": "gsm8k-1", "prompt": "1 + 1?", "image": None, "answer": "2"}]
    (root / "text").mkdir()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(words), root / "text" / f"{split}-00000-of-00001.parquet")
    return root


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("official")
    write_folder(root / "folder", EVERY, EACH)
    write_parquet(root / "parquet")
    for name in EVERY:
        for index in range(EACH):
            key = ours(name, index).key
            put(root / "right", f"{task_of(name)}/{key}.png", encoded(name, index)[1])
            put(root / "right", f"{task_of(name)}/{key}.txt", ours(name, index).answer)
            put(root / "wrong", f"{key}.png", encoded(name, index)[0])
    return root


@pytest.fixture(scope="module")
def judged(world: Path) -> dict[str, Result]:
    """Both answers to both forms, each judged once for all tests: how the command ended, by ``folder-right`` etc."""
    return {
        f"{form}-{answers}": score(world / form, world / f"{form}-{answers}", world / answers)
        for form in ("folder", "parquet")
        for answers in ("right", "wrong")
    }


def scores(world: Path, judged: dict[str, Result], name: str) -> dict[str, Any]:
    assert judged[name].code == 0, judged[name].err
    found: dict[str, Any] = json.loads((world / name / "scores.json").read_text())
    return found


@pytest.mark.parametrize("form", ["folder", "parquet"])
def test_right_and_wrong_answers_to_every_task(world: Path, judged: dict[str, Result], form: str) -> None:
    right = scores(world, judged, f"{form}-right")
    assert right["puzzles"] == right["overall"]["strict"]["right"] == EACH * len(EVERY)
    assert set(right["per_task"]) == set(EVERY)
    text = right["per_signal"]["text"]["per_task"]
    unknown = {task for task in EVERY if task not in text}
    assert set(right["not_judged"]) == unknown
    assert all(share["strict"]["right"] == EACH for share in text.values())
    visual = {task for task in EVERY if task.startswith("visual_")}
    assert unknown == (set() if form == "folder" else visual | {"maze_hexagon", "maze_circle"})
    wrong = scores(world, judged, f"{form}-wrong")
    assert wrong["overall"]["tolerant"]["right"] == 0


def test_words_in_parquet_files_are_left_out(judged: dict[str, Result]) -> None:
    result = judged["parquet-wrong"]
    assert result.code == 0
    assert "text/test-00000-of-00001.parquet: has no column solution_image" in result.err


def test_the_splits_of_parquet_files(tmp_path: Path) -> None:
    write_parquet(tmp_path / "hub", "minitest", structs=False)
    put(tmp_path / "a", f"{ours('midpoint').key}.txt", ours("midpoint").answer)
    result = score(tmp_path / "hub", tmp_path / "o", tmp_path / "a")
    assert (result.code, "has no split 'test', only minitest" in result.err) == (3, True)
    found = scored(tmp_path / "hub", tmp_path / "o", tmp_path / "a", more=("--split", "minitest", "--answered-only"))
    assert found["overall"]["strict"]["right"] == 1


def test_one_file_of_them_will_do(world: Path, tmp_path: Path) -> None:
    file = world / "parquet" / "maze" / "test-00000-of-00001.parquet"
    found = scored(file, tmp_path / "o", world / "right")
    assert set(found["per_task"]) == {"maze_square", "maze_hexagon", "maze_circle"}
    assert found["overall"]["strict"]["right"] == 6


def test_the_comparison_with_the_published_table(world: Path, judged: dict[str, Result]) -> None:
    found = scores(world, judged, "folder-right")["comparison"]
    assert set(found["tasks"]) == set(EVERY) == set(PER_TASK)
    midpoint = found["tasks"]["midpoint"]
    assert midpoint["published"]["Sora-2 major frame"] == 64
    assert midpoint["this run"] == {"combined": 100.0, "image": 100.0, "text": 100.0}
    assert midpoint["compare"] == dict.fromkeys(("Gemini 2.5 Pro", "GPT-5 high", "Claude Sonnet 4.5"), "text")
    assert midpoint["not comparable"] == ["2 puzzles, not the benchmark's 50"]
    assert "people judged" in found["tasks"]["visual_color_grid"]["not comparable"][1]
    assert found["categories"]["point"]["this run"] == 100.0
    assert found["categories"]["shape"]["Wan2.2-TI2V-5B (mini test)"] == 20.0
    page = (world / "folder-right" / "report.html").read_text()
    for words in ("Sora-2 major frame", "people judged pictures", "Qwen-Image-Edit-2511 (mini test)", "88.0"):
        assert words in page


def test_the_published_tables_agree_with_each_other() -> None:
    """The means over tasks of table 9 and 10 are the categories of table 1, as far as the paper rounds."""
    for model in ("Gemini 2.5 Pro", "GPT-5 high", "Claude Sonnet 4.5"):
        for category in ("point", "line", "shape"):
            mean = sum(PER_TASK[task][model] for task in CATEGORIES[category]) / len(CATEGORIES[category])
            assert abs(mean - PER_CATEGORY[model][category]) < 0.6, (model, category, mean)
    assert sum(COUNTS[task] for task in COUNTS if task in CATEGORIES["point"]) == 450
    assert sum(count for task, count in COUNTS.items() if task.startswith("visual_")) == 496
    assert {column for row in PER_TASK.values() for column in row} == set(RULES)


def test_records_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    put(tmp_path / "a", "x-1.txt", "A")
    put(tmp_path / "a", "None.txt", "A")
    put(tmp_path / "d", "midpoint/p.png", encode_rgb(pictures("midpoint")[0]))
    for record, said in (
        ({"id": "x-1", "image": "none.png"}, "record 'x-1' cannot be used"),
        ({"id": "x-1", "image": "../x.png"}, "leads out of the folder"),
        ({"image": "p.png"}, "record '?' cannot be used (it has no id)"),
    ):
        put(tmp_path / "d", "midpoint/data.json", json.dumps([record]))
        result = score(tmp_path / "d", tmp_path / "o", tmp_path / "a", more=("--overwrite",))
        assert (result.code, said in result.err) == (3, True), result.err
    put(tmp_path / "d", "gsm8k/data.json", json.dumps([{"id": "x-1", "image": "p.png"}]))
    put(tmp_path / "d", "gsm8k/p.png", encode_rgb(pictures("midpoint")[0]))
    (tmp_path / "d" / "midpoint" / "data.json").unlink()
    result = score(tmp_path / "d", tmp_path / "o", tmp_path / "a", more=("--overwrite",))
    assert (result.code, "of task 'gsm8k', which no family here has" in result.err) == (3, True), result.err


def test_one_odd_record_stops_nothing(tmp_path: Path) -> None:
    """It is listed with its reason, and the others are judged; with nothing but odd ones the run stops."""
    record = published("midpoint")
    outside = {**record["candidates"][0], "x": -30.0}
    odd = {**record, "id": "odd", "image": "p.png", "candidates": [outside, *record["candidates"][1:]]}
    for name, picture in zip(("p.png", "s.png"), pictures("midpoint"), strict=True):
        put(tmp_path / "d", f"midpoint/{name}", encode_rgb(picture))
    put(tmp_path / "d", "midpoint/data.json", json.dumps([odd, {**record, "id": "good", "image": "p.png"}]))
    put(tmp_path / "a", "good.png", encode_rgb(pictures("midpoint")[1]))
    result = score(tmp_path / "d", tmp_path / "o", tmp_path / "a")
    assert (result.code, "1 puzzles cannot be judged" in result.err) == (0, True), result.err
    found = json.loads((tmp_path / "o" / "scores.json").read_text())
    assert (found["overall"]["strict"]["right"], found["puzzles"]) == (1, 1)
    (said,) = found["puzzles_not_judged"]
    assert "'odd' cannot be used (a candidate lies outside the canvas)" in said


def test_a_damaged_parquet_file(world: Path, tmp_path: Path) -> None:
    whole = (world / "parquet" / "maze" / "test-00000-of-00001.parquet").read_bytes()
    put(tmp_path / "hub", "test-0.parquet", whole[: len(whole) // 2])
    put(tmp_path / "a", "x.txt", "A")
    result = score(tmp_path / "hub", tmp_path / "o", tmp_path / "a")
    assert (result.code, "is no readable parquet file" in result.err) == (3, True), result.err


def test_damaged_pages_of_a_parquet_file(world: Path, tmp_path: Path) -> None:
    """The head and the foot are whole, what lies between is not."""
    data = bytearray((world / "parquet" / "maze" / "test-00000-of-00001.parquet").read_bytes())
    for place in range(len(data) // 4, len(data) // 2):
        data[place] ^= 0x5A
    put(tmp_path / "hub", "test-0.parquet", bytes(data))
    put(tmp_path / "a", f"{ours('maze_square').key}.txt", "[1]")
    result = score(tmp_path / "hub", tmp_path / "o", tmp_path / "a")
    assert (result.code, len(result.error_lines)) == (3, 1), result.err
    assert "test-0.parquet" in result.error_lines[0]


def test_the_same_id_twice_is_told(tmp_path: Path) -> None:
    write_folder(tmp_path / "d", ["midpoint"], 1)
    records = json.loads((tmp_path / "d" / "midpoint" / "data.json").read_text())
    put(tmp_path / "d", "midpoint/data.json", json.dumps(records * 2))
    put(tmp_path / "a", f"{records[0]['id']}.txt", "A")
    result = score(tmp_path / "d", tmp_path / "o", tmp_path / "a")
    assert result.code == 0
    assert "1 puzzles share an id with another" in result.err


@pytest.mark.parametrize(
    "change",
    [{"correct_option": ""}, {"correct_option": "AB"}, {"candidates": []}, {"canvas_dimensions": [10**9, 5]},
     {"candidates": [{"x": 1e400, "y": 0, "label": "A"}] * 5}],
)  # fmt: skip
def test_damaged_records_are_named(tmp_path: Path, change: dict[str, Any]) -> None:
    write_folder(tmp_path / "d", ["midpoint"], 1)
    (record,) = json.loads((tmp_path / "d" / "midpoint" / "data.json").read_text())
    put(tmp_path / "d", "midpoint/data.json", json.dumps([{**record, **change}]))
    put(tmp_path / "a", f"{record['id']}.txt", "A")
    result = score(tmp_path / "d", tmp_path / "o", tmp_path / "a")
    assert (result.code, len(result.error_lines)) == (3, 1), result.err
    assert record["id"] in result.error_lines[0]
    assert "data.json" in result.error_lines[0]


def test_the_oldest_tools_call_the_picture_otherwise(tmp_path: Path) -> None:
    write_folder(tmp_path / "d", ["arc_agi_2"], 1)
    (folder,) = (tmp_path / "d").iterdir()
    (record,) = json.loads((folder / "data.json").read_text())
    put(tmp_path / "a", f"{record['id']}.png", encode_rgb(pictures("arc_agi_2")[1]))
    record["puzzle_image_path"] = record.pop("image")
    put(folder, "data.json", json.dumps([record]))
    found = scored(tmp_path / "d", tmp_path / "o", tmp_path / "a")
    assert (found["overall"]["strict"]["right"], found["puzzles"]) == (1, 1)


def test_the_verdicts_name_the_families(world: Path, judged: dict[str, Result]) -> None:
    assert judged["folder-right"].code == 0
    said = verdicts(world / "folder-right")[ours("reflection").key, 0]
    assert (said["task"], said["source"], said["strict"]) == ("reflection", "videothinkbench", True)
