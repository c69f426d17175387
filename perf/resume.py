"""What a generate step of 1,000 shards costs beside making them: planned, rendered, and gone on with after a kill.

A resume may ask the store about each shard, never about each sample: its requests are counted for two sizes of shards.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_REPOSITORY / "tests"))

from s3_server import S3Server  # noqa: E402 -- found through the line above

SHARDS = 1_000
SAMPLES = (1, 4)  # in a shard
_BUCKET = "benchmark"
_COUNTED = """
import atexit, sys
from urllib3.connectionpool import HTTPConnectionPool
asked, send = [0], HTTPConnectionPool._make_request
def count(*words, **more):
    asked[0] += 1
    return send(*words, **more)
HTTPConnectionPool._make_request = count
atexit.register(lambda: print("requests", asked[0]))
from vtb_generate.maze import main
main(sys.argv[1:], prog_name="vtb-gen-maze")
"""


def run(shards: int = SHARDS) -> list[dict[str, Any]]:
    """Seconds of each, and how many more requests the larger shards need."""
    requests, seconds = dict[int, int](), dict[int, float]()
    with tempfile.TemporaryDirectory(prefix="vtb-resume-") as folder:
        for samples in SAMPLES:
            _fill(Path(folder) / _BUCKET / f"of-{samples}", shards, samples)
        with S3Server(Path(folder)) as server:
            for samples in SAMPLES:
                requests[samples], seconds[samples] = _resume(server, shards, samples)
    few, many = (requests[samples] for samples in SAMPLES)
    return [
        {"name": "resume_plan_and_render", "value": round(_plan_and_render(shards), 2), "unit": "s", "target": 5,
         "better": "less", "shards": shards},
        {"name": "resume_seconds", "value": round(seconds[SAMPLES[0]], 1), "unit": "s", "target": 20, "better": "less",
         "shards": shards},
        {"name": "resume_requests", "value": round(many / few, 3), "unit": "ratio", "target": 1.01, "better": "less",
         "samples_ratio": SAMPLES[1] / SAMPLES[0], "per_shard": round(few / shards, 2), "requests": requests},
    ]  # fmt: skip


def _words(output: str, shards: int, samples: int) -> list[str]:
    return ["--size", "5", "--cell-px", "8", "--count", str(shards * samples), "--samples-per-shard", str(samples),
            "--preview", "0", "--log-level", "error", "--output", output]  # fmt: skip


def _fill(folder: Path, shards: int, samples: int) -> None:
    """An artifact that was killed before its last shard was done."""
    command = [sys.executable, "-m", "vtb.program", "vtb_generate.maze:main", *_words(str(folder), shards, samples)]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "manifest.json").unlink()
    last = sorted((folder / "shards").iterdir())[-1].name.partition(".")[0]
    for file in (folder / "shards").glob(f"{last}*"):
        file.unlink()


def _resume(server: S3Server, shards: int, samples: int) -> tuple[int, float]:
    """Requests and seconds of the pod of the last part, which finishes the whole."""
    words = _words(f"s3://{_BUCKET}/of-{samples}", shards, samples)
    part = ["--workers", "1", "--num-shards", str(shards), "--shard-index", str(shards - 1)]
    before = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _COUNTED, *words, *part], check=True, capture_output=True, text=True,
        env={**os.environ, **server.env},
    )  # fmt: skip
    seconds = time.perf_counter() - before
    place, counted = done.stdout.splitlines()
    if not place.endswith(f"of-{samples}") or not (server.root / _BUCKET / f"of-{samples}" / "manifest.json").exists():
        raise RuntimeError(f"the artifact was not finished: {done.stdout}")
    return int(counted.split()[1]), seconds


def _plan_and_render(shards: int) -> float:
    """Seconds from the pipeline to the text of its Job and the list of its shards."""
    command = [sys.executable, "-m", "perf.resume", str(shards)]
    return float(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def _measure(shards: int) -> float:
    from vtb.cluster.as_yaml import text
    from vtb.cluster.gang import step_objects
    from vtb.cluster.site import Site
    from vtb.launch.arguments import parse
    from vtb.pipeline.step import Pipeline, Step
    from vtb_generate.shards import Recipe, plan_shards

    before = time.perf_counter()
    options = {"count": 256 * shards, "num-shards": shards}
    step = Step("mazes", "gen-maze", options, {})
    made = text(step_objects(Pipeline("p", (step,)), step, "s3://bucket/run", Site()))
    found: Any = parse(step, "s3://bucket/run").options
    recipe = Recipe("maze_square", found.streams(), 42, False, found.form.layout, "vtb-gen-maze", 4)
    if f"completions: {shards}" not in made or len(plan_shards(recipe, found.form.samples_per_shard)) != shards:
        raise RuntimeError("the step was not split as it should be")
    return time.perf_counter() - before


if __name__ == "__main__":
    print(json.dumps(_measure(int(sys.argv[1]))))
