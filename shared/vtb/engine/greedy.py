"""At temperature 0 the likeliest token is taken, whatever the model's folder says about making answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtb.artifact.model_folder import read_json
from vtb.errors import BadInput

# What says where an answer ends is the model's to say; everything else would change which token is taken.
_KEPT = ("bos_token_id", "eos_token_id", "pad_token_id")


def ignored_settings(model: Path) -> dict[str, Any]:
    """The settings of ``generation_config.json`` that a greedy answer does not follow, by name.

    Raises:
        BadInput: the file says where answers end in a way that cannot be.
    """
    path = model / "generation_config.json"
    content = read_json(path) if path.is_file() else {}
    for name in _KEPT:
        value = content.get(name) or []
        if not all(isinstance(token, int) for token in (value if isinstance(value, list) else [value])):
            raise BadInput(f"{model}: {name} in {path.name} is no list of numbers: use a model that is whole")
    return {
        name: value
        for name, value in sorted(content.items())
        if name not in (*_KEPT, "transformers_version") and not name.startswith("_") and value is not None
    }


def make_greedy(model: Any) -> None:
    """Replaces a loaded model's settings by the library's own, under which nothing touches the scores."""
    from transformers import GenerationConfig

    settle(model, GenerationConfig(**{name: getattr(model.generation_config, name) for name in _KEPT}))


def settle(model: Any, settings: Any) -> None:
    """Gives a loaded model settings; below an adapter, too, which asks those only if it is of a language model."""
    model.generation_config = settings
    if hasattr(model, "get_base_model"):
        model.get_base_model().generation_config = settings
