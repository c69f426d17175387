"""VSI-Bench as tasks: how a question is put, scored and summed up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vtb.benchmarks.registry import benchmarks
from vtb.benchmarks.vsi_bench.benchmark import BENCHMARK, COLUMN_OF, TABLE, TASKS, summarise
from vtb.benchmarks.vsi_bench.questions import example_of, read_published, read_questions
from vtb.benchmarks.vsi_bench.record import VsiRecord
from vtb.errors import BadInput
from vtb.tasks.example import encode_example
from vtb.tasks.registry import decode_example, task_of

NUMBER = VsiRecord(scene="scene0011_00", question="How many chairs are in this room?", answer="4", dataset="scannet")
CHOICE = VsiRecord(scene="s", question="Which is closest to the sofa?", options=("A. lamp", "B. bed"), answer="B")


def test_both_sources_are_found_by_scanning() -> None:
    assert {"vsi-bench", "vtb-rooms", "videothinkbench"} <= set(benchmarks())
    assert set(benchmarks()["vtb-rooms"].tasks()) == set(COLUMN_OF)


def test_as_json_and_back() -> None:
    example = example_of("vsi-bench", "object_rel_distance", CHOICE, "vsi-7")
    assert decode_example(encode_example(example)) == example
    assert task_of(example) is TASKS["object_rel_distance"]
    assert example.prompts.vlm.splitlines() == [
        "These are frames of a video.", CHOICE.question, "Options:", "A. lamp", "B. bed",
    ]  # fmt: skip


def test_strict_is_the_released_reading_and_tolerant_the_lenient_one() -> None:
    task = TASKS["object_counting"]
    near = task.score_text(NUMBER, "5")
    assert near.value == pytest.approx(0.6)
    assert (near.strict, near.reason) == (False, "near")
    said = task.score_text(NUMBER, "I count 4")
    assert (said.value, said.tolerant_value, said.tolerant) == (0, 1, True)
    assert said.reason == "not in the form that is asked for"


def test_choices_vote_only_where_there_are_options() -> None:
    task = TASKS["object_rel_distance"]
    assert task.by_choice
    assert not TASKS["room_size_estimation"].by_choice
    assert [task.score_text(CHOICE, text).choice for text in ("b.", "The answer is A", "C", "")] == [
        "B",
        "A",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("kind", "record", "said"),
    [
        ("object_counting", VsiRecord(scene="s", question="q", answer="many"), "no number"),
        ("route_planning", VsiRecord(scene="s", question="q", answer="A"), "no options"),
        ("route_planning", VsiRecord(scene="s", question="q", options=("A. x",), answer="B"), "no option"),
    ],
)
def test_what_nobody_could_score_is_refused(kind: str, record: VsiRecord, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        example_of("vsi-bench", kind, record, "k")


def test_the_average_is_over_columns_and_directions_are_one_of_them() -> None:
    scores = dict.fromkeys(COLUMN_OF, 0.5) | {"object_rel_direction_easy": 1.0, "object_rel_direction_hard": 0.0}
    scores |= {"object_counting": 0.9}
    found = summarise(scores)
    assert found["rel_dir"] == pytest.approx(0.5)
    assert found["avg"] == pytest.approx((0.9 + 7 * 0.5) / 8)
    del scores["object_rel_direction_easy"]
    found = summarise(scores)
    assert "rel_dir" not in found
    assert "avg" not in found
    assert found["obj_count"] == 0.9
    assert set(summarise({})) == set()
    assert all(set(row) == set(TABLE.columns) for row in TABLE.rows.values())


def test_published_rows_become_examples(tmp_path: Path) -> None:
    file = tmp_path / "test.jsonl"
    file.write_text(
        '{"id": 3, "dataset": "scannet", "scene_name": "scene0011_00", "question_type": "object_rel_distance",'
        ' "question": "Which?", "options": ["A. lamp", "B. bed"], "ground_truth": "b"}\n'
    )
    assert BENCHMARK.read is read_published
    (asking,) = read_published(file)
    assert asking.video == "scannet/scene0011_00"
    assert asking.example.key == "vsi-3"
    assert asking.example.answer == "B"


ASKED = "<image>\nThese are frames of a video.\nIs the sofa to my left?\n"
LEFT_OR_RIGHT = ("Is the sofa to my left?", ("A. left", "B. right"), "B")
DIRECTION = {"question_type": "object_rel_direction_v2"}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        # The published recipe's own file: conversations as LLaVA has them, all words in one text.
        ({"data_source": "scans", "video": "/data/a.mp4", "question_type": "object_counting", "conversations": [
            {"from": "human", "value": "<image>\nThese are frames of a video.\nHow many?\nPlease answer the question "
             "using a single word or phrase."}, {"from": "gpt", "value": "3"}]}, ("How many?", (), "3")),
        ({"data_source": "scans", "scene_name": "a", **DIRECTION, "conversations": [
            {"from": "human", "value": f"{ASKED}Options:\nA. left\nB. right\nAnswer with the option's letter from the "
             "given choices directly."}, {"from": "gpt", "value": "B"}]}, LEFT_OR_RIGHT),
        # What the recipe makes of it.
        ({"dataset": "scans", "scene_name": "a", **DIRECTION, "solution": "B", "messages": [
            {"role": "user", "content": f"<image>{ASKED}A) left\nB) right"}]}, LEFT_OR_RIGHT),
        # SpaceR's.
        ({"problem": "Question:\nHow many?", "problem_type": ["object_counting"], "solution": "<answer>7</answer>",
          "video_filename": "scans/a.mp4"}, ("How many?", (), "7")),
        # The right option by its words.
        ({"dataset": "scans", "scene_name": "a", **DIRECTION, "question": "Is the sofa to my left?",
          "options": ["A. left", "B. right"], "ground_truth": "Right"}, LEFT_OR_RIGHT),
        # The benchmark's own words stay as they are.
        ({"dataset": "scans", "scene_name": "a", "question_type": "object_counting", "ground_truth": "3",
          "question": "Question:\nHow many?\nAnswer with care."}, ("Question:\nHow many?\nAnswer with care.", (), "3")),
    ],
)  # fmt: skip
def test_forms_of_training_sets(row: dict[str, object], found: tuple[object, ...], tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text(json.dumps([row]))
    (question,) = read_questions(tmp_path / "q.json")
    assert (question.question, question.options, question.answer) == found
    assert question.scene == "scans/a"


def test_an_answer_is_one_letter(tmp_path: Path) -> None:
    row = {"scene_name": "a", **DIRECTION, "question": "Which?", "options": ["A. left", "B. right"]}
    for answer in ("AB", "C"):
        (tmp_path / "q.json").write_text(json.dumps([{**row, "ground_truth": answer}]))
        with pytest.raises(BadInput, match="letter of no option"):
            read_questions(tmp_path / "q.json")
