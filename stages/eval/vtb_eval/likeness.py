"""How near captions are to references for models of text, from local folders: BERTScore, and the cosine of sentences.

BERTScore (Zhang et al. 2020): F1 of the nearest words of the other sentence, by what the ninth layer makes of them (of
bert-base-uncased; the last layer of a smaller model), every word alike but the first and the last token, which weigh
nothing. Sentences: the mean over all tokens of the last layer, as all-MiniLM-L6-v2 is used. Of several references the
nearest counts.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vtb.engine.no_remote_code import forbid_remote_code
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb.errors import BadInput
from vtb_eval.result import Result

LAYER = 9
LONGEST = 512  # tokens


@dataclass(frozen=True)
class Likeness:
    """The folders of the models; those of None are not asked."""

    words: Path | None = None
    sentences: Path | None = None


UNASKED = Likeness()


def with_likeness(results: Sequence[Result], likeness: Likeness) -> list[Result]:
    """The results; of captions with ``bert`` and ``sbert`` among the details, 0 to 1 (a cosine may be below)."""
    return [_measured(result, likeness) if "caption" in _details(result) else result for result in results]


def _details(result: Result) -> dict[str, Any]:
    return dict(result.signals.get("text", {}).get("details", {}))


def _measured(result: Result, likeness: Likeness) -> Result:
    details = _details(result)
    said, known = details["caption"], details["references"]
    if likeness.words is not None:
        details["bert"] = word_likeness(likeness.words, said, known)
    if likeness.sentences is not None:
        details["sbert"] = sentence_likeness(likeness.sentences, said, known)
    return replace(result, signals={**result.signals, "text": {**result.signals["text"], "details": details}})


def word_likeness(model: Path, caption: str, references: Sequence[str]) -> float:
    """BERTScore's F1 beside the nearest reference.

    Raises:
        BadInput: the model cannot be loaded.
    """
    with _tokens(model, [caption, *references]) as (layers, mask):
        import torch

        states = torch.nn.functional.normalize(layers[min(LAYER, len(layers) - 1)], dim=-1)
        found = [_f1(states[0][mask[0] > 0], one[seen > 0]) for one, seen in zip(states[1:], mask[1:], strict=True)]
    return max(found)


def _f1(said: Any, known: Any) -> float:
    near = said @ known.T
    precision, recall = near.max(1).values[1:-1].mean(), near.max(0).values[1:-1].mean()
    total = float(precision + recall)
    return float(2 * precision * recall) / total if total else 0.0


def sentence_likeness(model: Path, caption: str, references: Sequence[str]) -> float:
    """The cosine beside the nearest reference.

    Raises:
        BadInput: the model cannot be loaded.
    """
    with _tokens(model, [caption, *references]) as (layers, mask):
        import torch

        weights = mask[..., None].to(layers[-1].dtype)
        means = torch.nn.functional.normalize((layers[-1] * weights).sum(1) / weights.sum(1), dim=-1)
        return float((means[1:] @ means[0]).max())


@contextmanager
def _tokens(folder: Path, texts: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """What each layer makes of the tokens of some texts, and which tokens there are."""
    import torch

    tokenizer, model = _loaded(folder)
    inputs = tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
    with torch.inference_mode():
        yield model(**inputs, output_hidden_states=True).hidden_states, inputs["attention_mask"]


@functools.cache
def _loaded(folder: Path) -> tuple[Any, Any]:
    allow_cpu_torchvision()
    from transformers import AutoModel, AutoTokenizer

    forbid_remote_code()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model = AutoModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, trust_remote_code=False
        ).eval()
    except Exception as error:  # the libraries raise what they like about a damaged folder
        raise BadInput(f"{folder}: cannot be loaded as a model of text: {error!r}") from error
    return tokenizer, model
