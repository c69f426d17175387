"""After how many steps of training a model gave some answers, as the manifests tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vtb.artifact import InputEntry, Manifest, read_manifest
from vtb.artifact.local import MODEL_FOLDER
from vtb.errors import VtbError

TRAINED = ("adapter", "checkpoint")
LONGEST = 20  # trainings on top of each other


@dataclass(frozen=True)
class Trained:
    """Where training began (the digest of the first model), and how many steps were made since, over all trainings."""

    origin: str
    steps: int


def trained(judged: InputEntry) -> Trained | None:
    """How far the model that gave the judged answers had been trained.

    None where nobody knows: answers from elsewhere, an adapter or a model that is no artifact and stands on another, or
    an artifact that is gone or has changed since.
    """
    manifest = _manifest(judged) if judged.kind == "predictions" else None
    if manifest is None or len(manifest.plan.inputs) < 2:
        return None
    _, model, *adapters = manifest.plan.inputs
    if any(adapter.kind not in TRAINED for adapter in adapters):
        return None
    return _follow([model, *adapters])


def _follow(models: Sequence[InputEntry]) -> Trained | None:
    """Back to the model with which training began; the last of a stage's models stands on those before it."""
    steps = 0
    for _ in range(LONGEST):
        entry = models[-1]
        if entry.kind == MODEL_FOLDER:
            return Trained(entry.digest, steps)
        manifest = _manifest(entry)
        if manifest is None:
            return None
        steps += _steps(manifest)
        models = [one for one in manifest.plan.inputs if one.kind in (*TRAINED, MODEL_FOLDER)]
        if not models:
            return Trained(manifest.digest, steps)
    return None


def _steps(manifest: Manifest) -> int:
    """Those of this training; merging an adapter makes none."""
    steps = manifest.metrics.get("steps", 0)
    return steps if isinstance(steps, int) else 0


def _manifest(entry: InputEntry) -> Manifest | None:
    try:
        manifest = read_manifest(entry.uri, (entry.kind,))
    except VtbError:
        return None  # a report does without the curve
    return manifest if manifest.digest == entry.digest else None
