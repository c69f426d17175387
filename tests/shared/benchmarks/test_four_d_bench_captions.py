"""4D-Bench's captions: how rows are read, what captions are worth, and the files and figures over all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vtb.benchmarks.four_d_bench_captions.benchmark import TABLE, columns, files, read
from vtb.benchmarks.four_d_bench_captions.cider import cider
from vtb.benchmarks.four_d_bench_captions.measures import bleu, rouge_l
from vtb.benchmarks.four_d_bench_captions.meteor import meteor
from vtb.benchmarks.four_d_bench_captions.task import caption_of
from vtb.benchmarks.registry import Asking, Verdict
from vtb.errors import BadInput
from vtb.tasks.example import encode_example
from vtb.tasks.registry import decode_example, find_task
from vtb.tasks.score import Score

HEAD = "folder_name,caption_1,caption_2,caption_3,caption_4,caption_5\n"
FISH, DOG, CAR = (
    ("the red fish swims in circles", "a fish turns"),
    ("a dog runs",),
    ("a red car turns round and round",),
)


def write(folder: Path, *rows: str) -> Path:
    path = folder / "human_annotations.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return path


def one(folder: Path) -> Asking:
    (asking,) = read(write(folder, f'abc,{FISH[0]},"{FISH[1]}",,,'))
    return asking


def verdict(asking: Asking, text: str) -> Score:
    example = decode_example(encode_example(asking.example))
    return find_task(example.source, example.task).score_text(example.payload, text)


def test_a_row(tmp_path: Path) -> None:
    asking = one(tmp_path)
    assert (asking.video, asking.example.key) == ("abc", "4d-bench-captions-abc")
    assert asking.example.payload.references == FISH
    assert asking.example.prompts.vlm.startswith("These are 18 frames of one object")
    assert "caption: " in find_task("4d-bench-captions", "captioning").closing(asking.example.payload)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((), "holds no questions"), (("../x,a,b,c,d,e",), "row 1 has the folder_name '../x'"),
        (("x,a,b,c,d,e", "y,,,,,"), "row 2 has no captions"), (("x,a,b,c,d,e", "x,a,b,c,d,e"), "share a name"),
    ],
)  # fmt: skip
def test_a_bad_file_is_named(tmp_path: Path, rows: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput, match=r"human_annotations\.csv.*") as found:
        read(write(tmp_path, *rows))
    assert said in str(found.value)


@pytest.mark.parametrize(
    ("text", "caption"),
    [("Caption: A fish.", "A fish."), ("Sure! caption: a fish", "a fish"), ("A fish.", "A fish."), ("", ""),
     ("<think>caption: no</think>caption: yes", "yes"), ("caption: ", "")],
)  # fmt: skip
def test_captions(text: str, caption: str) -> None:
    assert caption_of(text) == caption


@pytest.mark.parametrize(
    ("caption", "references", "wanted", "rouge"),
    [
        ("a red fish swims in a circle", FISH,
         (0.7142857141836736, 0.597614304574709, 0.5227579584859245, 0.4347208718624464), 0.6240409207161125),
        ("dog", DOG, (0.1353352829659427, 0.00013533528303361, 1.353352830562e-05, 4.279677422767e-06), 0.4586466165),
    ],
)  # fmt: skip
def test_bleu_and_rouge_are_those_of_the_coco_evaluation(
    caption: str, references: tuple[str, ...], wanted: tuple[float, ...], rouge: float
) -> None:
    """The figures are those that pycocoevalcap 1.2 gives of these captions."""
    assert bleu(caption, references) == pytest.approx(wanted, rel=1e-9)
    assert rouge_l(caption, references) == pytest.approx(rouge, rel=1e-9)


def test_cider_is_that_of_the_coco_evaluation() -> None:
    """The figures are those that pycocoevalcap 1.2 gives of these captions."""
    found = cider(["a red fish swims in a circle", "a dog runs", "a car"], [FISH, DOG, CAR])
    assert found == pytest.approx([2.88289722, 7.5, 0.70538391], abs=1e-8)
    assert cider([], []) == []


def test_nothing_in_common_is_worth_nothing() -> None:
    assert max(bleu("one two", DOG)) < 1e-9
    assert rouge_l("one two", DOG) == 0
    assert rouge_l("", DOG) == 0


def test_meteor_where_wordnet_is_and_none_where_it_is_not(caplog: pytest.LogCaptureFixture) -> None:
    found = meteor("a dog runs", DOG)
    if found is None:
        assert "NLTK_DATA" in caplog.text or not caplog.records  # it is said once
    else:
        assert found > 0.9


def test_a_caption_is_graded_by_its_rouge(tmp_path: Path) -> None:
    score = verdict(one(tmp_path), "caption: a red fish swims in a circle")
    assert (score.strict, score.reason) == (False, "a caption")
    assert score.value == score.details["rouge"] == pytest.approx(0.624, abs=1e-3)
    assert score.details["bleu_4"] == pytest.approx(0.4347, abs=1e-4)
    assert verdict(one(tmp_path), "") == Score(False, False, "no caption", grade=0.0, tolerant_grade=0.0)


def test_what_a_model_is_asked_for_marks(tmp_path: Path) -> None:
    asking = one(tmp_path)
    task = find_task("4d-bench-captions", "captioning")
    asked = task.gradings(asking.example.payload, "caption: a fish")
    assert list(asked) == ["gpt_appearance", "gpt_action"]
    shown = [next(one for one in FISH if f"<person>\n{one}\n</person>" in words) for words in asked.values()]
    assert shown[0] == shown[1]  # one reference, the same in every run
    assert asked == task.gradings(asking.example.payload, "caption: a fish")
    assert task.gradings(asking.example.payload, "") == {}


def details(caption: str, references: tuple[str, ...], **more: Any) -> dict[str, Any]:
    return {"caption": caption, "references": list(references), "rouge": rouge_l(caption, references), **more}


def test_files_and_columns() -> None:
    verdicts = [
        Verdict("4d-bench-captions-a", details("a red fish swims in a circle", FISH, gpt_appearance=4, gpt_action=3,
                                               judge="gpt-4o")),
        Verdict("4d-bench-captions-b", details("a dog runs", DOG, gpt_appearance=5, gpt_action=1, judge="gpt-4o")),
        Verdict("4d-bench-captions-c", details("a car", CAR, gpt_appearance=0, gpt_action=2, judge="gpt-4o")),
        Verdict("4d-bench-captions-d", None),
        Verdict("4d-bench-captions-a", details("a second one", FISH)),
    ]  # fmt: skip
    found = files(verdicts)
    assert sorted(found) == [f"{folder}/{name}.json" for folder in ("captions", "captions_scores") for name in "abc"]
    assert json.loads(found["captions/b.json"]) == {"vtb_caption_4d_baseline": "a dog runs"}
    assert json.loads(found["captions_scores/b.json"]) == {
        "vtb_caption_4d_baseline_CIDEr_score": pytest.approx(7.5), "vtb_caption_4d_baseline_ROUGE_score": 1.0,
        "vtb_caption_4d_baseline_gpt-4o_appearance_score": 5, "vtb_caption_4d_baseline_gpt-4o_action_score": 1,
    }  # fmt: skip
    table = columns(verdicts)  # the object without a caption is worth nothing
    assert table["cider"] == pytest.approx(100 * (2.88289722 + 7.5 + 0.70538391) / 4, abs=0.01)
    assert (table["gpt_appearance"], table["gpt_action"], table["gpt_eval"]) == (45, 30, 37.5)
    assert "bleu_4" not in table
    assert columns([]) == {}


@pytest.mark.parametrize("model", list(TABLE.rows))
def test_the_published_gpt_eval_is_the_mean_of_its_two(model: str) -> None:
    row = TABLE.rows[model]
    assert row["gpt_eval"] == pytest.approx((row["gpt_appearance"] + row["gpt_action"]) / 2, abs=0.021)
