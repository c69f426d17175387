"""How much memory a training will need, from the headers of the model's files: nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from vtb.diffusion.activations import activations
from vtb.diffusion.job import Job
from vtb.diffusion.rows import load_sample, read_rows
from vtb.diffusion.variants import VARIANTS, Variant
from vtb.diffusion.weight_files import header

GIB = 2**30
_SINGLE = 4  # bytes of float32


@dataclass(frozen=True)
class Estimate:
    """Figures of one training.

    Attributes:
        weights: parameters of all parts that can be counted (``.pth`` files say it by their size).
        trained: parameters that are trained.
        frozen_gib: memory of the weights in the training's type.
        trained_gib: memory of what is trained, with gradients and the optimizer's state.
        activations_gib: about what the activations of a sample take; 0 where nobody counted it.
    """

    weights: int
    trained: int
    frozen_gib: float
    trained_gib: float
    activations_gib: float = 0.0

    def in_words(self, where: str) -> str:
        """One line; ``where`` says of what it is the memory."""
        whole = self.frozen_gib + self.trained_gib + self.activations_gib
        known = f", activations of a sample (about {self.activations_gib:.1f} GiB)" if self.activations_gib else ""
        return (
            f"{self.weights:,} weights ({self.frozen_gib:.1f} GiB), {self.trained:,} of them or of a LoRA trained "
            f"({self.trained_gib:.1f} GiB with gradients and optimizer){known}: {whole:.1f} GiB {where}"
            + ("" if known else ", and activations")
        )


def needs(job: Job, width: int, processes: int, *, kept: bool) -> Estimate:
    """What a training needs in float32 (``width`` 4) or bfloat16 (2), for a sample like the first of its rows.

    Raises:
        BadInput: the rows cannot be read.
    """
    variant = VARIANTS[job.variant]
    found = estimate(variant, job.model, job.experts, job.tuner, job.rank, width, processes, kept=kept)
    if width == _SINGLE:
        return found
    sample = load_sample(read_rows(job.dataset, variant)[0], variant)
    shapes = list(_shapes(variant.find(job.model)["dit"]))  # of several experts one computes, and all have one shape
    size = activations(
        variant, shapes, sample, job.edit_pixels, job.tuner, job.rank, recomputed=job.gradient_checkpointing
    )
    return replace(found, activations_gib=size / GIB)


def estimate(
    variant: Variant, folder: Path, experts: Sequence[str], tuner: str, rank: int, width: int, processes: int,
    *, kept: bool = False,
) -> Estimate:  # fmt: skip
    """What a training needs besides activations.

    Args:
        variant: which model it is.
        folder: its files.
        experts: names of the denoisers that are trained.
        tuner: ``lora`` or ``full``.
        rank: of the LoRA.
        width: bytes of a weight: 2 of bfloat16, 4 of float32.
        processes: that share the optimizer's state.
        kept: what is trained is also kept as it was.
    """
    shapes = {part: list(_shapes(paths)) for part, paths in variant.find(folder).items()}
    weights = sum(prod(shape) for part in shapes.values() for _, shape in part)
    trained_parts = [expert.attribute for expert in variant.experts if expert.name in experts]
    trained = sum(_trained(shapes[part], variant, tuner, rank) for part in trained_parts)
    per_weight = _per_weight(tuner, width, processes) + (kept and (_SINGLE if tuner == "lora" else width))
    return Estimate(weights, trained, weights * width / GIB, trained * per_weight / GIB)


def _per_weight(tuner: str, width: int, processes: int) -> float:
    """Bytes: a weight of a LoRA in float32, the gradient, two moments and what half precision needs beside them."""
    state = 2 * _SINGLE
    if tuner == "lora":
        return 2 * _SINGLE + state / processes
    return width + (state + (2 * _SINGLE if width < _SINGLE else 0)) / processes  # itself and its gradient in float32


def _trained(shapes: Sequence[tuple[str, tuple[int, ...]]], variant: Variant, tuner: str, rank: int) -> int:
    if tuner == "full":
        return sum(prod(shape) for _, shape in shapes)
    ends = tuple(f".{target}.weight" for target in variant.targets)
    return sum(rank * sum(shape) for name, shape in shapes if len(shape) == 2 and f".{name}".endswith(ends))


def _shapes(paths: Sequence[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for path in map(Path, paths):
        if path.suffix == ".safetensors":
            yield from ((name, tuple(found["shape"])) for name, found in header(path).items())
        else:
            yield path.name, (path.stat().st_size // 2,)
