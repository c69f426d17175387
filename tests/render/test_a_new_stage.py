"""A stage that nobody has heard of is in everything that is rendered, by its declaration and its README alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import helm_python
import pytest
import yaml

from chart.helm import manifests
from contract.command_line import run
from render.trees import copy_tree

STAGE = '''
from dataclasses import dataclass
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option

STAGE = Stage(
    command="vtb-toy", summary="Play with puzzles.", version=1, image="vtb/toy", reads=("puzzles",),
    writes=("puzzles",), parallel="shards", gang=True, model_cache=True, grace_s=77,
    resources=Resources(cpu="7", memory="3Gi", gpu=2, disk="9Gi", shared_memory="5Gi"),
    credentials=("TOY_TOKEN",),
)

@dataclass(frozen=True)
class Options(StageOptions):
    bounces: int = option(3, low=1, help="How often it bounces.")

@stage_command(STAGE, Options)
def main(run, options):
    """Play with puzzles."""
'''
PIPELINE = 'name: play\nsteps:\n  - {name: toys, stage: toy, inputs: {input: "s3://b/p"}, options: {bounces: 5}}\n'


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the stage, its README and a pipeline, after `vtb render`."""
    root = copy_tree(tmp_path_factory.mktemp("tree"))
    package = root / "stages" / "toy"
    about = package / "toy-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[vtb.stages]\ntoy = toy_stage:main\n")
    (package / "toy_stage.py").write_text(STAGE)
    (package / "README.md").write_text("# Toys\n\n<!-- options: toy -->\n<!-- end of options -->\n")
    (root / "k8s" / "pipelines" / "play.yaml").write_text(PIPELINE)
    environment = {"PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}:{package}"}
    done = run("vtb", "render", "--root", root, env=environment)
    assert done.code == 0, done.err
    assert run("vtb", "render", "--check", "--root", root, env=environment).code == 0
    return root


def text(tree: Path, name: str) -> str:
    return (tree / name).read_text(encoding="utf-8")


def test_it_has_its_options_told(tree: Path) -> None:
    assert "| `--bounces` integer, at least 1 | `VTB_TOY_BOUNCES` | `3` |" in text(tree, "stages/toy/README.md")


def test_it_is_in_the_list_of_commands_and_images(tree: Path) -> None:
    assert "| [`vtb-toy`](stages/toy/README.md) | `vtb/toy` | Play with puzzles |\n" in text(tree, "README.md")


def test_it_has_jobs(tree: Path) -> None:
    (job,) = yaml.safe_load_all(text(tree, "k8s/jobs/toy.yaml"))
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert job["spec"]["completionMode"] == "Indexed"
    assert pod["terminationGracePeriodSeconds"] == 77
    assert container["image"].startswith("vtb/toy:")
    assert container["resources"]["limits"] == {
        "memory": "3Gi", "ephemeral-storage": "9Gi", "nvidia.com/gpu": "2",
    }  # fmt: skip
    assert {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "5Gi"}} in pod["volumes"]
    for by in ("job", "jobset", "trainjob"):
        assert "vtb/toy:" in text(tree, f"k8s/multinode/toy-{by}.yaml")
    assert "--bounces" in text(tree, "k8s/argo/play.yaml")


def test_the_chart_knows_it(tree: Path) -> None:
    chart = tree / "charts" / "vtb-train"
    assert "| `toy` | 7 | 3Gi | 2 | 9Gi | 5Gi | yes | yes |\n" in text(tree, "charts/vtb-train/README.md")
    stages = json.loads(text(tree, "charts/vtb-train/values.schema.json"))["$defs"]["Values"]["properties"]["stages"]
    assert "toy" in stages["properties"]
    values = {
        "store": {"uri": "s3://bucket/run1", "existingSecret": "s3"}, "credentials": {"existingSecret": "tokens"},
        "argo": {"enabled": True}, "stages": {"toy": {"cpu": "8"}}, "pipeline": {"name": "play"},
    }  # fmt: skip
    with helm_python.Chart.load(chart) as loaded:
        files = loaded.render(values, name="vtb-train", namespace="research")
    made = [entry for name, words in files.items() if name.endswith(".yaml") for entry in yaml.safe_load_all(words)]
    templates = {entry["metadata"]["name"]: entry for entry in made if entry["kind"] == "WorkflowTemplate"}
    for name in ("vtb-toy", "vtb-play"):
        (job,) = manifests(templates[name])
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["image"].startswith("vtb/toy:")
        assert container["resources"]["requests"]["cpu"] == "8"
        assert "TOY_TOKEN" in [entry["name"] for entry in container["env"]]


def test_pipelines_take_it(tree: Path) -> None:
    environment = {"PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}:{tree / 'stages' / 'toy'}"}
    done = run("vtb", "render", tree / "k8s" / "pipelines" / "play.yaml", "--store", "s3://b/run", env=environment)
    assert "--bounces" in done.out
