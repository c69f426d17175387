"""A fully trained model as a folder like the one it started from, with other denoisers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

import msgspec

from vtb.artifact.manifest import MANIFEST, PLAN
from vtb.diffusion.drawn_form import DrawnForm
from vtb.diffusion.job import Job
from vtb.diffusion.variants import VARIANTS
from vtb.engine.proof import training_proof
from vtb.errors import BadInput, QualityGate
from vtb.formats.leftovers import without_leftovers
from vtb.regular_file import read_regular

EDIT_PIXELS = 1_048_576  # for which the released models are made
_SHOWN = "vtb_shown.json"  # what was shown and drawn in training, which evaluation follows
_LARGEST = 1 << 16
# Files of the artifact that it may have come in.
_OF_A_TRAINING = (MANIFEST, PLAN, _SHOWN, "log.jsonl", "curves.png", "strips", "tensorboard", "checkpoints")


class Shown(msgspec.Struct, frozen=True):
    """What was shown and drawn in training.

    Attributes:
        edit_pixels: pictures to edit were scaled to about so many.
        form: of what was drawn.
    """

    edit_pixels: Annotated[int, msgspec.Meta(ge=1024, le=1 << 26)]
    form: DrawnForm = DrawnForm()


def shown_in_training(folder: Path) -> Shown | None:
    """What a folder says of it; None where it says nothing.

    Raises:
        BadInput: it says something else.
    """
    path = folder / _SHOWN
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(read_regular(path, _LARGEST), type=Shown)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: does not say how pictures were shown in training ({error}): delete it") from error


def write_whole(job: Job, checkpoint: Path, place: Path) -> dict[str, Any]:
    """Write the folder; figures that show that the weights changed.

    Raises:
        QualityGate: they did not.
    """
    variant = VARIANTS[job.variant]
    trained = {expert.attribute: expert.name for expert in variant.experts if expert.name in job.experts}
    old = {part: [Path(path) for path in paths] for part, paths in variant.find(job.model).items() if part in trained}
    left_out = {path for paths in old.values() for path in paths}
    left_out |= {index for path in left_out for index in path.parent.glob("*.safetensors.index.json")}  # of its shards
    kept = without_leftovers(job.model, job.model.rglob("*"))
    for path in sorted(path for path in kept if path.is_file() and path not in left_out):
        name = path.relative_to(job.model)
        if name.parts[0] in _OF_A_TRAINING:
            continue
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (place / _SHOWN).write_bytes(msgspec.json.encode(Shown(job.edit_pixels, job.form)) + b"\n")
    changed = [_put(job, checkpoint / f"{name}.safetensors", old[part][0], place) for part, name in trained.items()]
    if not any(proof["weights_changed"] for proof in changed):
        raise QualityGate("training changed nothing: is --learning-rate 0, or the loss constant?")
    return {name: sum(proof[name] for proof in changed) for name in ("weights_changed", "weights_total")}


def _put(job: Job, weights: Path, first: Path, place: Path) -> dict[str, float | int]:
    """The denoiser in one file, under the name by which the engine looks for it."""
    target = place / first.parent.relative_to(job.model) / "diffusion_pytorch_model.safetensors"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(weights, target)
    return training_proof(first.parent, merged=target.parent)
