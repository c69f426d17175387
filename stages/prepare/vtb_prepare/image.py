"""``vtb-prepare image``: puzzles and their solutions as pairs of pictures, for DiffSynth-Studio."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_prepare.image_options import Options

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
