"""The published figures of 4D-Bench's captions, in per cent; those of 0 to 5 as shares of 5."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE = (
    "4D-Bench, arXiv 2503.17827, the table of its repository. The gpt columns are marks of 0 to 5 by a language model "
    "(there GPT-4o) as per cent of 5, gpt_eval their mean. CIDEr: here with the document frequencies of the references "
    "of the objects that were asked about, there with others, so these columns are two measures"
)
COLUMNS = ("gpt_eval", "gpt_appearance", "gpt_action", "cider", "bleu_1", "bleu_2", "bleu_3", "bleu_4", "meteor",
           "rouge", "bert", "sbert")  # fmt: skip
_MEASURED = ("cider", "bleu_4", "meteor", "rouge", "bert", "sbert")
_MARKED = ("gpt_appearance", "gpt_action", "gpt_eval")
_ROWS: Mapping[str, tuple[float, ...]] = {
    "GPT-4o": (69.0, 6.4, 35.9, 32.1, 64.1, 66.4, 3.507, 3.258, 3.382),
    "GPT-4o-mini": (51.1, 2.7, 30.8, 24.0, 59.3, 63.5, 3.311, 3.131, 3.221),
    "Gemini-1.5-Pro": (94.8, 11.2, 38.7, 39.0, 68.5, 68.8, 3.311, 2.983, 3.147),
    "Gemini-1.5-Flash": (84.3, 7.3, 36.5, 32.9, 65.3, 68.9, 3.246, 2.931, 3.088),
    "Qwen2-VL-72B": (95.1, 12.4, 40.3, 38.0, 66.8, 67.5, 3.324, 2.791, 3.057),
    "Qwen2-VL-7B": (84.5, 10.1, 36.9, 36.4, 65.7, 66.9, 3.170, 2.666, 2.918),
    "LLaVA-Video-7B": (102.6, 14.6, 41.7, 38.8, 66.7, 68.1, 3.235, 2.552, 2.894),
    "InternVL2-76B": (72.0, 5.5, 34.2, 27.1, 60.9, 65.3, 3.099, 2.637, 2.868),
    "LLaVA-OneVision-7B": (86.4, 10.0, 39.2, 32.7, 63.2, 65.6, 3.166, 2.479, 2.823),
    "LLaVA-Video-72B": (106.2, 15.1, 39.8, 40.9, 68.5, 68.1, 3.138, 2.471, 2.804),
    "LLaVA-OneVision-72B": (107.4, 16.1, 41.1, 41.5, 68.5, 68.0, 3.180, 2.268, 2.724),
    "VideoChat2-Mistral": (79.0, 6.9, 33.5, 33.5, 65.4, 59.7, 2.578, 1.912, 2.245),
    "InternVL2-8B": (48.4, 2.5, 27.9, 22.6, 58.2, 60.3, 2.531, 1.877, 2.204),
    "MiniGPT4-Video": (18.4, 0.6, 23.1, 13.2, 50.7, 51.2, 1.737, 1.351, 1.544),
    "Human": (126.6, 14.12, 45.01, 43.48, 71.69, 76.30, 3.772, 3.879, 3.826),
}


def _row(figures: tuple[float, ...]) -> Mapping[str, float]:
    measured = dict(zip(_MEASURED, figures, strict=False))
    marked = {name: round(20 * mark, 2) for name, mark in zip(_MARKED, figures[len(measured) :], strict=True)}
    return {**measured, **marked}


PUBLISHED: Mapping[str, Mapping[str, float]] = {model: _row(figures) for model, figures in _ROWS.items()}
