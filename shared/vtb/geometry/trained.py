"""What of a model is trained, and how fast."""

from __future__ import annotations

from typing import Any

from vtb.engine.own_model import LINEAR, with_lora
from vtb.geometry.job import Job
from vtb.geometry.learner import whole_model


def make_trainable(model: Any, job: Job) -> Any:
    """Freeze everything but what is trained; returns the model, wrapped where there is a LoRA.

    What geometry adds is always trained, its encoder never.
    """
    model.requires_grad_(False)
    if job.tune_llm and job.tuner == "lora":
        model = with_lora(model, r".*language_model.*", LINEAR, job.rank, job.seed)
    whole = whole_model(model)
    if job.tune_llm and job.tuner == "full":
        whole.model.language_model.requires_grad_(True)
        whole.lm_head.requires_grad_(True)
    whole.model.visual.requires_grad_(job.tune_vision)
    for merger in mergers_of(whole.model.visual):
        merger.requires_grad_(job.tune_merger)
    if hasattr(whole, "geometry"):
        whole.geometry.requires_grad_(True)
        whole.geometry.encoder.requires_grad_(False)
    return model


def mergers_of(vision: Any) -> list[Any]:
    """What brings a vision tower's features to the language model; Qwen3-VL has one for each layer that it feeds."""
    return [vision.merger, *getattr(vision, "deepstack_merger_list", ())]


def groups_of(model: Any, job: Job) -> list[dict[str, Any]]:
    """What is trained by its peak rate, biases and norms without decay, as AdamW takes it."""
    found: dict[tuple[float, float], list[Any]] = {}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            decay = job.weight_decay if weight.ndim > 1 else 0.0
            found.setdefault((_peak(name, job), decay), []).append(weight)
    return [
        {"params": weights, "peak": peak, "lr": peak, "weight_decay": decay}
        for (peak, decay), weights in sorted(found.items(), key=lambda pair: pair[0])
    ]


def _peak(name: str, job: Job) -> float:
    if "merger" in name or "geometry." in name:
        return job.merger_rate
    return job.vision_rate if ".visual." in name else job.learning_rate
