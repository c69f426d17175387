"""``vtb-prepare latent``: questions whose answers have pictures between their words, for latent visual reasoning."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_prepare.latent_options import Options

STAGE = Stage(
    command="vtb-prepare latent",
    summary="Write answers with helper pictures between their words, for training latent visual reasoning.",
    version=2,
    image="vtb/prepare",
    reads=("puzzles",),
    many_inputs=True,
    needs_input=False,
    writes=("latent-dataset",),
    parallel="shards",
    resources=Resources(cpu="2", memory="4Gi"),
)


@stage_command(STAGE, Options)
def latent(run: Run, options: Options) -> None:
    """Write answers with helper pictures between their words, for training latent visual reasoning.

    From puzzles (--input: curated or raw artifacts, or folders of ours in the VLMPuzzle layout) the helper pictures
    are stages of the solution, drawn as in the family's clips. Published rows (--data, --images) are read in the forms
    of ILVR and CoMT, of Mirage, and with depth maps between two <think> parts; every defect is named with its line.
    Writes train.jsonl and val.jsonl (text_input, image_input, sequence_plan, original_final_answer and besides id,
    task, example), which the published code of ILVR reads too, with the pictures packed in one tar per shard.

    Example: vtb-prepare latent --input out/curated --segments 2 --output out/latent
    """
    from vtb_prepare.latent_shards import make_dataset  # what a help text does without

    make_dataset(run, options)
