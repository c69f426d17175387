"""The command that writes a tiny model, which two stages have."""

from __future__ import annotations

import tempfile
from pathlib import Path

from vtb.stage.fields import StageOptions
from vtb.stage.run import Run


def make_tiny(run: Run, options: StageOptions, variant: str, *, small: bool = False) -> None:
    """Write the model as an artifact, or say what would be done."""
    plan = run.plan(options)
    if run.dry_run:
        run.say_plan(plan, f"a {'small' if small else 'tiny'} {variant}")
        return
    output = run.begin(plan)
    if output is None:
        return
    from vtb.diffusion.tiny.build import build_tiny_model

    with run.withdrawing(output), tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        build_tiny_model(variant, folder, run.seed, small=small)
        files = output.put_folder(folder)
    run.say_done(output, output.commit([], files, {"variant": variant}))
