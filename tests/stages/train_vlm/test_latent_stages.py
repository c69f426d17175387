"""From puzzles to the necessity table: ``latent-sft``, ``latent-grpo``, ``predict`` and ``score`` as users run them."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.command_line import Result, call, start
from latents import tiny
from vtb.artifact import read_manifest
from vtb.artifact.shard_data import read_samples
from vtb.media.image import encode_rgb

pytestmark = pytest.mark.engine
SHORT = ("--latent-size", "3", "--batch-size", "4", "--grad-accum", "1", "--learning-rate", "3e-3", "--device", "cpu")
ALONE = ("--device", "cpu", "--workers", "1")
JUDGED = ("--judge-steps", "4", "--judge-count", "2", "--judge-max-new-tokens", "30")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def good(result: Result) -> Result:
    assert result.code == 0, result.err
    return result


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small mazes, and plans for them."""
    place = tmp_path_factory.mktemp("latent")
    maze = ("--size", "5", "--cell-px", "16", "--count", "16", "--show-cell-ids", "--workers", "1")
    good(call("vtb-gen-maze", *maze, "--output", place / "mazes"))
    good(call("vtb-prepare", "latent", "--input", place / "mazes", "--val", "0.3", "--output", place / "plans"))
    return place


@pytest.fixture(scope="module")
def thinks(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole model that has learned a few rows."""
    out = tmp_path_factory.mktemp("thinks") / "model"
    good(call(*sft(data, out, "--max-steps", "40", *JUDGED)))
    return out


def sft(data: Path, output: Path, *more: object) -> tuple[str, ...]:
    place = ("--input", data / "plans", "--model", tiny("qwen2_5_vl"), "--output", output)
    return ("vtb-train-vlm", "latent-sft", *map(str, (*place, *SHORT, *more)))


def grpo(data: Path, model: Path, output: Path, *more: object) -> tuple[str, ...]:
    short = ("--max-steps", "2", "--grad-accum", "1", "--generations", "3", "--max-new-tokens", "30")
    place = ("--input", data / "plans", "--model", model, "--output", output, "--device", "cpu")
    return ("vtb-train-vlm", "latent-grpo", *map(str, (*place, *short, *more)))


def answers(place: Path) -> list[Mapping[str, Any]]:
    manifest = read_manifest(str(place), ("predictions",))
    found = [sample for shard in manifest.shards for sample in read_samples(str(place), shard, "again")]
    return [json.loads(sample.parts["json"]) for sample in found]


def test_a_model_with_its_log_curves_and_chosen_parts(thinks: Path) -> None:
    manifest = read_manifest(str(thinks), ("checkpoint",))
    names = {file.path for file in manifest.files}
    assert names >= {
        "model.safetensors", "config.json", "tokenizer.json", "log.jsonl", "curves.png",
        "strips/patches-000000.png", "strips/patches-000040.png",
    }  # fmt: skip
    config = json.loads((thinks / "config.json").read_text())
    assert config["latent_size"] == 3
    assert len({config[f"latent_{what}_id"] for what in ("token", "start", "end")}) == 3
    assert manifest.metrics["loss_last"] < 0.5 * manifest.metrics["loss_first"]
    assert manifest.metrics["eval_loss_last"] < manifest.metrics["eval_loss_first"]
    rows = [json.loads(line) for line in (thinks / "log.jsonl").read_text().splitlines()]
    assert all({"loss_words", "loss_latents", "similarity_3"} <= row.keys() for row in rows[1:])
    assert [row["step"] for row in rows if "eval_segments" in row] == [0, *range(4, 41, 4)]


def test_answers_go_into_latents_and_the_scores_say_whether_they_matter(
    data: Path, thinks: Path, tmp_path: Path
) -> None:
    asked = ("--input", data / "mazes", "--split", "all", "--limit", "4", "--max-new-tokens", "30", *ALONE)
    forced = (*asked, "--model", thinks, "--latent", "force", "--latent-ablations", "--output", tmp_path / "said")
    good(call("vtb-eval", "predict", *forced))
    rows = answers(tmp_path / "said")
    assert all(row["text"].startswith("<latent>") and row["segments"] >= 1 for row in rows)
    assert all(set(row["without"]) == {"dropped", "noise", "shuffled", "forbidden"} for row in rows)
    assert all("<latent>" not in row["without"]["forbidden"] for row in rows)
    done = good(call("vtb-eval", "score", "--input", tmp_path / "said", "--output", tmp_path / "scores"))
    assert "latents: in 4 of 4 answers" in done.err
    figures = json.loads((tmp_path / "scores/scores.json").read_text())["latents"]
    assert figures["with_latents"] == figures["answers"] == 4
    assert set(figures["necessity"]) == {"dropped", "noise", "shuffled", "forbidden"}
    for row in figures["necessity"].values():
        assert row["low"] <= row["difference"] <= row["high"]
    page = (tmp_path / "scores/report.html").read_text()
    assert "<h2>Latents</h2>" in page
    assert "shuffled" in page
    assert "necessity" in good(call("vtb", "show", tmp_path / "scores")).out
    # Without the option the same answers, and nothing about what they would be without.
    free = (*asked, "--model", thinks, "--latent", "force", "--output", tmp_path / "free")
    good(call("vtb-eval", "predict", *free))
    assert [row["text"] for row in answers(tmp_path / "free")] == [row["text"] for row in rows]
    assert not any("without" in row for row in answers(tmp_path / "free"))
    good(call("vtb-eval", "predict", *asked, "--model", thinks, "--latent", "forbid", "--output", tmp_path / "none"))
    assert all(row["segments"] == 0 for row in answers(tmp_path / "none"))


def test_an_adapter_brings_its_tokens_with_it(data: Path, tmp_path: Path) -> None:
    good(call(*sft(data, tmp_path / "lora", "--tuner", "lora", "--max-steps", "3", "--judge-steps", "0")))
    names = {file.path for file in read_manifest(str(tmp_path / "lora"), ("adapter",)).files}
    assert names >= {"adapter_model.safetensors", "adapter_config.json", "latent_config.json", "tokenizer.json"}
    assert "lora" not in json.loads((tmp_path / "lora/adapter_config.json").read_text())["base_model_name_or_path"]
    asked = ("--input", data / "mazes", "--split", "all", "--limit", "2", "--max-new-tokens", "20", *ALONE)
    model = ("--model", tiny("qwen2_5_vl"), "--adapter", tmp_path / "lora", "--latent", "force")
    good(call("vtb-eval", "predict", *asked, *model, "--output", tmp_path / "said"))
    assert all(row["segments"] >= 1 for row in answers(tmp_path / "said"))
    alone = call("vtb-eval", "predict", *asked, *model, "--output", "no", "--batch-size", "1", "--latent-ablations")
    assert "takes latents of other questions of a batch: raise --batch-size 1" in alone.err
    assert alone.code == 2
    bare = shutil.ignore_patterns("latent_config.json", "manifest.json", "plan.json")
    shutil.copytree(tmp_path / "lora", tmp_path / "bare", ignore=bare)
    lost = ("--model", tiny("qwen2_5_vl"), "--adapter", tmp_path / "bare", "--output", tmp_path / "no")
    done = call("vtb-eval", "predict", *asked, *lost)
    assert done.code == 3
    assert "has rows for tokens of its own, but no latent_config.json" in done.err
    place = ("--model", tiny("qwen2_5_vl"), "--adapter", tmp_path / "lora", "--output", tmp_path / "merged")
    good(call("vtb-train-vlm", "merge", *place))
    whole = ("--model", tmp_path / "merged", "--latent", "force", "--output", tmp_path / "again")
    good(call("vtb-eval", "predict", *asked, *whole))
    assert [row["text"] for row in answers(tmp_path / "again")] == [row["text"] for row in answers(tmp_path / "said")]


def test_words_alone_are_the_baseline(data: Path, tmp_path: Path) -> None:
    good(call(*sft(data, tmp_path / "words", "--latent-size", "0", "--max-steps", "3", *JUDGED)))
    assert "latent_size" not in json.loads((tmp_path / "words/config.json").read_text())
    rows = [json.loads(line) for line in (tmp_path / "words/log.jsonl").read_text().splitlines()]
    assert not any("loss_latents" in row for row in rows)
    assert all(row["eval_segments"] == 0 for row in rows if "eval_segments" in row)
    asked = ("--input", data / "mazes", "--split", "all", "--limit", "1", "--model", tmp_path / "words", *ALONE)
    done = call("vtb-eval", "predict", *asked, "--latent", "force", "--output", tmp_path / "no")
    assert done.code == 3
    assert "knows no latents" in done.err
    good(call("vtb-eval", "predict", *asked, "--max-new-tokens", "2", "--output", tmp_path / "said"))
    taught = json.loads((data / "plans/train.jsonl").read_text().partition("\n")[0])["text_input"]
    (answer,) = answers(tmp_path / "said")
    assert answer["prompt"] == taught  # that of every maze of this size, without a word on how to answer


def test_the_second_stage_needs_the_first(data: Path, thinks: Path, tmp_path: Path) -> None:
    done = call(*sft(data, tmp_path / "no", "--stage", "2"))
    assert done.code == 3
    assert "goes on from a model that --stage 1 has made" in done.err
    assert call(*sft(data, tmp_path / "no", "--stage", "2", "--latent-size", "0")).code == 2
    other = call(*sft(data, tmp_path / "no", "--model", thinks, "--latent-size", "5", "--max-steps", "1"))
    assert other.code == 3
    assert "was trained with 3 latents a segment" in other.err
    assert "Traceback" not in other.err
    good(call(*sft(data, tmp_path / "two", "--model", thinks, "--stage", "2", "--max-steps", "2", *JUDGED)))
    metrics = read_manifest(str(tmp_path / "two"), ("checkpoint",)).metrics
    assert metrics["loss_words_first"] < 1  # what the first stage taught is there
    assert not (tmp_path / "no").exists()


def test_a_dry_run_says_what_would_be_done(data: Path, thinks: Path, tmp_path: Path) -> None:
    rows = read_manifest(str(data / "plans"), ("latent-dataset",)).metrics["rows"]["train"]
    done = good(call(*sft(data, tmp_path / "out", "--epochs", "2", "--dry-run")))
    assert f"trained on {rows} rows for {-(-2 * rows // 4)} updates on cpu" in done.out
    assert "updates on cpu" in good(call(*grpo(data, thinks, tmp_path / "out", "--dry-run"))).out
    assert not (tmp_path / "out").exists()


def test_rewards_for_answers_with_latents(data: Path, thinks: Path, tmp_path: Path) -> None:
    more = ("--controls", "2", "--preset", "all-penalties", "--judge-steps", "1", "--judge-count", "2")
    good(call(*grpo(data, thinks, tmp_path / "a", "--latent", "force", "--learning-rate", "1e-4", *more)))
    manifest = read_manifest(str(tmp_path / "a"), ("checkpoint",))
    names = {file.path for file in manifest.files}
    assert names >= {"model.safetensors", "completions.html", "completions.jsonl", "curves.png", "log.jsonl"}
    rows = [json.loads(line) for line in (tmp_path / "a/log.jsonl").read_text().splitlines()]
    parts = {f"reward_{name}" for name in ("correct", "usage", "necessity", "quality", "unneeded", "malformed")}
    assert all(parts <= row.keys() for row in rows if "reward" in row)
    assert all(row["latent_answers"] == 1 for row in rows if "reward" in row)
    assert manifest.plan.config["weights"]["unneeded"] == 0.5
    assert json.loads((tmp_path / "a/config.json").read_text())["latent_size"] == 3
    said = [json.loads(line) for line in (tmp_path / "a/completions.jsonl").read_text().splitlines()]
    assert {line["step"] for line in said} == {0, 1, 2}


def test_rewards_refuse_what_cannot_be(data: Path, thinks: Path, tmp_path: Path) -> None:
    for flags, code, why in (
        (("--latent", "force"), 2, "leaves no answer without latents to compare with"),
        (("--reward-weights", "colour=1"), 2, "is no part"),
        (("--model", tiny("qwen2_5_vl")), 3, "knows no latents: train it with `vtb-train-vlm latent-sft` first"),
    ):
        done = call(*grpo(data, thinks, tmp_path / "no", *flags))
        assert done.code == code, done.err
        assert why in done.err
        assert len(done.error_lines) == 1
    assert not (tmp_path / "no").exists()


def test_questions_that_nobody_judges_are_told_at_once(thinks: Path, tmp_path: Path) -> None:
    given = tmp_path / "mirage"
    given.mkdir()
    (given / "a.png").write_bytes(encode_rgb(np.zeros((32, 32, 3), np.uint8)))
    words = {"text_input": "Where?", "text_output": "Up.", "image_input": "a.png", "image_output": "a.png"}
    (given / "rows.jsonl").write_text(json.dumps(words))
    published = ("--data", given / "rows.jsonl", "--images", given, "--val", "0", "--output", tmp_path / "plans")
    good(call("vtb-prepare", "latent", *map(str, published)))
    done = call(*grpo(tmp_path, thinks, tmp_path / "no", "--dry-run"))
    assert done.code == 3
    assert "row rows-000001 of train has no example by which the reward vtb judges" in done.err


@pytest.mark.parametrize("numbers", [(900_000, 900_001, 900_002), (40, 41, 42), (737, 737, 737)])
def test_a_model_whose_latents_are_not_its_tokenizers_is_refused(
    numbers: tuple[int, int, int], data: Path, thinks: Path, tmp_path: Path
) -> None:
    shutil.copytree(thinks, tmp_path / "odd", ignore=shutil.ignore_patterns("manifest.json", "plan.json"))
    config = json.loads((tmp_path / "odd/config.json").read_text())
    names = ("latent_token_id", "latent_start_id", "latent_end_id")
    (tmp_path / "odd/config.json").write_text(json.dumps({**config, **dict(zip(names, numbers, strict=True))}))
    asked = ("--input", data / "mazes", "--split", "all", "--model", tmp_path / "odd", "--latent", "force", *ALONE)
    for words in (
        ("vtb-eval", "predict", *asked, "--output", tmp_path / "said"),
        grpo(data, tmp_path / "odd", tmp_path / "no"),
        sft(data, tmp_path / "no", "--model", tmp_path / "odd", "--max-steps", "1"),
    ):
        done = call(*map(str, words))
        assert done.code == 3, done.err
        assert "disagree about the latent tokens" in done.err
        assert len(done.error_lines) == 1


def test_a_model_without_spare_rows_gets_some(data: Path, tmp_path: Path) -> None:
    """Its tables are as large as its tokenizer; a LoRA could not bring rows along."""
    from transformers import AutoModelForImageTextToText

    shutil.copytree(tiny("qwen2_5_vl"), tmp_path / "exact")
    model = AutoModelForImageTextToText.from_pretrained(tmp_path / "exact")
    model.resize_token_embeddings(736)
    model.generation_config.suppress_tokens = None
    model.save_pretrained(tmp_path / "exact")
    short = ("--model", tmp_path / "exact", "--max-steps", "2", "--judge-steps", "0")
    good(call(*sft(data, tmp_path / "full", *short)))
    assert read_manifest(str(tmp_path / "full"), ("checkpoint",)).metrics["weights_changed"] > 0
    done = call(*sft(data, tmp_path / "no", *short, "--tuner", "lora"))
    assert done.code == 3
    assert "no spare rows for the latent tokens: take --tuner full" in done.err


def test_sigterm_saves_and_the_next_run_goes_on(data: Path, tmp_path: Path) -> None:
    whole = ("--max-steps", "30", "--judge-steps", "10", "--judge-count", "2", "--teacher-decay", "0.9")
    good(call(*sft(data, tmp_path / "whole", *whole)))
    command = sft(data, tmp_path / "cut", *whole, "--save-steps", "1")
    process = start(*command)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "cut").glob("checkpoints/checkpoint-*/.complete")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    assert process.returncode in (0, 75), err
    good(call(*command))
    digests = [read_manifest(str(tmp_path / name), ("checkpoint",)).digest for name in ("whole", "cut")]
    assert digests[0] == digests[1]
