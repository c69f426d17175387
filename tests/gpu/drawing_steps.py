"""Updates of models that draw, at the real shapes of their layers, on one GPU.

Run it on a machine that does nothing else::

    python tests/gpu/drawing_steps.py wan2.2-ti2v-5b --frames 81 --size 480x480
    python tests/gpu/drawing_steps.py qwen-image-edit-2511 --size 1024x1024
    python tests/gpu/drawing_steps.py wan2.2-i2v-a14b --frames 81 --size 480x480 --tuner full --layers 4

Weights are random, so that nothing has to be brought: an update takes as long and as much memory as a trained model's.
What is measured is our own loss and backward pass (``vtb.diffusion``) on features that are there already, as with
``--cache``, and AdamW. One line of JSON: seconds of an update, the most memory, and the share of the GPU's peak in
bfloat16. Counted is what the model has to compute, forward and backward; what recomputed activations cost is no merit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # of the helpers, where it is run by hand

from real_denoisers import LAYERS, features_for, in_a_pipeline, real_denoiser
from vtb.diffusion.denoiser import make_denoiser
from vtb.diffusion.flow import Draw
from vtb.diffusion.trained_weights import make_trainable
from vtb.diffusion.variants import VARIANTS
from vtb.engine.precise_adamw import PreciseAdamW
from vtb.engine.training_job import Tuner

WARM, COUNTED = 3, 10  # updates
# Dense bfloat16 operations a second as the maker says them, by a part of the device's name.
PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12}


def measure(
    variant: str, dit: Any, features: dict[str, Any], device: str, *,
    tuner: Tuner = "lora", rank: int = 32, checkpointing: bool = True,
) -> dict[str, float]:  # fmt: skip
    """Seconds and GiB of an update; without a GPU the memory is 0."""
    import torch

    module = _trained(variant, dit, features, device, tuner, rank, checkpointing)
    weights = [weight for weight in module.parameters() if weight.requires_grad]
    optimizer, times = PreciseAdamW(weights, rate=1e-4, decay=0.01), []
    for number in range(WARM + COUNTED):
        _wait(device)
        began = time.perf_counter()
        module(features, "lora", Draw(500, number)).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        _wait(device)
        times.append(time.perf_counter() - began)
    peak = torch.cuda.max_memory_allocated() / 2**30 if device == "cuda" else 0.0
    return {"seconds": statistics.median(times[WARM:]), "memory_gib": peak}


def operations(variant: str, dit: Any, features: dict[str, Any], device: str, tuner: Tuner, rank: int) -> int:
    """Floating-point operations of one update of a denoiser, without recomputation."""
    from torch.utils.flop_counter import FlopCounterMode

    module = _trained(variant, dit, features, device, tuner, rank, checkpointing=False)
    with FlopCounterMode(display=False) as counter:
        module(features, "lora", Draw(500, 1)).backward()
    return int(counter.get_total_flops())


def _trained(
    variant: str, dit: Any, features: dict[str, Any], device: str, tuner: Tuner, rank: int, checkpointing: bool
) -> Any:
    import torch

    pipe = in_a_pipeline(variant, dit, device, torch.bfloat16)
    make_trainable(pipe, VARIANTS[variant], {"lora": "dit"}, tuner, rank, seed=0)
    features.update({name: tensor.to(device) for name, tensor in features.items()})
    return make_denoiser(pipe, VARIANTS[variant], {"lora": "dit"}, checkpointing=checkpointing)


def _wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def figures(
    variant: str,
    build: Callable[[int], Any],
    layers: int,
    features: dict[str, Any],
    device: str,
    tuner: Tuner,
    rank: int,
) -> dict[str, Any]:
    """All figures of a denoiser; ``build`` makes one of so many layers. Operations are counted with one and two."""
    import torch

    first, second = (operations(variant, build(count), features, device, tuner, rank) for count in (1, 2))
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    found = measure(variant, build(layers), features, device, tuner=tuner, rank=rank)
    rate = (first + (layers - 1) * (second - first)) / found["seconds"]
    name = torch.cuda.get_device_name() if device == "cuda" else "none"
    peak = next((value for part, value in PEAKS.items() if part in name), None)
    return {"gpu": name, "torch": torch.__version__, "layers": layers, **found, "tflops": rate / 1e12,
            "share_of_peak": None if peak is None else rate / peak}  # fmt: skip


def on_the_gpu(variant: str, layers: int) -> Any:
    """A real denoiser that was never anywhere else, in bfloat16: in float32 some have no room."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device("cuda"):
            return real_denoiser(variant, layers)
    finally:
        torch.set_default_dtype(before)


def real(variant: str, size: tuple[int, int], frames: int, tuner: Tuner, rank: int, layers: int) -> dict[str, Any]:
    """The figures of one of the released models on this machine's GPU."""
    words, width = (512, 4096) if VARIANTS[variant].moving else (256, 3584)
    features = features_for(variant, size, frames, words, width)
    found = figures(variant, partial(on_the_gpu, variant), layers, features, "cuda", tuner, rank)
    return {"variant": variant, "tuner": tuner, "rank": rank, "size": f"{size[0]}x{size[1]}", "frames": frames, **found}


def main() -> None:
    """Print the line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", choices=sorted(LAYERS))
    parser.add_argument("--size", default="480x480")
    parser.add_argument("--frames", type=int, default=81)
    parser.add_argument("--tuner", choices=("lora", "full"), default="lora")
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--layers", type=int, help="fewer than the model has, where the GPU has no room for all")
    said = parser.parse_args()

    import torch

    from vtb.diffusion.pipelines import import_engine

    if not torch.cuda.is_available():
        parser.exit(4, "drawing_steps.py: error: this machine has no usable NVIDIA GPU\n")
    import_engine()
    width, height = map(int, said.size.split("x"))
    layers = said.layers or LAYERS[said.variant]
    print(json.dumps(real(said.variant, (width, height), said.frames, said.tuner, said.rank, layers)))


if __name__ == "__main__":
    main()
