"""Loads a model's folder into DiffSynth-Studio's pipeline, from local files alone."""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from vtb.diffusion.picture_positions import restore_picture_positions
from vtb.diffusion.variants import Variant
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb.errors import BadInput

log = logging.getLogger("vtb.engine")


def import_engine() -> None:
    """Make the engine importable, and keep it off the network; call it before the first import of diffsynth."""
    os.environ["DIFFSYNTH_SKIP_DOWNLOAD"] = "True"
    os.environ["HF_HUB_OFFLINE"] = "1"
    allow_cpu_torchvision()


def load_pipeline(variant: Variant, folder: Path, device: str, dtype: Any, parts: Collection[str] | None = None) -> Any:
    """The engine's pipeline of a model.

    Args:
        variant: which model it is.
        folder: its files, as they are published.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        dtype: of all weights, a ``torch.dtype``.
        parts: which to load (``dit``, ``dit2``, ``text_encoder``, ``vae``); None for all.

    Raises:
        BadInput: a part is missing, or is of another model.
    """
    import_engine()
    with engine_words():
        return _load(variant, folder, device, dtype, parts)


@contextlib.contextmanager
def engine_words() -> Iterator[None]:
    """What the engine prints goes to the log, at the level of debugging."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield
    finally:
        for line in said.getvalue().splitlines():
            log.debug(line)


def _load(variant: Variant, folder: Path, device: str, dtype: Any, parts: Collection[str] | None) -> Any:
    from diffsynth.core import ModelConfig

    from vtb.diffusion.tiny.known import know_tiny_parts

    files = {part: paths for part, paths in variant.find(folder).items() if parts is None or part in parts}
    know_tiny_parts(folder, files)
    configs = [ModelConfig(path=paths if len(paths) > 1 else paths[0]) for paths in files.values()]
    tools = {"tokenizer_config": ModelConfig(path=str(folder / variant.tokenizer))}
    if variant.family == "qwen-image":
        tools["processor_config"] = ModelConfig(path=str(folder / variant.processor)) if variant.processor else None
    try:
        pipe = _class(variant).from_pretrained(torch_dtype=dtype, device=device, model_configs=configs, **tools)
    except ValueError as error:
        if "Cannot detect the model type" not in str(error):
            raise
        raise BadInput(f"{folder}: holds weights of a model that the engine does not know ({error})") from error
    if pipe.text_encoder is not None and variant.shown in ("picture", "pictures"):
        restore_picture_positions(pipe.text_encoder)
    return pipe


def _class(variant: Variant) -> Any:
    if variant.family == "wan":
        from diffsynth.pipelines.wan_video import WanVideoPipeline

        return WanVideoPipeline
    from diffsynth.pipelines.qwen_image import QwenImagePipeline

    return QwenImagePipeline
