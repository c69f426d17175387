"""Numbers that show that training changed something.

An exit code of 0 does not: an adapter whose B matrices stayed at zero trains, saves and merges without a complaint, and
leaves the model as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any


def training_proof(base: Path, adapter: Path | None = None, merged: Path | None = None) -> dict[str, float | int]:
    """Measures what training left behind.

    Args:
        base: Model that training started from.
        adapter: Trained LoRA adapter, if any.
        merged: Merged or fully trained model, if any.

    Returns:
        For an adapter ``lora_modules`` (number of adapted layers) and ``lora_b_max`` (largest entry of all B matrices;
        0 means that nothing was learned). For a model ``weights_changed`` (number of tensors that differ),
        ``weights_total`` and ``weights_diff_max`` (largest difference).
    """
    proof: dict[str, float | int] = {}
    if adapter is not None:
        proof |= _adapter_proof(adapter)
    if merged is not None:
        proof |= _difference(base, merged)
    return proof


def _adapter_proof(adapter: Path) -> dict[str, float | int]:
    sizes = [float(tensor.abs().max()) for name, tensor in _tensors(adapter) if ".lora_B." in name]
    return {"lora_modules": len(sizes), "lora_b_max": max(sizes, default=0.0)}


def _difference(base: Path, merged: Path) -> dict[str, float | int]:
    places = _places(base)
    changed, total, largest = 0, 0, 0.0
    for name, tensor in _tensors(merged):
        if name not in places:
            continue
        total += 1
        before = _one(places[name], name).to(tensor.dtype)
        if before.ndim == tensor.ndim and before.shape[1:] == tensor.shape[1:]:  # a table may have got new rows
            tensor = tensor[: len(before)]
            before = before[: len(tensor)]
        difference = float((tensor.float() - before.float()).abs().max()) if tensor.numel() else 0.0
        changed += difference > 0
        largest = max(largest, difference)
    return {"weights_changed": changed, "weights_total": total, "weights_diff_max": largest}


def _tensors(folder: Path) -> Iterator[tuple[str, Any]]:
    """Yields the tensors one by one, so that a model larger than the memory can be read."""
    for name, path in sorted(_places(folder).items()):
        yield name, _one(path, name)


def _places(folder: Path) -> dict[str, Path]:
    from safetensors import safe_open

    places: dict[str, Path] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as tensors:
            places |= dict.fromkeys(tensors.keys(), path)
    return places


def _one(path: Path, name: str) -> Any:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as tensors:
        return tensors.get_tensor(name)
