"""A vision-language model that answers batches of questions, through transformers and peft."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vtb.chat.said import CUT_OFF, STOPPED
from vtb.datasets.asked import Asked
from vtb.datasets.moving import as_metadata, moving
from vtb.engine.greedy import make_greedy
from vtb.engine.no_remote_code import forbid_remote_code
from vtb.engine.vision_language import load_processor, load_vision_language
from vtb.errors import NotAvailable
from vtb.geometry.as_trained import shown_in_training
from vtb.geometry.known import make_known
from vtb.latent.tokens import LatentTokens, known_latents, read_latent_config
from vtb.media.image import decode_image
from vtb_eval.prediction import Answer
from vtb_eval.questions import Question

if TYPE_CHECKING:
    from vtb_eval.thinking import Thinker

log = logging.getLogger("vtb.eval")


@dataclass(frozen=True)
class Generation:
    """How answers are made.

    Attributes:
        max_new_tokens: longest answer.
        temperature: 0 takes the likeliest token always.
        seed: of the sampling.
        max_pixels: larger pictures are scaled down to this many pixels.
        latent: when a model that knows latents thinks in them.
        ablations: also answer with the latents taken away.
        early_end: whether the model may end a segment before it has all its latents.
    """

    max_new_tokens: int
    temperature: float
    seed: int
    max_pixels: int
    latent: Literal["auto", "force", "forbid"] = "auto"
    ablations: bool = False
    early_end: bool = False


class VisionLanguageModel:
    """A model folder, with an adapter on top or without, on one device."""

    def __init__(
        self, model: Path, adapter: Path | None, device: Literal["auto", "cpu", "cuda"], generation: Generation
    ) -> None:
        """Load everything; only safetensors, only local files, no code from the folder."""
        forbid_remote_code()
        make_known(model)
        self.generation, shown = generation, shown_in_training(model, adapter)
        self._seconds = shown is not None and shown.seconds
        self.device = _device(device)
        learned = adapter if adapter is not None and read_latent_config(adapter) is not None else model
        self._processor = load_processor(learned, generation.max_pixels)
        tokens = known_latents(learned, self._processor.tokenizer)
        self._model = _load(model, adapter, self.device, tokens)
        if generation.temperature == 0:
            make_greedy(self._model)
        self._thinker = self._make_thinker(tokens)

    def answer(self, questions: Sequence[Question], first: int) -> list[Answer]:
        """The answers to a batch of questions, in their order.

        Sampling depends on the number of the first question alone, not on what this process has answered before.
        """
        import torch

        seed, inputs = (self.generation.seed + first) % 2**63, self._inputs(questions)
        sampling: dict[str, Any] = {"do_sample": False}
        if self.generation.temperature > 0:
            sampling = {"do_sample": True, "temperature": self.generation.temperature}
        settings = {"max_new_tokens": self.generation.max_new_tokens, **sampling}
        if self._thinker is not None:
            found = self._thinker.answer(inputs, seed, **settings)
            return [Answer(one.text, self._end(one.ids), {}, one.segments, one.without) for one in found]
        torch.manual_seed(seed)
        with torch.inference_mode():
            tokens = self._model.generate(**inputs, **settings)
        new = tokens[:, inputs["input_ids"].shape[1] :]
        texts = self._processor.batch_decode(new, skip_special_tokens=True)
        return [Answer(text, self._end(ids)) for text, ids in zip(texts, new.tolist(), strict=True)]

    def _end(self, ids: Sequence[int]) -> str:
        """Why an answer ends where it does."""
        ends = self._model.generation_config.eos_token_id
        every = set(ends if isinstance(ends, list) else [ends])
        return STOPPED if every & set(ids) else CUT_OFF

    def _make_thinker(self, tokens: LatentTokens | None) -> Thinker | None:
        if tokens is None:
            return None
        from vtb_eval.thinking import Thinker

        how = self.generation
        return Thinker(
            self._model, self._processor.tokenizer, tokens, how.latent, ablations=how.ablations,
            early_end=how.early_end,
        )  # fmt: skip

    def _inputs(self, questions: Sequence[Question]) -> Any:
        texts = [self._processor.apply_chat_template(as_chat(one), add_generation_prompt=True) for one in questions]
        every = [one for question in questions for one in question.shown]  # the processor counts through all texts
        media = {**_pictures(every), **self._clips(every)}
        inputs = self._processor(text=texts, padding=True, return_tensors="pt", **media)
        return inputs.to(self.device)

    def _clips(self, every: Sequence[Asked]) -> dict[str, Any]:
        """Frames as the model's training had them."""
        clips = [as_told(one, seconds=self._seconds) for one in every if one.kind != "image"]
        if not clips:
            return {}
        found = [moving(one, self.generation.max_pixels) for one in clips]
        told = [as_metadata(one) for one in found]
        return {"videos": [one.frames for one in found], "video_metadata": told, "do_sample_frames": False}


def as_told(clip: Asked, *, seconds: bool) -> Asked:
    """A clip as a training had it: with its seconds, or as two frames a second whatever is known."""
    return clip if seconds else replace(clip, seconds=())


def as_chat(question: Question) -> list[dict[str, Any]]:
    """The turn of the user: what is shown in its order, then the words."""
    shown = [{"type": "image" if one.kind == "image" else "video"} for one in question.shown]
    return [{"role": "user", "content": [*shown, {"type": "text", "text": question.text}]}]


def _pictures(every: Sequence[Asked]) -> dict[str, Any]:
    from PIL import Image

    found = [Image.fromarray(decode_image(one.files[0])) for one in every if one.kind == "image"]
    return {"images": found} if found else {}


def _device(wanted: str) -> str:
    import torch

    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise NotAvailable("--device cuda: this machine has no usable NVIDIA GPU: take --device cpu, or a GPU machine")
    return wanted


def _load(model: Path, adapter: Path | None, device: str, tokens: LatentTokens | None) -> Any:
    import torch

    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    log.info("loading %s on %s%s", model, device, f" with adapter {adapter}" if adapter else "")
    rows = max(tokens.pad, tokens.start, tokens.end) + 1 if tokens is not None else 0
    loaded = load_vision_language(model, adapter, dtype, tokens=rows)
    return loaded.to(device).eval()
