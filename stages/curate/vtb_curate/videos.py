"""``vtb-curate videos``: from any videos or captions to those in which things move, and what acts in them."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_curate.videos_options import Options

STAGE = Stage(
    command="vtb-curate videos",
    summary="Choose videos in which several things move, and name what acts in them.",
    version=1,
    image="vtb/curate",
    writes=("videos",),
    parallel="shards",
    resources=Resources(cpu="2", memory="4Gi"),
    served_by="endpoint",
    credentials=("OPENAI_API_KEY",),
)


@stage_command(STAGE, Options)
def videos(run: Run, options: Options) -> None:
    """Choose videos in which several things move, and name what acts in them.

    A model behind an endpoint judges each video by its caption (--captions) or by its frames (--videos); with both,
    captions decide, and the files tell how long the videos are. Clips of another length are left out, and with
    --motion-filter those in which nothing moves but the camera. Every video becomes a row that says whether it is kept,
    left out or in quarantine, why, and what the model said. A run that was cut off goes on where it stopped.

    Example: vtb-curate videos --videos clips --endpoint http://localhost:8000/v1 --model qwen --output out/videos
    """
    from vtb_curate.videos_curating import make_videos  # what a help text does without

    make_videos(run, options)
