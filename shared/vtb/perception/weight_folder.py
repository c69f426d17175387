"""Whether a folder holds the weights that models of perception are loaded from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vtb.artifact.output import file_sha256
from vtb.diffusion.weight_files import header
from vtb.errors import BadInput
from vtb.perception.published import WEIGHTS, Weights
from vtb.regular_file import read_regular

_MOST_JSON = 1 << 28


@dataclass(frozen=True)
class Finding:
    """What is the matter with the weights of one model, in one line; nothing where all is well."""

    weights: Weights
    missing: str = ""
    wrong: str = ""


def check_folder(folder: Path) -> Iterator[Finding]:
    """Look at the weights of every model, one after the other."""
    for weights in WEIGHTS.values():
        yield check_weights(folder, weights)


def check_weights(folder: Path, weights: Weights) -> Finding:
    """Look at the weights of one model in a folder of all weights; files with a known hash are read in full."""
    return _missing(folder, weights) or Finding(weights, wrong=_wrong(folder / weights.name, weights))


def _missing(folder: Path, weights: Weights) -> Finding | None:
    place = folder / weights.name
    lacking = [name for name in weights.files if not (place / name).is_file()]
    if not lacking:
        return None
    fetch = f"vtb weights fetch {weights.name} --to {folder}"
    if weights.pickle and (place / Path(weights.pickle).name).is_file():
        return Finding(weights, f"{place}: lies there as published, still to be converted: {fetch}")
    return Finding(weights, f"{place}: has no {', '.join(lacking)}: {fetch}")


def _wrong(place: Path, weights: Weights) -> str:
    """What is wrong with weights of which all files are there."""
    for name, keys in weights.files.items():
        wrong = _wrong_tensors(place / name, keys) if name.endswith(".safetensors") else _wrong_json(place / name)
        if wrong:
            return wrong
    for name, wanted in (weights.sha256 or {}).items():
        if file_sha256(place / name) != wanted:
            return f"{place / name}: has another SHA-256 than the published file: bring it again"
    return ""


def _wrong_json(path: Path) -> str:
    try:
        json.loads(read_regular(path, _MOST_JSON))
    except (OSError, ValueError, RecursionError) as error:
        return f"{path}: is no JSON ({error}): bring it again"
    return ""


def _wrong_tensors(path: Path, keys: tuple[str, ...]) -> str:
    try:
        names = list(header(path))
    except BadInput as error:
        return str(error)
    except RecursionError:
        return f"{path}: is no whole safetensors file (its header is nested too deeply): bring it again"
    lacking = [key for key in keys if not any(name.startswith(key) for name in names)]
    return f"{path}: has no tensors {', '.join(lacking)}: these are weights of another model" if lacking else ""
