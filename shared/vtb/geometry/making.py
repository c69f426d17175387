"""A model ready to be trained: loaded or made of a Qwen-VL and an encoder, with what is trained of it marked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtb.engine import own_model
from vtb.errors import BadInput
from vtb.geometry.encoder import check_encoder, load_encoder
from vtb.geometry.kind import KINDS, has_geometry
from vtb.geometry.known import make_known

if TYPE_CHECKING:
    from vtb.geometry.job import Geometry, Job

_OWN = ("model_type", "architectures")  # what a configuration says of its own class


def load_model(job: Job, processor: Any) -> Any:
    """The model that a job starts from, on the CPU, in the precision that it is computed in.

    Raises:
        BadInput: it cannot be loaded, or is another one than the job is for.
    """
    make_known(job.model)
    model = own_model.load_model(job.model, job.device)
    if has_geometry(job.model) or job.geometry == "none":
        return model
    assert job.encoder is not None
    encoder = load_encoder(job.encoder)
    return with_geometry(model, encoder, processor, job.geometry, job.queries, job.seed)


def check_model(folder: Path, geometry: Geometry, encoder: Path | None) -> None:
    """Refuse a model, an encoder and a way of using it that do not go together, by files and headers alone.

    Raises:
        BadInput: they do not.
    """
    from vtb.artifact.model_folder import read_json

    config = read_json(folder / "config.json")
    kind = config.get("model_type") if isinstance(config, dict) else None
    if has_geometry(folder):
        mode = (config.get("geometry_config") or {}).get("mode")
        if mode != geometry:
            raise BadInput(f"{folder}: was made with --geometry {mode}: give the same, or start from a Qwen-VL")
        if encoder is not None:
            raise BadInput(f"{folder}: has its geometry encoder: leave out --encoder")
    elif kind not in KINDS:
        names = ", ".join(KINDS)
        raise BadInput(f"{folder}: is of type {kind}: geometry is made for Qwen2.5-VL and Qwen3-VL ({names})")
    elif encoder is not None:
        check_encoder(encoder)
    elif geometry != "none":
        raise BadInput(f"{folder}: with --geometry {geometry} it needs --encoder")


def with_geometry(model: Any, encoder: Any, processor: Any, mode: Geometry, queries: int, seed: int) -> Any:
    """A Qwen-VL as a model with geometry; it shares the weights, those of the module are drawn by the seed."""
    import torch

    from vtb.geometry.config import GeometryConfig
    from vtb.geometry.module import Geometry
    from vtb.geometry.qwen import MADE_OF

    pictures, tokenizer = processor.image_processor, processor.tokenizer
    special = sorted(number for number, token in tokenizer.added_tokens_decoder.items() if token.special)
    own = GeometryConfig(
        mode=mode, queries=queries, image_mean=pictures.image_mean, image_std=pictures.image_std, special_ids=special,
        encoder_config=encoder.config,
    )  # fmt: skip
    plain = {name: value for name, value in model.config.to_dict().items() if name not in _OWN}
    make = MADE_OF[model.config.model_type]
    config = make.config_class(geometry_config=own, **plain)
    config.tie_word_embeddings = model.config.tie_word_embeddings
    with torch.device("meta"):
        made = make(config)
    made.model.visual, made.model.language_model = model.model.visual, model.model.language_model
    made.lm_head, made.generation_config = model.lm_head, model.generation_config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)
        made.geometry = Geometry(config)
        made.geometry.start(config.text_config.initializer_range)
    made.geometry.encoder = encoder
    return made.to(model.dtype)
