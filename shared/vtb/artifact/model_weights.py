"""Whether the weights of a model's folder are there, all of them, before anything is started that loads them."""

from __future__ import annotations

from pathlib import Path

from vtb.artifact.model_folder import read_json
from vtb.errors import BadInput
from vtb.formats.leftovers import without_leftovers

_WEIGHTS = ".safetensors"
_INDEX = f"{_WEIGHTS}.index.json"


def check_weights(folder: Path) -> None:
    """Refuse a model or an adapter, as transformers and PEFT keep it, whose weights are not there.

    Raises:
        BadInput: there are none, or not all that the index of its parts names.
    """
    for index in without_leftovers(folder, sorted(folder.glob(f"*{_INDEX}"))):
        if index.with_name(index.name.removesuffix(_INDEX) + _WEIGHTS).is_file():
            continue  # which is taken, and not the parts
        content = read_json(index)
        parts = content.get("weight_map") if isinstance(content, dict) else None
        if not isinstance(parts, dict):
            raise BadInput(f"{index}: names no parts: bring the model again")
        lacking = sorted({str(part) for part in parts.values() if not (folder / str(part)).is_file()})
        if lacking:
            more = f" and {len(lacking) - 1} more" if lacking[1:] else ""
            raise BadInput(f"{folder}: lacks {lacking[0]}{more}, which {index.name} names: bring the whole model")
    if not any(without_leftovers(folder, folder.glob(f"*{_WEIGHTS}"))):
        raise BadInput(f"{folder}: has no weights (*.safetensors; other forms are not read): bring the whole model")
