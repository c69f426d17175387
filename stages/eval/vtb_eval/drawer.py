"""A model of this machine that draws its answers, and the shards of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vtb.datasets.chunk import Loaded
from vtb.datasets.odd_records import odd_figure
from vtb.diffusion.adapter import Adapter, adapter_for, put_on
from vtb.diffusion.drawn_form import newest
from vtb.diffusion.rows import Sample as ToDraw
from vtb.diffusion.sampling import Sampling, draw_answer
from vtb.diffusion.variants import VARIANTS
from vtb.diffusion.weight_files import check_weights
from vtb.diffusion.whole_model import EDIT_PIXELS, Shown, shown_in_training
from vtb.engine.hardware import choose_device
from vtb.errors import BadInput
from vtb.formats.shared_frames import fold
from vtb.formats.special_tokens import neutral
from vtb.formats.webdataset import Sample, write_tar
from vtb.media.fitting import fitting_size, resized
from vtb.media.image import Image, decode_image, encode_rgb
from vtb.media.video import UnreadableVideo, decode_ends, encode_rgb_clip
from vtb.rng import sample_seed
from vtb.stage.executor import ShardResult, Tick
from vtb_eval.drawing_options import CLIP_SIZE, DRAW_PIXELS, FRAMES, DrawingOptions
from vtb_eval.prediction import PREDICTION, Prediction, drawn_name, encode_prediction
from vtb_eval.questions import ShardWork, read_loaded

log = logging.getLogger("vtb.eval")


class Drawer:
    """Makes shards of drawn answers; the model is loaded when the first shard is really missing."""

    def __init__(self, folders: Sequence[Path], seed: int, device: str, options: DrawingOptions) -> None:
        """``folders`` are the model's and, where there is one, the adapter's.

        Raises:
            BadInput: they are of another model.
        """
        assert options.variant is not None
        self._folders, self._seed, self._device, self._options = folders, seed, device, options
        self._variant = VARIANTS[options.variant]
        self._pipe: Any = None
        model, *adapters = folders
        if problem := self._variant.missing(model):
            raise BadInput(problem)
        check_weights(self._variant.find(model))
        shown, learned = shown_in_training(model), [adapter_for(self._variant, folder) for folder in adapters]
        said: list[Shown | Adapter] = [*([shown] if shown is not None else []), *learned]  # the last has the last word
        self._edit_pixels = options.edit_pixels or (said[-1].edit_pixels if said else EDIT_PIXELS)
        form = newest([one.form for one in said])
        self._draw_pixels = options.draw_pixels or form.pixels or DRAW_PIXELS
        self._frames, self._size = options.frames or form.frames or FRAMES, options.clip_size or form.size or CLIP_SIZE

    def __call__(self, work: ShardWork, tick: Tick) -> ShardResult:
        """The answers to one shard of questions."""
        odd, samples = list[str](), list[Sample]()
        for loaded in read_loaded(work, odd):
            try:
                to_draw = self._to_draw(loaded)
            except BadInput as error:
                odd.append(f"{loaded.key[:100]!r} cannot be drawn ({error})")
                continue
            finally:
                tick(1)
            samples.append(self._answered(loaded, to_draw))
        return ShardResult(write_tar(fold(samples)), len(samples), stats={"cut_off": 0, **odd_figure(odd)})

    def _answered(self, loaded: Loaded, asked: ToDraw) -> Sample:
        """One puzzle with all answers to it."""
        sampling = Sampling(self._options.inference_steps, self._options.guidance, self._edit_pixels)
        drawn = {}
        for attempt in range(self._options.samples):
            seed = sample_seed(self._seed, f"drawn/{loaded.key}", attempt)
            frames = draw_answer(self._loaded_pipe(), self._variant, asked, sampling, seed)
            drawn[drawn_name(attempt, moving=self._variant.moving)] = self._file(frames)
        said = encode_prediction(Prediction(loaded.example, asked.prompt, ""))
        shown = {name: file for one in loaded.asked for name, file in zip(one.names, one.files, strict=True)}
        return Sample(loaded.key, {PREDICTION: said, **shown, **drawn})

    def _file(self, frames: Sequence[Image]) -> bytes:
        if not self._variant.moving:
            return encode_rgb(frames[0])
        height, width = frames[0].shape[:2]
        return encode_rgb_clip(frames, (width, height), self._options.fps)

    def _to_draw(self, loaded: Loaded) -> ToDraw:
        """The words, what the model sees, and the form of what it is to draw.

        Raises:
            BadInput: it cannot be asked about this.
        """
        if any(one.kind != "image" for one in loaded.asked):
            raise BadInput("it asks about a clip")
        if self._variant.moving:
            return self._clip_to_draw(loaded)
        pictures = [decode_image(one.files[0]) for one in loaded.asked]
        if self._variant.shown == "picture" and len(pictures) > 1:
            raise BadInput(f"it shows {len(pictures)} pictures, and {self._variant.name} edits one")
        height, width = pictures[0].shape[:2]
        size = fitting_size(width, height, self._draw_pixels, self._variant.multiple)
        shown = [] if self._variant.shown == "nothing" else [resized(picture, size) for picture in pictures]
        return ToDraw(neutral(loaded.example.prompts.image), (), shown, size)

    def _clip_to_draw(self, loaded: Loaded) -> ToDraw:
        """As the puzzle's own clip begins; without one, the picture fills the frame, as the judges then take it."""
        first, length = resized(loaded.puzzle, self._size), self._frames
        if loaded.clip is not None:
            try:
                ends = decode_ends(loaded.clip())
            except UnreadableVideo as error:
                raise BadInput(f"its clip cannot be read ({error})") from error
            first, length = ends.first, ends.count
        height, width = first.shape[:2]
        if width % self._variant.multiple or height % self._variant.multiple or length % 4 != 1:
            raise BadInput(f"its clip of {length} frames of {width}x{height} is not of a form that the model draws")
        shown = [] if self._variant.shown == "nothing" else [first]
        return ToDraw(neutral(loaded.example.prompts.video), (), shown, (width, height), length)

    def _loaded_pipe(self) -> Any:
        if self._pipe is None:
            log.info("starting DiffSynth-Studio, which takes some seconds")
            import torch

            from vtb.diffusion.pipelines import load_pipeline

            device = choose_device(self._device)
            dtype = torch.float32 if device == "cpu" else torch.bfloat16
            model, *adapters = self._folders
            self._pipe = load_pipeline(self._variant, model, device, dtype)
            for adapter in adapters:
                put_on(self._pipe, self._variant, adapter)
        return self._pipe
