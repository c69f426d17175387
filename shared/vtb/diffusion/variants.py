"""The models that can be trained, and everything in which they differ.

The values are those of DiffSynth-Studio's own examples for each model (``examples/*/model_training``). The two experts
of Wan2.2-A14B meet at a share of the 1000 shifted timesteps: with shift 5, t = 5s / (1 + 4s) is 0.9 (the boundary of
the image-to-video model) at s = 0.643, 0.358 of the way down, and 0.875 (text-to-video) at 0.417.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vtb.errors import BadInput

# Files of a tokenizer, and of a processor of pictures, one of which tells all.
_WORDS = ("tokenizer.json", "vocab.json", "spiece.model")
_PICTURES = ("preprocessor_config.json", "processor_config.json")
Family = Literal["qwen-image", "wan"]
Shown = Literal["nothing", "picture", "pictures", "first-frame"]


@dataclass(frozen=True)
class Expert:
    """One denoiser of a model.

    Attributes:
        name: of its LoRA file: ``NAME.safetensors``.
        attribute: of the pipeline that holds it.
        low: share of the timesteps, from the noisiest on, where its own begin.
        high: where they end.
    """

    name: str
    attribute: Literal["dit", "dit2"]
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class Variant:
    """One model that draws.

    Attributes:
        name: as ``--variant`` has it.
        family: which of the engine's pipelines it is for.
        shown: what the model sees of the puzzle: one picture by the template for one, a list of pictures, the first
            frame, or nothing but words.
        files: glob patterns below the model's folder by part; of several for a part, the first that matches counts.
        tokenizer: the folder of the tokenizer below the model's.
        processor: that of the processor of pictures, where there is one.
        targets: the layers that get a LoRA, as the engine's examples have them.
        experts: the denoisers, the noisiest timesteps first.
        zero_cond_t: whether the pictures shown are told to be free of noise (Qwen-Image-Edit-2511).
        multiple: what both sides must be multiples of.
        boundary: the share of noise at which the second expert takes over when sampling.
    """

    name: str
    family: Family
    shown: Shown
    files: Mapping[str, tuple[str, ...]]
    tokenizer: str
    targets: tuple[str, ...]
    processor: str | None = None
    experts: tuple[Expert, ...] = (Expert("lora", "dit"),)
    zero_cond_t: bool = False
    multiple: int = 16
    boundary: float = 0.875

    @property
    def moving(self) -> bool:
        """Whether it draws clips."""
        return self.family == "wan"

    def find(self, folder: Path) -> dict[str, list[str]]:
        """The files of each part.

        Raises:
            BadInput: one is missing.
        """
        return {part: self._part(folder, part) for part in self.files}

    def _part(self, folder: Path, part: str) -> list[str]:
        for pattern in self.files[part]:
            if found := sorted(map(str, folder.glob(pattern))):
                return found
        wanted = " or ".join(self.files[part])
        raise BadInput(f"{folder}: is no {self.name}, it has no {wanted}: give the folder as it is published")

    def missing(self, folder: Path) -> str | None:
        """What a folder lacks to be this model; None where it is whole."""
        try:
            self.find(folder)
        except BadInput as error:
            return str(error)
        tools = {self.tokenizer: _WORDS, **({self.processor: _PICTURES} if self.processor else {})}
        for name, files in tools.items():
            if not any((folder / name / file).is_file() for file in files):
                return f"{folder}: is no {self.name}, it has no {name}/ with {' or '.join(files)}"
        return None


_QWEN_FILES = {
    "dit": ("transformer/diffusion_pytorch_model*.safetensors",),
    "text_encoder": ("text_encoder/model*.safetensors",),
    "vae": ("vae/diffusion_pytorch_model.safetensors",),
}
_QWEN_TARGETS = (
    "to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj", "to_out.0", "to_add_out", "img_mlp.net.2",
    "img_mod.1", "txt_mlp.net.2", "txt_mod.1",
)  # fmt: skip
_WAN_TARGETS = ("q", "k", "v", "o", "ffn.0", "ffn.2")
_UMT5 = "google/umt5-xxl"
_T5 = ("models_t5_umt5-xxl-enc-bf16.safetensors", "models_t5_umt5-xxl-enc-bf16.pth")


def _qwen(name: str, shown: Shown, *, zero_cond_t: bool = False) -> Variant:
    processor = None if shown == "nothing" else "processor"
    return Variant(
        name, "qwen-image", shown, _QWEN_FILES, "tokenizer", _QWEN_TARGETS, processor, zero_cond_t=zero_cond_t
    )


def _a14b(name: str, shown: Shown, high: float, boundary: float) -> Variant:
    files = {
        "dit": ("high_noise_model/diffusion_pytorch_model*.safetensors",),
        "dit2": ("low_noise_model/diffusion_pytorch_model*.safetensors",),
        "text_encoder": _T5,
        "vae": ("Wan2.1_VAE.safetensors", "Wan2.1_VAE.pth"),
    }
    experts = (Expert("high_noise", "dit", 0.0, high), Expert("low_noise", "dit2", high, 1.0))
    return Variant(name, "wan", shown, files, _UMT5, _WAN_TARGETS, experts=experts, boundary=boundary)


_EVERY = (
    _qwen("qwen-image", "nothing"),
    _qwen("qwen-image-edit", "picture"),
    _qwen("qwen-image-edit-2509", "pictures"),
    _qwen("qwen-image-edit-2511", "pictures", zero_cond_t=True),
    Variant(
        "wan2.2-ti2v-5b", "wan", "first-frame",
        {
            "dit": ("diffusion_pytorch_model*.safetensors",), "text_encoder": _T5,
            "vae": ("Wan2.2_VAE.safetensors", "Wan2.2_VAE.pth"),
        },
        _UMT5, _WAN_TARGETS, multiple=32,
    ),
    _a14b("wan2.2-i2v-a14b", "first-frame", 0.358, 0.9),
    _a14b("wan2.2-t2v-a14b", "nothing", 0.417, 0.875),
)  # fmt: skip
VARIANTS: Mapping[str, Variant] = {variant.name: variant for variant in _EVERY}
IMAGE = tuple(variant.name for variant in _EVERY if not variant.moving)
VIDEO = tuple(variant.name for variant in _EVERY if variant.moving)
