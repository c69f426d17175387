"""Updates a second of our trainer of models that draw, beside DiffSynth-Studio's own loop, in turns in one process.

Both train the same LoRA of a tiny model on the same rows, one sample an update, on one thread: the engine's loop
(``launch_training_task``) with the few lines around it that its own examples have, ours without and with features kept.
An evaluation of held-out puzzles is set against the updates between two of them at the default interval. Other work on
the machine only ever slows a run down, so the fastest of each counts.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from vtb.artifact import read_manifest
from vtb.artifact.unpacked import unpacked_folder
from vtb.diffusion.job import Job, Judging
from vtb.diffusion.options import DrawingOptions
from vtb.diffusion.pipelines import engine_words, load_pipeline
from vtb.diffusion.rows import read_rows
from vtb.diffusion.variants import VARIANTS, Variant
from vtb.engine.stop_signal import StopSignal

ROUNDS, STEPS, WARM = 3, 60, 5
MODELS = ("qwen-image-edit", "wan2.2-ti2v-5b")
EDIT_SIDE = 128  # of the picture to edit


def run(rounds: int = ROUNDS, steps: int = STEPS) -> list[dict[str, Any]]:
    """Two ratios and a share for each model."""
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="vtb-drawing-") as folder:
        base = Path(folder)
        os.environ["VTB_CACHE"] = str(base / "cache")
        return [figure for name in MODELS for figure in _measure(base, VARIANTS[name], rounds, steps)]


def _measure(base: Path, variant: Variant, rounds: int, steps: int) -> list[dict[str, Any]]:
    data = _make(base, variant)
    rates: dict[str, list[float]] = {"engine": [], "ours": [], "cached": []}
    judged: list[float] = []
    for number in range(rounds):
        place = base / f"{variant.name}-{number}"
        rates["engine"].append(_engine_rate(base / variant.name, data, variant, place / "engine", steps))
        rates["ours"].append(_our_rate(_job(base, data, variant, place / "ours", steps))[0])
        judging = Judging(every=steps, count=8, inference_steps=10)
        cached, cost = _our_rate(_job(base, data, variant, place / "cached", steps, cache=base / "f", judging=judging))
        rates["cached"].append(cached)
        judged.append(cost)
    best = {name: max(found) for name, found in rates.items()}
    interval: Any = DrawingOptions.__dataclass_fields__["judge_steps"].default
    share = min(judged) / (min(judged) + interval / best["ours"])
    name = variant.name
    return [
        {"name": f"drawing_steps_{name}", "value": round(best["ours"] / best["engine"], 3),
         "unit": "x the engine's loop",
         "target": 1.0, "steps_per_s": {key: round(value, 2) for key, value in best.items()}},
        {"name": f"drawing_cached_{name}", "value": round(best["cached"] / best["engine"], 3),
         "unit": "x the engine's loop", "target": 1.5},
        {"name": f"drawing_judged_{name}", "value": round(100 * share, 2), "unit": "% of the time", "target": 5,
         "better": "less", "seconds": round(min(judged), 2), "every": interval},
    ]  # fmt: skip


def _make(base: Path, variant: Variant) -> Path:
    """A tiny model, and puzzles to train it on."""
    from perf.wrapper import _call
    from vtb.diffusion.tiny.build import build_tiny_model

    with engine_words():
        build_tiny_model(variant.name, base / variant.name, 0)
    kind = "video" if variant.moving else "image"
    form = ("--frames", "5", "--size", "64x64") if variant.moving else ()
    clip = ("--video", "--frames", "5", "--clip-size", "64x64") if variant.moving else ()
    mazes, rows = base / f"mazes-{kind}", base / f"rows-{kind}"
    size = ("--size", "7", "--cell-px", "16", "--endpoints", "random")
    _call("vtb_generate.maze:main", *size, "--count", "32", *clip, "--output", mazes)
    _call("vtb_prepare.cli:main", kind, "--input", mazes, "--val", "0.3", *form, "--output", rows)
    return unpacked_folder(str(rows), read_manifest(str(rows), ("diffsynth-dataset",)))


def _job(base: Path, data: Path, variant: Variant, out: Path, steps: int, **changes: Any) -> Job:
    out.mkdir(parents=True)
    values: dict[str, Any] = {
        "variant": variant.name, "model": base / variant.name, "dataset": data, "output_dir": out,
        "experts": tuple(expert.name for expert in variant.experts), "tuner": "lora", "rank": 4, "steps": steps,
        "batch_size": 1, "learning_rate": 1e-4, "weight_decay": 0.01, "warmup": 0, "schedule": "constant",
        "max_grad_norm": 1.0, "gradient_checkpointing": False, "edit_pixels": EDIT_SIDE**2, "save_steps": 10**6,
        "seed": 0, "cache": None, "judging": None, "resume_from": None, "device": "cpu",
    }  # fmt: skip
    return Job(**{**values, **changes})


def _our_rate(job: Job) -> tuple[float, float]:
    """Updates a second, and the seconds of an evaluation where there is one."""
    from vtb.diffusion.engine import train

    log = job.output_dir / "log.jsonl"
    os.environ["VTB_TRAIN_LOG"] = str(log)
    train(job, StopSignal(None))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    times = [line["step_time"] for line in lines if "step_time" in line][WARM:]
    judged = [line["eval_runtime"] for line in lines if "eval_runtime" in line]
    return 1 / statistics.median(times), min(judged, default=0)


def _engine_rate(model: Path, data: Path, variant: Variant, out: Path, steps: int) -> float:
    """Updates a second of the engine's loop."""
    from accelerate import Accelerator
    from diffsynth.core import UnifiedDataset
    from diffsynth.diffusion import ModelLogger, launch_training_task

    class Clock(ModelLogger):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(str(out))
            self.times: list[float] = []

        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            self.times.append(time.perf_counter())

        def on_training_end(self, *args: Any, **kwargs: Any) -> None:
            pass

    keys = ["video"] if variant.moving else ["image", "edit_image"]
    if variant.moving:
        operator = UnifiedDataset.default_video_operator(
            base_path=str(data), height=64, width=64, height_division_factor=32, width_division_factor=32, num_frames=5,
            max_pixels=64 * 64,
        )  # fmt: skip
    else:
        operator = UnifiedDataset.default_image_operator(base_path=str(data), max_pixels=2**20)
    rows = len(read_rows(data, variant))
    clock = Clock()
    with engine_words():
        dataset = UnifiedDataset(
            base_path=str(data), metadata_path=str(data / f"metadata.{'csv' if variant.moving else 'json'}"),
            repeat=-(-steps // rows), data_file_keys=keys, main_data_operator=operator,
        )  # fmt: skip
        launch_training_task(
            Accelerator(cpu=True), dataset, _engine_module(model, variant), clock, learning_rate=1e-4, num_workers=0,
            save_steps=10**9,
        )  # fmt: skip
    return 1 / statistics.median(after - before for before, after in pairwise(clock.times[WARM:]))


def _engine_module(model: Path, variant: Variant) -> Any:
    """What the engine's examples put around a pipeline."""
    import torch
    from diffsynth.diffusion import DiffusionTrainingModule, FlowMatchSFTLoss

    class Module(DiffusionTrainingModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.pipe = load_pipeline(variant, model, "cpu", torch.float32)
            self.switch_pipe_to_training_mode(self.pipe, None, "dit", ",".join(variant.targets), 4, task="sft")

        def forward(self, data: Any, inputs: Any = None) -> Any:
            shared: dict[str, Any] = {"cfg_scale": 1, "rand_device": "cpu", "use_gradient_checkpointing": False}
            if variant.moving:
                clip = data["video"]
                shared |= {
                    "input_video": clip, "height": clip[0].size[1], "width": clip[0].size[0], "num_frames": len(clip),
                    "tiled": False, "cfg_merge": False, "vace_scale": 1, "input_image": clip[0],
                }  # fmt: skip
            else:
                shown = data["edit_image"][0].resize((EDIT_SIDE, EDIT_SIDE))
                shared |= {
                    "input_image": data["image"], "edit_image": shown,
                    "height": data["image"].size[1], "width": data["image"].size[0], "edit_image_auto_resize": False,
                }  # fmt: skip
            state = (shared, {"prompt": data["prompt"]}, {"negative_prompt": ""})
            state = self.transfer_data_to_device(state, self.pipe.device, self.pipe.torch_dtype)
            for unit in self.pipe.units:
                state = self.pipe.unit_runner(unit, self.pipe, *state)
            return FlowMatchSFTLoss(self.pipe, **state[0], **state[1])

    return Module()
