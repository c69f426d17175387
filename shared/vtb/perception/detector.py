"""Grounding DINO (arXiv 2303.05499), asked for given phrases: which things of named classes a picture holds.

The model scores a box against every token of a text. Here the text is the names of the classes, and a box's score for a
class is the mean over the tokens of its name (the "given phrase" mode of the released code, as the DSR Suite uses it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vtb.media.image import Image
from vtb.media.video import UnreadableVideo
from vtb.perception.loading import load_model, load_processor
from vtb.perception.perceived import Floats

LEAST_SCORE = 0.35
MOST_OVERLAP = 0.6  # as intersection over union


@dataclass(frozen=True)
class Detections:
    """What was found in one picture, best first.

    Attributes:
        boxes: shape (n, 4), in pixels: left, top, right, bottom.
        scores: shape (n,), 0 to 1.
        labels: the class of each.
    """

    boxes: Floats
    scores: Floats
    labels: tuple[str, ...]


class Detector:
    """A Grounding DINO that finds things by the names of their classes."""

    def __init__(self, model: Any, tokenizer: Any, image_processor: Any, least_score: float = LEAST_SCORE) -> None:
        self.model, self.tokenizer, self.image_processor, self.least_score = (
            model, tokenizer, image_processor, least_score
        )  # fmt: skip

    @classmethod
    def load(cls, folder: Path, device: str, dtype: Any) -> Detector:
        """From a folder as it is published.

        Raises:
            NotAvailable: it is missing, or what loads it.
            BadInput: it is damaged, or of another model.
        """
        model = load_model("GroundingDinoForObjectDetection", folder, device, dtype)
        tokenizer = load_processor("AutoTokenizer", folder, "tokenizer.json")
        pictures = load_processor("GroundingDinoImageProcessor", folder, "preprocessor_config.json")
        return cls(model, tokenizer, pictures)

    def detect(self, picture: Image, labels: Sequence[str]) -> Detections:
        """The things of these classes in a picture (H, W, 3); no thing twice, whatever classes it answers to.

        Raises:
            UnreadableVideo: there are more classes than the model can read.
        """
        if not labels:
            return Detections(np.zeros((0, 4)), np.zeros(0), ())
        logits, boxes, spans = self._look(picture, labels)
        scores = phrase_scores(logits, spans)
        best = scores.argmax(axis=1)
        score = scores.max(axis=1)
        kept = [number for number in in_order(score) if score[number] > self.least_score]
        height, width = picture.shape[:2]
        corners = _corners(boxes) * np.array([width, height, width, height], np.float64)
        kept = [kept[place] for place in without_repeats(corners[kept])]
        return Detections(corners[kept], score[kept], tuple(labels[best[number]] for number in kept))

    def _look(self, picture: Image, labels: Sequence[str]) -> tuple[Floats, Floats, list[list[int]]]:
        """Logits (boxes, tokens), boxes (n, 4) as the model has them, and the tokens of each class."""
        import torch

        text, spans = self._read(labels)
        pixels = self.image_processor(images=picture, input_data_format="channels_last", return_tensors="pt")
        model, most = self.model, self.model.config.max_text_len
        if text["input_ids"].shape[1] > most:
            raise UnreadableVideo(f"has more classes than the detector reads at once, {most} tokens of text")
        with torch.inference_mode():
            found = model(
                pixel_values=pixels["pixel_values"].to(model.device, model.dtype),
                pixel_mask=pixels["pixel_mask"].to(model.device),
                **{name: text[name].to(model.device) for name in ("input_ids", "token_type_ids", "attention_mask")},
            )
        logits, boxes = (tensor[0].double().cpu().numpy() for tensor in (found.logits, found.pred_boxes))
        return logits, boxes, spans

    def _read(self, labels: Sequence[str]) -> tuple[Any, list[list[int]]]:
        """The text of all classes, ``a dog. a cat.``, as tokens, and the places of each class in it."""
        caption, ends = "", []
        for label in labels:
            caption += label
            ends.append((len(caption) - len(label), len(caption)))
            caption += ". "
        text = self.tokenizer(
            caption.rstrip(), return_offsets_mapping=True, return_token_type_ids=True, return_tensors="pt"
        )
        offsets = text["offset_mapping"][0].tolist()
        return text, [
            [place for place, (first, last) in enumerate(offsets) if start <= first < last <= end]
            for start, end in ends
        ]


def phrase_scores(logits: Floats, spans: Sequence[Sequence[int]]) -> Floats:
    """How well each box answers to each phrase, shape (boxes, phrases): the mean probability over its tokens.

    Args:
        logits: shape (boxes, tokens); minus infinity where there is no token.
        spans: the tokens of each phrase; one without any is answered to by nothing.
    """
    with np.errstate(over="ignore"):
        chances = 1 / (1 + np.exp(-logits))
    none = np.zeros(len(logits))
    return np.stack([chances[:, list(span)].mean(axis=1) if span else none for span in spans], axis=1)


def in_order(scores: Floats) -> list[int]:
    """The numbers of the scores, best first; of equal ones the first."""
    return [int(number) for number in np.argsort(-scores, kind="stable")]


def without_repeats(boxes: Floats) -> list[int]:
    """The numbers of boxes (n, 4), best first, but for those that overlap a better one: one thing under two classes."""
    kept: list[int] = []
    for number, box in enumerate(boxes):
        if not kept or overlaps(box, boxes[kept]).max() <= MOST_OVERLAP:
            kept.append(number)
    return kept


def overlaps(box: Floats, others: Floats) -> Floats:
    """Intersection over union of a box with others (n, 4)."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    common = np.maximum(high - low, 0).prod(axis=1)
    both = (box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1) - common
    return np.asarray(np.divide(common, both, out=np.zeros_like(common), where=both > 0), np.float64)


def _corners(boxes: Floats) -> Floats:
    """Boxes of centre and size as left, top, right and bottom, within the picture: 0 to 1."""
    middle, half = boxes[:, :2], boxes[:, 2:] / 2
    return np.asarray(np.clip(np.concatenate([middle - half, middle + half], axis=1), 0, 1), np.float64)
