"""Captions beside references by real tiny models of text: BERTScore and the cosine of sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call
from stages.prepare.room_films import film, room
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb.errors import BadInput

pytestmark = pytest.mark.engine
WORDS = ["a", "the", "red", "blue", "fish", "dog", "swims", "runs", "in", "circle", "and", "leaps"]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT with random weights and a vocabulary of whole words."""
    import torch

    allow_cpu_torchvision()
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (folder / "vocab.txt").write_text("\n".join([*marks, *WORDS]))
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(marks) + len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=32)  # fmt: skip
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def by_hand(folder: Path, text: str) -> Any:
    """The last layer's vectors of all tokens, (tokens, 16)."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    with torch.inference_mode():
        return (
            AutoModel.from_pretrained(folder)
            .eval()(**AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt"))
            .last_hidden_state[0]
        )


def test_words_and_sentences_by_hand(bert: Path) -> None:
    """One reference is shorter, so that it is padded."""
    import torch

    from vtb_eval.likeness import sentence_likeness, word_likeness

    said, known = "a red fish swims", ["the blue dog runs in a circle", "a fish leaps"]
    mine, *theirs = (by_hand(bert, text) for text in (said, *known))
    cosines = [float(torch.cosine_similarity(mine.mean(0), one.mean(0), dim=0)) for one in theirs]
    assert sentence_likeness(bert, said, known) == pytest.approx(max(cosines), abs=1e-5)
    scores = []
    for one in theirs:
        near = torch.tensor([[float(torch.cosine_similarity(a, b, dim=0)) for b in one] for a in mine])
        precision = sum(max(row) for row in near[1:-1].tolist()) / (len(mine) - 2)
        recall = sum(max(row) for row in near.T[1:-1].tolist()) / (len(one) - 2)
        scores.append(2 * precision * recall / (precision + recall))
    assert word_likeness(bert, said, known) == pytest.approx(max(scores), abs=1e-5)
    assert word_likeness(bert, said, [said]) == pytest.approx(1, abs=1e-5)
    assert sentence_likeness(bert, said, [*known, said]) == pytest.approx(1, abs=1e-5)


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    from vtb_eval.likeness import word_likeness

    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BadInput, match="cannot be loaded as a model of text"):
        word_likeness(tmp_path, "a", ["b"])


def test_scores_have_both(bert: Path, tmp_path: Path) -> None:
    head = "folder_name," + ",".join(f"caption_{number}" for number in range(1, 6))
    (tmp_path / "a.csv").write_text(f"{head}\naa,a red fish swims,a fish leaps,,,\nbb,a dog runs,,,,\n")
    for number in (1, 8, 16):
        for thing in ("aa", "bb"):
            film(tmp_path / "videos" / thing / f"view_{number}_rgb_white_bg.mp4", room(number, frames=6))
    given = ("--benchmark", "4d-bench-captions", "--questions", tmp_path / "a.csv", "--videos", tmp_path / "videos")
    done = call("vtb-prepare", "questions", *given, "--workers", "1", "--output", tmp_path / "asked")
    assert done.code == 0, done.err
    (tmp_path / "texts").mkdir()
    for thing, text in {"aa": "caption: a red fish leaps", "bb": "caption: a dog runs"}.items():
        (tmp_path / "texts" / f"4d-bench-captions-{thing}.txt").write_text(text)
    answers = ("--input", tmp_path / "asked", "--answers", tmp_path / "texts", "--workers", "1")
    more = ("--bert-model", bert, "--sentence-model", bert)
    done = call("vtb-eval", "score", *answers, *more, "--output", tmp_path / "scores")
    assert done.code == 0, done.err
    assert "mean ROUGE-L: " in done.err
    assert "right: " not in done.err
    shown = call("vtb", "show", tmp_path / "scores").out
    assert "answers  mean ROUGE-L" in shown
    assert "/2 " not in shown
    page = (tmp_path / "scores/report.html").read_text()
    assert "mean ROUGE-L <span" in page
    assert "Right answers" not in page
    table = json.loads((tmp_path / "scores/scores.json").read_text())["benchmarks"]["4d-bench-captions"]["own"]
    assert 0 < table["this run"]["bert"] <= 100
    assert 0 < table["this run"]["sbert"] <= 100
    found = json.loads((tmp_path / "scores/captions_scores/bb.json").read_text())
    assert found["vtb_caption_4d_baseline_BERT_score"] == pytest.approx(1, abs=1e-5)
    assert found["vtb_caption_4d_baseline_MiniLM_score"] == pytest.approx(1, abs=1e-5)
    (tmp_path / "texts/4d-bench-captions-aa.txt").write_text("a blue dog")
    worse = call("vtb-eval", "score", *answers, "--against", tmp_path / "scores", "--output", tmp_path / "worse")
    assert "0 better, 1 worse, 1 alike; mean ROUGE-L -" in worse.err, worse.err
    page = (tmp_path / "worse/report.html").read_text()
    assert ">alike<" in page
    assert "right in both" not in page
    missing = call("vtb-eval", "score", *answers, "--bert-model", tmp_path / "none", "--output", tmp_path / "other")
    assert missing.code == 4
