"""``vtb run --on docker``: the same pipeline file as containers."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import yaml

from container_tools import HEAVY, LABEL, LIGHT, ROOT, build, builder, docker, inspect, tag
from container_tools import containers as with_label
from contract.command_line import BIN, killed_at_the_end, run, start
from vtb.artifact import read_manifest
from vtb.launch.docker import DockerLauncher
from vtb.pipeline.reading import read_pipeline
from vtb.signals import Stopped
from vtb.store import open_store

if TYPE_CHECKING:
    from conftest import Bucket

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    build(LIGHT)


@pytest.fixture
def names() -> tuple[str, str, str]:
    """Steps that no other test has: their containers are known by their labels."""
    own = secrets.token_hex(3)
    return f"mazes-{own}", f"curated-{own}", f"dataset-{own}"


@pytest.fixture
def pipeline(names: tuple[str, str, str], tmp_path: Path) -> Path:
    mazes, curated, dataset = names
    small = {"size": [7], "count": 12, "cell-px": 8, "endpoints": "random", "samples-per-shard": 5, "workers": 1}
    steps = [
        {"name": mazes, "stage": "gen-maze", "options": small},
        {"name": curated, "stage": "curate", "inputs": [mazes], "options": {"val": 0.2, "test": 0.2}},
        {"name": dataset, "stage": "prepare vlm", "inputs": [curated]},
    ]
    path = tmp_path / "pipeline.yaml"
    path.write_text(yaml.safe_dump({"name": "test", "steps": steps}))
    return path


@pytest.fixture(autouse=True)
def no_container_left(names: tuple[str, str, str]) -> Iterator[None]:
    """Whatever happens to a step, its container is gone afterwards."""
    yield
    left = [container for name in names for container in containers(name)]
    for container in left:
        docker("rm", "-f", container)
    assert left == []


def containers(step: str) -> list[str]:
    """The containers of a step, running or not."""
    return with_label("vtb.step", step)


def digests(store: str, names: tuple[str, ...]) -> list[str]:
    return [read_manifest(f"{store}/{name}").digest for name in names]


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


@pytest.mark.store
def test_same_digests_on_s3_and_no_secret_seen(
    pipeline: Path, names: tuple[str, str, str], s3: Bucket, tmp_path: Path
) -> None:
    seen: list[str] = []
    with watching(lambda: seen.extend(command_lines(s3.env["AWS_SECRET_ACCESS_KEY"], "vtb.program vtb_"))):
        done = run("vtb", "run", pipeline, "--on", "docker", "--store", f"{s3.uri}/run")
    assert done.code == 0, done.err
    assert run("vtb", "run", pipeline, "--on", "local", "--store", tmp_path / "local").code == 0
    assert digests(f"{s3.uri}/run", names) == digests(str(tmp_path / "local"), names)
    assert any("vtb.program vtb_" in line for line in seen)  # the watch saw the containers' processes
    assert not [line for line in seen if s3.env["AWS_SECRET_ACCESS_KEY"] in line]
    assert s3.env["AWS_SECRET_ACCESS_KEY"] not in done.out + done.err


def command_lines(*parts: str) -> list[str]:
    """Command lines of this machine, those in containers too, that show one of these."""
    lines = []
    for process in psutil.process_iter():
        try:
            lines.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return [line for line in lines if any(part in line for part in parts)]


class watching:  # noqa: N801 -- reads as a verb
    """Does something again and again while a block runs."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look, self._end = look, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            self._look()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


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


# --- while a step runs


