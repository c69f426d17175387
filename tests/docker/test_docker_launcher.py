"""``vtb run --on docker``: the same pipeline file as containers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from container_steps import digests
from container_steps import images as images  # fixtures
from container_steps import names as names
from container_steps import no_container_left as no_container_left
from container_steps import pipeline as pipeline
from container_tools import HEAVY, LABEL, LIGHT, ROOT, build, builder, inspect, tag
from contract.command_line import BIN, run
from vtb.artifact import read_manifest

pytestmark = pytest.mark.docker


def test_same_digests_as_local_in_a_folder(pipeline: Path, names: tuple[str, str, str], tmp_path: Path) -> None:
    for on in ("docker", "local"):
        done = run("vtb", "run", pipeline, "--on", on, "--store", tmp_path / on)
        assert done.code == 0, done.err
        assert done.out.splitlines() == [*(f"{tmp_path / on}/{name}" for name in names), f"{tmp_path / on}/{names[-1]}"]
        assert done.err.count("complete: ") == 3
    assert digests(str(tmp_path / "docker"), names) == digests(str(tmp_path / "local"), names)
    again = run("vtb", "run", pipeline, "--on", "docker", "--store", tmp_path / "docker")
    assert (again.code, again.err.count("already complete")) == (0, 3)
    for name, image in zip(names, LIGHT, strict=True):
        run_info = read_manifest(f"{tmp_path}/docker/{name}").run
        assert run_info["image"] == inspect(tag(image))["Id"]
        assert run_info["git"] == inspect(tag(image))["Config"]["Labels"][f"{LABEL}revision"]
    owner = (tmp_path / "docker" / names[0] / "manifest.json").stat().st_uid
    assert owner == (os.getuid() or 1000)


def test_the_exit_code_of_a_step_that_fails(pipeline: Path, names: tuple[str, str, str], tmp_path: Path) -> None:
    store = tmp_path / "out"
    mazes, curated, dataset = names
    words = ("vtb", "run", pipeline, "--on", "docker", "--store", store, "--set")
    for step, setting in ((mazes, "size=[8]"), (curated, "val=0.9")):
        early = run(*words, f"{step}.{setting}")  # its own image says so, before the first step starts
        assert (early.code, len(early.error_lines)) == (2, 1), early.err
        assert f"step {step}: " in early.err
        assert not store.exists()
    done = run(*words, f"{curated}.difficulty=nothing=1..2")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert f"step {curated} ended with exit code 3" in done.err
    assert not (store / dataset).exists()


def test_what_is_missing_is_one_line(pipeline: Path, tmp_path: Path) -> None:
    words = ("run", pipeline, "--on", "docker", "--store", tmp_path / "out")
    for more, env, part in (
        (("--tag", "no-such-tag"), {}, "vtb/gen-maze:no-such-tag is not on this machine: build it with `make images`"),
        (("--registry", "registry.invalid/x/"), {}, "image registry.invalid/x/vtb/gen-maze:"),
        ((), {"DOCKER_HOST": f"unix://{tmp_path}/none"}, "no Docker engine answers"),
    ):
        done = run("vtb", *words, *more, env=env)
        assert (done.code, len(done.error_lines)) == (4, 1), done.err
        assert part in done.err
        assert not (tmp_path / "out").exists()
        assert "Traceback" not in done.err


@pytest.fixture
def heavy_images() -> None:
    if not os.environ.get("VTB_TEST_TRAIN_IMAGES"):
        pytest.skip("set VTB_TEST_TRAIN_IMAGES=1 to build and run train-vlm and eval (gigabytes and minutes)")
    build((*LIGHT, *HEAVY))


def test_the_whole_demo_in_containers(heavy_images: None, tmp_path: Path) -> None:
    store = tmp_path / "demo"
    demo = ROOT / "k8s" / "pipelines" / "demo.yaml"
    done = subprocess.run(
        [str(BIN / "vtb"), "run", str(demo), "--on", "docker", "--store", str(store)],
        capture_output=True, text=True, timeout=1500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    scores = read_manifest(str(store / "scores"), ("scores",))
    assert (store / "scores" / "report.html").stat().st_size > 1000
    assert scores.run["image"] == inspect(tag("eval"))["Id"]
    adapter = read_manifest(str(store / "adapter"), ("adapter",))
    assert adapter.metrics["lora_b_max"] > 0
    assert adapter.metrics["loss_last"] < adapter.metrics["loss_first"]
    assert builder().version() == adapter.run["vtb"]
