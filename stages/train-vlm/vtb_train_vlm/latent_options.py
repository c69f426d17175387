"""The options of ``vtb-train-vlm latent-sft``; the defaults are those of the published training (ILVR)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vtb.engine.loop_options import JUDGED, MODEL, TRAINING, LoopOptions
from vtb.engine.pace import SCHEDULES, Schedule
from vtb.errors import UsageProblem
from vtb.stage.fields import option

LATENTS = "Latents"  # heading of the help


@dataclass(frozen=True)
class LatentOptions(LoopOptions):
    """What trainings with latents have in common."""

    tuner: Literal["lora", "full"] = option(
        "full", group=MODEL, help="lora writes an adapter, full a whole model (a checkpoint artifact)."
    )
    lora_rank: int = option(32, low=1, high=4096, group=MODEL, help="Rank of the LoRA matrices; their scale is 2.")
    tune_vision: bool = option(False, group=MODEL, help="Train the vision tower, too, which is frozen otherwise.")
    max_pixels: int = option(
        262_144, low=1024, group=TRAINING,
        help="Scale larger pictures down to this many pixels; give the same number to vtb-eval predict.",
    )  # fmt: skip


@dataclass(frozen=True)
class Options(LatentOptions):
    """The command's own options."""

    latent_size: int = option(
        8, low=0, high=256, group=LATENTS,
        help="Latents of a segment; 0 leaves segments out: the baseline of words alone on the same data.",
    )  # fmt: skip
    stage: int = option(
        1, low=1, high=2, group=LATENTS,
        help="1 teaches what latents stand for; 2, from a model of stage 1, lets them be the model's own states and "
             "learns words alone.",
    )  # fmt: skip
    word_weight: float = option(1.0, low=0, group=LATENTS, help="Weight of the cross-entropy of the words.")
    latent_weight: float = option(1.0, low=0, group=LATENTS, help="Weight of the similarity of the latents (stage 1).")
    teacher_decay: float = option(
        1.0, low=0, high=1, group=LATENTS,
        help="Decay of the moving average that is the teacher, for example 0.999; 1 keeps the first weights, which is "
             "what the published training did.",
    )  # fmt: skip
    selection: Literal["relevance", "pooled"] = option(
        "relevance", group=LATENTS,
        help="What latents are taught: features of the helper picture that the context asks for, or averages of all.",
    )  # fmt: skip
    coverage: float = option(
        0.9, low=0, high=1, above=True, group=LATENTS, help="Take features until their probability adds up to this."
    )
    selection_temperature: float = option(
        1.0, low=0, above=True, group=LATENTS,
        help="Temperature of that probability; at 1 nearly all features are equally likely, so that --latent-size "
             "alone decides how many are taken.",
    )  # fmt: skip
    epochs: float = option(15.0, low=0, high=1e6, above=True, group=TRAINING, help="Passes over the data.")
    learning_rate: float = option(1e-5, low=0, above=True, group=TRAINING, help="Peak learning rate of AdamW.")
    schedule: Schedule = option(
        "linear", choices=SCHEDULES, group=TRAINING,
        help="What follows the warm-up: constant, or down along a line or a cosine.",
    )  # fmt: skip
    warmup: int = option(10, low=0, group=TRAINING, help="Updates in which the rate rises to its peak.")
    batch_size: int = option(1, low=1, group=TRAINING, help="Rows per process and step.")
    grad_accum: int = option(8, low=1, group=TRAINING, help="Steps whose gradients make one update.")
    max_length: int = option(8192, low=16, group=TRAINING, help="Longest row in tokens; a longer one is refused.")
    judge_steps: int = option(
        100, low=0, group=JUDGED,
        help="Updates between two evaluations of held-out rows, in loss and, where a judge knows them, in answers; "
             "there is one at the start and one at the end besides. 0 for none at all.",
    )  # fmt: skip
    judge_count: int = option(16, low=1, group=JUDGED, help="Rows to look at, the first of the validation rows.")
    judge_max_new_tokens: int = option(256, low=1, group=JUDGED, help="Longest answer in tokens, latents included.")

    def __post_init__(self) -> None:
        """Refuse what would be passed over without a word."""
        if self.stage == 2 and self.latent_size == 0:
            raise UsageProblem("--stage 2 is about latents: give --latent-size of the model's stage 1")
