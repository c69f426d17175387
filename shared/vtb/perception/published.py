"""The published weights that perception needs: where they are, their terms, and how they lie in a folder.

This is the only place where any of it is written. A size or a hash that nobody here has seen is not given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

BACKEND = "vtb-gen-dynamic --backend models"


@dataclass(frozen=True)
class Weights:
    """The weights of one model.

    Attributes:
        name: of the model, and of its folder.
        title: as its authors call it.
        repository: on the Hugging Face hub.
        license: of the weights, which may be another than the code's.
        commercial: whether the license allows commercial use.
        files: what belongs in the folder; of tensors the beginnings of names each of which must be in the file.
        megabytes: of the weights, about; None where it is not known.
        sha256: of files of which it is known.
        needed_by: the commands that read them.
        pickle: where weights are published as one, its path in the repository; all files are made of it.
    """

    name: str
    title: str
    repository: str
    license: str
    commercial: bool
    files: Mapping[str, tuple[str, ...]]
    megabytes: int | None
    needed_by: tuple[str, ...]
    pickle: str | None = None
    sha256: Mapping[str, str] | None = None

    @property
    def terms(self) -> str:
        """The license in a few words."""
        return self.license if self.commercial else f"{self.license}, non-commercial use alone"


DETECTOR = Weights(
    "grounding-dino-tiny", "Grounding DINO (Swin-T)", "IDEA-Research/grounding-dino-tiny", "Apache-2.0", True,
    {
        "config.json": (), "preprocessor_config.json": (), "tokenizer.json": (), "tokenizer_config.json": (),
        "model.safetensors": ("model.backbone.", "model.text_backbone.", "model.encoder.", "bbox_embed.0."),
    },
    689, (BACKEND,),
)  # fmt: skip
TRACKER = Weights(
    "sam2.1-hiera-large", "SAM 2.1 (Hiera-L)", "facebook/sam2.1-hiera-large", "Apache-2.0", True,
    {"config.json": (), "model.safetensors": ("vision_encoder.", "mask_decoder.", "memory_attention.")},
    898, (BACKEND,),
)  # fmt: skip
ORIENTER = Weights(
    "orient-anything-large", "Orient Anything (large)", "Viglong/Orient-Anything", "CC BY 4.0", True,
    {
        "config.json": (), "model.safetensors": ("embeddings.", "encoder.layer."),
        "head.safetensors": ("net1.", "net2."),
    },
    1220, (BACKEND,), "croplargeEX2/dino_weight.pt",
)  # fmt: skip
RECONSTRUCTOR = Weights(
    "pi3", "Pi3", "yyfz233/Pi3", "CC BY-NC 4.0", False,
    {"config.json": (), "model.safetensors": ("encoder.", "decoder.", "point_head.", "conf_head.", "camera_head.")},
    None, (BACKEND, "vtb-train-vlm geometry"),
)  # fmt: skip

WEIGHTS: Mapping[str, Weights] = {one.name: one for one in (DETECTOR, TRACKER, ORIENTER, RECONSTRUCTOR)}


def licenses(names: Iterable[str] = WEIGHTS) -> dict[str, str]:
    """The terms of weights by their names, for a manifest and a card; of all that the backend of models uses."""
    return {name: WEIGHTS[name].terms for name in names}
