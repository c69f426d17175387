"""``vtb-eval score``: judge answers and say what they are worth."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_eval.score_options import Options

STAGE = Stage(
    command="vtb-eval score",
    summary="Judge the answers of a model and report how many are right.",
    version=12,  # where one option is chosen nearly always, that is said
    image="vtb/eval",
    reads=("predictions", "puzzles", "questions"),
    writes=("scores",),
    parallel="shards",
    resources=Resources(cpu="2", memory="4Gi"),
    credentials=("OPENAI_API_KEY",),
)


@stage_command(STAGE, Options)
def score(run: Run, options: Options) -> None:
    """Judge the answers of a model and report how many are right.

    Takes a predictions artifact; or with --answers puzzles (an artifact, a folder of the benchmark with data.json, or
    its parquet files) and a folder with what any model answered. Each puzzle's own family judges, strictly by the
    benchmark's rule and tolerantly. Writes the verdict on each answer, scores.json, and report.html with pictures of
    right and wrong answers and the published figures.

    Example: vtb-eval score --input out/puzzles --answers sora-videos --output out/scores
    """
    from vtb_eval.scoring import make_scores  # what a help text does without

    make_scores(run, options)
