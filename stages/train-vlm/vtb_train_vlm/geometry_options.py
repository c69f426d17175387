"""The options of ``vtb-train-vlm geometry``; the defaults are those of the published training (DSR Suite)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vtb.engine.loop_options import JUDGED, MACHINE, MODEL, TRAINING, LoopOptions
from vtb.engine.pace import SCHEDULES, Schedule
from vtb.errors import UsageProblem
from vtb.stage.fields import option

GEOMETRY = "Geometry"  # heading of the help


@dataclass(frozen=True)
class Options(LoopOptions):
    """The command's own options."""

    geometry: Literal["select", "concat", "none"] = option(
        "select", group=GEOMETRY,
        help="What the model sees of the geometry encoder: select 32 tokens that the question asks for, concat a token "
             "for each vision token, or none: the plain model, the baseline on the same data.",
    )  # fmt: skip
    encoder: str | None = option(
        None, metavar="PATH|URI", affects_output=False, artifact=("checkpoint",), group=GEOMETRY,
        help="The geometry encoder: a folder with a DINOv2 with registers as transformers keeps it or with Pi3's "
             "model.safetensors, or a checkpoint artifact. Left out where --model has one.",
    )  # fmt: skip
    tuner: Literal["lora", "full"] = option(
        "full", group=MODEL,
        help="How the language model is trained: full all its weights, lora matrices that are merged in at the end.",
    )  # fmt: skip
    lora_rank: int = option(32, low=1, high=4096, group=MODEL, help="Rank of the LoRA matrices; their scale is 2.")
    tune_llm: bool = option(True, flag="--tune-llm/--no-tune-llm", group=MODEL, help="Train the language model.")
    tune_merger: bool = option(
        True, flag="--tune-merger/--no-tune-merger", group=MODEL, help="Train the vision tower's merger."
    )
    tune_vision: bool = option(False, group=MODEL, help="Train the vision tower.")
    learning_rate: float = option(
        2e-7, low=0, above=True, group=TRAINING, help="Peak learning rate of the language model; a LoRA wants 1e-5."
    )
    merger_learning_rate: float = option(
        1e-6, low=0, above=True, group=TRAINING, help="Peak learning rate of the merger and of what geometry adds."
    )
    vision_learning_rate: float = option(
        1e-6, low=0, above=True, group=TRAINING, help="Peak learning rate of the vision tower."
    )
    schedule: Schedule = option(
        "cosine", choices=SCHEDULES, group=TRAINING,
        help="What follows the warm-up: constant, or down along a line or a cosine.",
    )  # fmt: skip
    warmup: int = option(
        0, low=0, group=TRAINING, help="Updates in which the rate rises to its peak; 0 for --warmup-share of them."
    )
    warmup_share: float = option(
        0.03, low=0, high=1, group=TRAINING, help="Share of all updates in which the rate rises to its peak."
    )
    grad_accum: int = option(4, low=1, group=TRAINING, help="Packs of rows whose gradients make one update.")
    max_length: int = option(
        8192, low=16, group=TRAINING,
        help="Tokens of a pack of rows, those of geometry included; a longer row is refused.",
    )  # fmt: skip
    max_pixels: int = option(
        230_400, low=1024, group=TRAINING,
        help="Scale larger pictures and frames down to this many pixels; the model says so to vtb-eval predict.",
    )  # fmt: skip
    offload: bool = option(
        False, group=MACHINE,
        help="Keep the optimizer's state and float32 weights in the machine's memory: 4 bytes of the GPU for each "
             "trained weight, 16 of memory, and slower steps. On a CPU there is nothing to move.",
    )  # fmt: skip
    judge_steps: int = option(
        100, low=0, group=JUDGED,
        help="Updates between two evaluations of held-out rows, in loss and, where a judge knows them, in answers; "
             "there is one at the start and one at the end besides. 0 for none at all.",
    )  # fmt: skip
    judge_count: int = option(16, low=1, group=JUDGED, help="Rows to look at, the first of the validation rows.")
    judge_max_new_tokens: int = option(64, low=1, group=JUDGED, help="Longest answer in tokens.")

    def __post_init__(self) -> None:
        """Refuse what would train nothing, and what nothing would look at."""
        if self.tuner == "lora" and not self.tune_llm:
            raise UsageProblem("--tuner lora trains the language model, which --no-tune-llm leaves as it is")
        if self.geometry == "none" and self.encoder is not None:
            raise UsageProblem("--geometry none looks at no geometry: leave out --encoder")
        if self.geometry == "none" and not (self.tune_llm or self.tune_merger or self.tune_vision):
            raise UsageProblem("--geometry none adds nothing to train: leave out one of the --no-tune options")
