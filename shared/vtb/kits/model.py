"""A model of ours that answers what a kit says: a folder or a checkpoint artifact, with an adapter or without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.artifact.local import find_model
from vtb.datasets.moving import Moving, as_metadata, scaled
from vtb.engine.greedy import make_greedy, settle
from vtb.engine.no_remote_code import forbid_remote_code
from vtb.engine.vision_language import load_processor, load_vision_language
from vtb.errors import BadInput
from vtb.formats.special_tokens import neutral
from vtb.geometry.as_trained import shown_in_training
from vtb.geometry.known import make_known
from vtb.kits.clips import frames_of
from vtb.kits.turns import Part, Turn
from vtb.latent.tokens import read_latent_config
from vtb.media.image import MAX_FILE, UnreadableImage, decode_image
from vtb.media.video import UnreadableVideo
from vtb.regular_file import read_regular

MAX_PIXELS = 262_144  # of a picture or a frame, as trainings of ours show them
FRAMES = 32  # of a video, where the kit does not say


@dataclass(frozen=True)
class Asked:
    """How a kit wants an answer.

    Attributes:
        max_new_tokens: its length at most.
        temperature: 0 takes the likeliest token always.
        top_p: of the likeliest tokens, where others are not to be taken.
        until: where the answer ends before the first of these.
        frames: to show of a video; None takes ``fps``.
        fps: frames a second to show of a video.
    """

    max_new_tokens: int = 1024
    temperature: float = 0.0
    top_p: float | None = None
    until: tuple[str, ...] = ()
    frames: int | None = FRAMES
    fps: float | None = None


class FolderModel:
    """A vision-language model that answers one question at a time."""

    def __init__(self, model: str, adapter: str | None, device: str, max_pixels: int | None) -> None:
        """Load everything; only safetensors, no code from the folders.

        Larger pictures are scaled down to ``max_pixels``; None takes what the model says of its training.

        Raises:
            BadInput: it cannot be loaded, or thinks in latents, which kits cannot let it do.
        """
        import torch

        forbid_remote_code()
        folders = [find_model(model).folder(), *([find_model(adapter, ("adapter",)).folder()] if adapter else [])]
        if any(read_latent_config(folder) is not None for folder in folders):
            raise BadInput(f"{adapter or model}: thinks in latents, which only vtb-eval predict lets it do")
        shown = shown_in_training(*folders)
        self.device = device
        self._max_pixels = max_pixels or (shown.max_pixels if shown else MAX_PIXELS)
        make_known(folders[0])
        self._processor = load_processor(folders[0], self._max_pixels)
        dtype = torch.float32 if device == "cpu" else torch.bfloat16
        loaded = load_vision_language(folders[0], next(iter(folders[1:]), None), dtype)
        self._model = loaded.to(device).eval()
        self._own_settings = self._model.generation_config

    def answer(self, turns: Sequence[Turn], asked: Asked) -> str:
        """The answer to some turns.

        Raises:
            BadInput: a picture or a video cannot be read.
        """
        import torch

        inputs = self._inputs(turns, asked).to(self.device)
        sampling = self._sampling(asked)
        with torch.inference_mode():
            tokens = self._model.generate(**inputs, max_new_tokens=asked.max_new_tokens, **sampling)
        new = tokens[:, inputs["input_ids"].shape[1] :]
        text = str(self._processor.batch_decode(new, skip_special_tokens=True)[0])
        for end in asked.until:
            text = text.partition(end)[0] if end else text
        return text.strip()

    def _sampling(self, asked: Asked) -> Mapping[str, Any]:
        settle(self._model, self._own_settings)
        if asked.temperature == 0:
            make_greedy(self._model)
            return {"do_sample": False}
        nucleus = {} if asked.top_p is None else {"top_p": asked.top_p}
        return {"do_sample": True, "temperature": asked.temperature, **nucleus}

    def _inputs(self, turns: Sequence[Turn], asked: Asked) -> Any:
        chat = [{"role": turn.role, "content": [_shown(part) for part in turn.parts]} for turn in turns]
        text = self._processor.apply_chat_template(chat, add_generation_prompt=True)
        parts = [part for turn in turns for part in turn.parts]
        pictures = [_picture(part.value, self._max_pixels) for part in parts if part.kind == "image"]
        clips = [self._clip(part.value, asked) for part in parts if part.kind == "video"]
        media: dict[str, Any] = {"images": pictures} if pictures else {}
        if clips:
            media |= {"videos": [one.frames for one in clips], "do_sample_frames": False,
                      "video_metadata": [as_metadata(one) for one in clips]}  # fmt: skip
        return self._processor(text=[text], return_tensors="pt", **media)

    def _clip(self, place: Any, asked: Asked) -> Moving:
        if not isinstance(place, (str, Path)):
            raise BadInput(f"a video is shown as {type(place).__name__}: our models take the path of a file")
        try:
            return frames_of(Path(str(place).removeprefix("file://")), asked.frames, asked.fps, self._max_pixels)
        except UnreadableVideo as error:
            raise BadInput(f"{place}: {error}") from error


def _shown(part: Part) -> dict[str, str]:
    return {"type": "text", "text": neutral(str(part.value))} if part.kind == "text" else {"type": part.kind}


def _picture(value: Any, max_pixels: int) -> Any:
    """A picture of Pillow from one, or from the path of a file."""
    import numpy as np
    from PIL import Image

    if isinstance(value, Image.Image):
        pixels = np.asarray(value.convert("RGB"))
    elif isinstance(value, (str, Path)):
        try:
            pixels = decode_image(read_regular(Path(str(value).removeprefix("file://")), MAX_FILE))
        except (OSError, UnreadableImage) as error:
            raise BadInput(f"{value}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    else:
        raise BadInput(f"a picture is shown as {type(value).__name__}: our models take a path, or one of Pillow")
    return Image.fromarray(scaled(pixels, max_pixels))
