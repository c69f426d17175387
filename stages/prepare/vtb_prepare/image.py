"""``vtb-prepare image``: puzzles and their solutions as pairs of pictures, for DiffSynth-Studio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import option
from vtb.stage.run import Run
from vtb_prepare.common_options import DrawnOptions

STAGE = Stage(
    command="vtb-prepare image",
    summary="Write puzzles and solutions as pairs of pictures for training an image-editing model.",
    version=1,
    image="vtb/prepare",
    reads=("puzzles",),
    many_inputs=True,
    writes=("diffsynth-dataset",),
    parallel="shards",
    resources=Resources(cpu="2", memory="4Gi"),
)


@dataclass(frozen=True)
class Options(DrawnOptions):
    """The command's own options."""

    edit_image: Literal["list", "single"] = option(
        "list",
        help="How rows name the puzzle: as a list, as Qwen-Image-Edit-2509 and -2511 need it, or as a single path, as "
             "the first Qwen-Image-Edit does; the two are asked by different templates.",
    )  # fmt: skip
    max_pixels: int = option(
        1_048_576, low=4096, help="Scale larger pictures down to this many pixels; take the number of the training."
    )


@stage_command(STAGE, Options)
def image(run: Run, options: Options) -> None:
    """Write puzzles and solutions as pairs of pictures for training an image-editing model.

    Reads curated or raw puzzles artifacts, or a folder in the VLMPuzzle layout (data.json). Writes metadata.json and
    metadata_val.json as DiffSynth-Studio reads them (prompt, image, edit_image), with the pictures packed in one tar
    per shard. A picture whose sides are no multiples of 16 is scaled to the nearest ones, since the engine would cut
    it. A curated test split is left out.

    Example: vtb-prepare image --input out/curated --output out/pairs
    """
    from vtb_prepare.pairs import make_pairs  # what a help text does without

    make_pairs(run, options)
