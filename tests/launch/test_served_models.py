"""Steps whose model a server has: no GPU, no model cache, and a name where else an artifact is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call
from launch.pipelines import CURATED, MAZES, MODEL, read
from vtb.cluster.gang import step_objects
from vtb.cluster.site_file import site_from
from vtb.errors import BadInput
from vtb.launch import arguments, container, local
from vtb.launch.preflight import find_problems
from vtb.pipeline.settings import with_settings
from vtb.pipeline.step import Pipeline, Step

URL = "http://models.example:8000/v1"
SERVED = {"endpoint": URL, "model": "org/name"}
GIVEN = {"OPENAI_API_KEY": "k", "AWS_SECRET_ACCESS_KEY": "s", "HF_TOKEN": "t"}


def step(**options: Any) -> Step:
    return Step("answers", "eval predict", options, {"input": ("curated",)})


def pod(one: Step, **site: Any) -> Any:
    (made,) = step_objects(Pipeline("p", (one,)), one, "s3://b/run", site_from(site))
    return made["spec"]["template"]["spec"]


def test_a_pod_gets_no_gpu_and_the_key_by_reference() -> None:
    site = {"modelCache": {"claim": "models"}, "credentials": {"existingSecret": "tokens"}}
    here, served = pod(step(model="s3://b/model"), **site), pod(step(**SERVED), **site)
    limits = [one["containers"][0]["resources"]["limits"] for one in (here, served)]
    assert [limit.get("nvidia.com/gpu") for limit in limits] == ["1", None]
    assert [limit["memory"] for limit in limits] == ["32Gi", "4Gi"]
    assert "persistentVolumeClaim" in str(here["volumes"])
    assert "persistentVolumeClaim" not in str(served["volumes"])
    env = {entry["name"]: entry.get("valueFrom") for entry in served["containers"][0]["env"]}
    assert env["OPENAI_API_KEY"]["secretKeyRef"]["name"] == "tokens"


def test_the_site_file_wins() -> None:
    asked = pod(step(**SERVED), stages={"eval-predict": {"gpu": 2, "memory": "9Gi"}})["containers"][0]["resources"]
    assert (asked["limits"]["nvidia.com/gpu"], asked["limits"]["memory"]) == ("2", "9Gi")


def test_a_container_gets_the_network_and_the_key_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: True)  # a machine with a GPU
    settings = container.container_settings(step(**SERVED), str(tmp_path), write=False)
    assert (settings["network_mode"], "device_requests" in settings) == ("host", False)
    assert "device_requests" in container.container_settings(step(model="/m"), str(tmp_path), write=False)
    words = step(**SERVED).arguments(str(tmp_path))
    assert container.secrets(step(**SERVED), words, GIVEN) == {"OPENAI_API_KEY": "k"}
    assert "k" not in container.environment(step(**SERVED), GIVEN).values()


def test_a_name_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "org/name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert container.with_absolute_paths(step(**SERVED)).options == SERVED
    assert container.with_absolute_paths(step(model="org/name")).options == {"model": str(tmp_path / "org/name")}


def test_a_name_is_looked_for_nowhere(tmp_path: Path) -> None:
    """But the same name without an endpoint is a folder that is missing."""
    mazes, curated = (dict(one) for one in (MAZES, CURATED))
    for options, told in ((SERVED, []), ({"model": "org/name"}, ["NotAvailable"])):
        asked = {"name": "answers", "stage": "eval predict", "inputs": ["curated"], "options": options}
        steps = read(tmp_path, mazes, curated, asked).steps
        for try_step, elsewhere in ((local.try_step, False), (arguments.try_step, True)):
            found = find_problems(steps, str(tmp_path / "out"), try_step, write=False, elsewhere=elsewhere)
            kinds = [type(problem).__name__ for problem in found]
            assert kinds == (["BadInput"] if told and elsewhere else told), found


def test_what_the_stage_would_refuse_is_told_before(tmp_path: Path) -> None:
    asked = {"name": "answers", "stage": "eval predict", "inputs": ["curated"], "options": {**SERVED, "device": "cpu"}}
    steps = read(tmp_path, MAZES, CURATED, asked).steps
    for try_step, elsewhere in ((local.try_step, False), (arguments.try_step, True)):
        (problem,) = find_problems(steps, str(tmp_path / "out"), try_step, write=False, elsewhere=elsewhere)
        assert "step answers: --device is for a model of this machine, not for --endpoint" in str(problem)


def test_no_step_makes_a_name(tmp_path: Path) -> None:
    asked = {"name": "answers", "stage": "eval predict", "inputs": {"input": "curated", "model": "model"}}
    plain = read(tmp_path, MAZES, CURATED, MODEL, asked)
    with pytest.raises(BadInput, match="eval predict takes no artifact with 'model'"):
        read(tmp_path, MAZES, CURATED, MODEL, {**asked, "options": {"endpoint": URL}})
    served = with_settings(plain, [f"answers.model={SERVED['model']}", f"answers.endpoint={URL}"])
    assert served.steps[-1].options == SERVED


def test_a_complete_step_is_seen_from_afar(s3: Any, tmp_path: Path) -> None:
    """By launchers in a cluster, which do not start it then."""
    from chat_server import ChatServer
    from stages.eval.endpoint_runs import ask
    from stages.eval.predict_runs import curate

    curated = curate(tmp_path, ("--size", "7", "--count", "24"))
    from vtb.store import join_uri, open_store

    store = open_store(join_uri(s3.uri, "curated"))
    for path in sorted(curated.rglob("*")):
        if path.is_file():
            store.put_bytes(str(path.relative_to(curated)), path.read_bytes())
    with ChatServer() as chat:
        done = ask(f"{s3.uri}/curated", chat.url, f"{s3.uri}/answers", model="org/name")  # type: ignore[arg-type]
        assert done.code == 0, done.err
        assert arguments.is_complete(step(endpoint=chat.url, model="org/name"), s3.uri)
        assert arguments.is_complete(step(endpoint=URL, model="org/name"), s3.uri)
    assert not arguments.is_complete(step(endpoint=URL, model="org/other"), s3.uri)
    assert call("vtb", "show", f"{s3.uri}/answers").code == 0