@pytest.fixture
def long_run(
    pipeline: Path, names: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[subprocess.Popen[str]]:
    """A step of some minutes, seen by its first log line; nothing is asked of S3, but its credentials are there."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"secret-{secrets.token_hex(8)}")
    words = ("run", pipeline, "--on", "docker", "--store", tmp_path / "out", "--set", f"{names[0]}.count=900000")
    with killed_at_the_end(start("vtb", *words)) as process:
        assert process.stderr is not None
        too_late = threading.Timer(60, process.kill)
        too_late.start()
        while "different mazes exist" not in (line := process.stderr.readline()):
            assert line, "the log of a running step does not come through"
        too_late.cancel()
        yield process


def test_logs_are_streamed_and_the_container_may_do_little(
    long_run: subprocess.Popen[str], names: tuple[str, str, str]
) -> None:
    """The first log line of the step was read while it goes on."""
    (container,) = containers(names[0])
    about = inspect(container)
    host, secret = about["HostConfig"], os.environ["AWS_SECRET_ACCESS_KEY"]
    assert about["State"]["Running"] is True
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert (host["NetworkMode"], host["Privileged"]) == ("none", False)
    assert not about["Config"]["User"].startswith("0")
    assert about["Config"]["Labels"]["vtb.stage.command"] == "gen-maze"
    assert secret not in str(about)
    assert command_lines(secret) == []
    long_run.send_signal(signal.SIGTERM)
    long_run.communicate(timeout=60)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_signal_removes_the_container(
    number: signal.Signals, code: int, long_run: subprocess.Popen[str], names: tuple[str, str, str], tmp_path: Path
) -> None:
    step = names[0]
    assert len(containers(step)) == 1
    began = time.monotonic()
    os.killpg(long_run.pid, number)
    _, err = long_run.communicate(timeout=60)
    assert long_run.returncode == code, err
    assert time.monotonic() - began < 20
    assert containers(step) == []
    assert "run the same command again to continue" in err
    assert not (tmp_path / "out" / step / "manifest.json").exists()
    assert "Traceback" not in err


def test_a_stop_that_the_starting_program_does_not_hear_ends_it(
    pipeline: Path, names: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel drops a signal to the first process of a container that has not said yet that it listens."""
    from docker.models.containers import Container

    start_it = Container.start

    def start_and_be_stopped(container: Container) -> None:
        start_it(container)
        raise Stopped

    monkeypatch.setattr(Container, "start", start_and_be_stopped)
    monkeypatch.setattr(Container, "stop", lambda container, timeout: container.wait(timeout=30))
    with pytest.raises(Stopped):
        DockerLauncher().run_step(read_pipeline(pipeline).steps[0], str(tmp_path / "out"))
    assert containers(names[0]) == []


def test_a_killed_launcher_takes_its_container_with_it(
    long_run: subprocess.Popen[str], pipeline: Path, names: tuple[str, str, str], tmp_path: Path
) -> None:
    (container,) = containers(names[0])
    long_run.kill()
    deadline = time.monotonic() + 30
    while inspect(container)["State"]["Running"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert inspect(container)["State"]["ExitCode"] == 75
    # What is left of it goes with the next run, which goes on where the first one was.
    words = ("--on", "docker", "--store", tmp_path / "out", "--set", f"{names[0]}.count=900000")
    with killed_at_the_end(start("vtb", "run", pipeline, *words)) as again:
        while container in containers(names[0]):
            assert time.monotonic() < deadline + 60
            time.sleep(0.2)
        again.send_signal(signal.SIGTERM)
        again.communicate(timeout=60)


@pytest.mark.store
def test_credentials_of_the_store_are_not_in_the_settings(
    pipeline: Path, names: tuple[str, str, str], s3: Bucket
) -> None:
    words = ("--on", "docker", "--store", f"{s3.uri}/run", "--set", f"{names[0]}.count=900000", "--only", names[0])
    seen: list[str] = []
    with killed_at_the_end(start("vtb", "run", pipeline, *words)) as process:
        deadline = time.monotonic() + 60
        while not any(info.key.endswith(".tar") for info in open_store(f"{s3.uri}/run").list()):
            assert time.monotonic() < deadline
            seen += [str(inspect(container)) for container in containers(names[0])]
            time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert seen
    assert not [about for about in seen if s3.env["AWS_SECRET_ACCESS_KEY"] in about]


# --- everything, on the CPU


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
