"""``vtb run --on kubernetes|argo``, ``status``, ``logs``, ``cancel`` and ``render`` as users call them."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import CustomObjectsApi

from buckets import Bucket
from chart.helm import one, render
from cluster.pipelines import DATA, ONE, PARTS, with_keys, write_pipeline
from contract.command_line import Result, call, killed_at_the_end, start
from in_memory_kubernetes import ALL_GROUPS, InstalledPrograms, Kubernetes
from vtb.cluster.gang import step_objects
from vtb.cluster.site_file import read_site
from vtb.pipeline.reading import read_pipeline

pytestmark = pytest.mark.store


@pytest.fixture
def site(request: pytest.FixtureRequest, s3: Bucket, tmp_path: Path) -> Path:
    if "kubernetes" in request.fixturenames:
        with_keys(request.getfixturevalue("kubernetes"), s3)
    path = tmp_path / "site.yaml"
    store = {"existingSecret": "s3", "endpoint": s3.server.url}
    path.write_text(yaml.safe_dump({"namespace": "test", "release": "mine", "store": store}))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_pipeline(tmp_path, ONE)


def change(site: Path, **more: object) -> None:
    site.write_text(yaml.safe_dump(yaml.safe_load(site.read_text()) | more))


def run(file: Path, store: str, *more: object, on: str = "kubernetes") -> Result:
    return call("vtb", "run", file, "--on", on, "--store", store, *more)


def test_run_status_logs_and_cancel(kubernetes: Kubernetes, s3: Bucket, site: Path, tmp_path: Path) -> None:
    kubernetes.run = InstalledPrograms()
    done = run(write_pipeline(tmp_path), s3.uri, "--site", site)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == f"{s3.uri}/curated"
    assert "cluster v1." in done.err

    shown = call("vtb", "status", "--site", site).out.splitlines()
    assert shown[0].split() == ["PIPELINE", "STEP", "STATE", "PARTS", "AGE", "OBJECT"]
    assert [line.split()[:4] for line in shown[1:]] == [
        ["data", "curated", "complete", "1/1"], ["data", "mazes", "complete", "1/1"],
        ["data", "more", "complete", "3/3"]
    ]  # fmt: skip
    assert call("vtb", "status", "--site", site, "--pipeline", "other").out.startswith("nothing of release mine")

    assert "complete: 6 rows" in call("vtb", "logs", "mazes", "--site", site).out
    told = call("vtb", "logs", "more", "--site", site).out.splitlines()
    assert {line.split("]")[0] for line in told} == {"[more/0", "[more/1", "[more/2"}
    assert "[more" not in call("vtb", "logs", "more", "--index", "1", "--site", site).out
    unknown = call("vtb", "logs", "maze", "--site", site)
    assert unknown.code == 3
    assert "did you mean mazes?" in unknown.err

    kubernetes.create("jobs", {"metadata": {"name": "somebody-elses"}, "spec": _plain()})
    gone = call("vtb", "cancel", "--site", site)
    assert gone.code == 0
    assert gone.out.count("deleted job/mine-") == 3
    kubernetes.wait(lambda: [job["metadata"]["name"] for job in kubernetes.objects("jobs")] == ["somebody-elses"])


def _plain() -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x:1", "command": ["true"]}]}
    return {"template": {"metadata": {}, "spec": pod}}


def test_dry_run_makes_nothing(kubernetes: Kubernetes, s3: Bucket, site: Path, file: Path) -> None:
    done = run(file, s3.uri, "--site", site, "--dry-run")
    assert (done.code, done.out) == (0, f"vtb-gen-maze --output {s3.uri}/mazes --size 7 --count 2\n")
    assert not kubernetes.objects("jobs")


MISSING: list[tuple[dict[str, Any], str]] = [
    ({"namespace": "nowhere"}, "there is no namespace nowhere: make it, or name another with --namespace"),
    ({"serviceAccount": "steps"}, "there is no ServiceAccount steps in namespace test: make it, or correct the site"),
    ({"store": {"existingSecret": "s4"}}, "there is no Secret s4 in namespace test"),
    ({"image": {"pullSecrets": ["registry"]}}, "there is no Secret registry in namespace test"),
    ({"defaults": {"extraEnv": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "x"}}}]}},
     "there is no ConfigMap m in namespace test"),
    ({"defaults": {"extraVolumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}},
     "there is no PersistentVolumeClaim data in namespace test"),
    ({"owner": "of-the-chart"}, "namespace test has no such ConfigMap"),
    ({"launcherServiceAccount": "launcher", "detach": True}, "there is no ServiceAccount launcher in namespace test"),
]  # fmt: skip


@pytest.mark.parametrize("dry", [True, False], ids=["dry", "real"])
@pytest.mark.parametrize(("keys", "said"), MISSING, ids=[said for _, said in MISSING])
def test_what_is_not_there_is_told_before(
    kubernetes: Kubernetes, s3: Bucket, site: Path, file: Path, keys: dict[str, Any], said: str, dry: bool
) -> None:
    detach = ["--detach"] if keys.get("detach") else []
    change(site, **{name: value for name, value in keys.items() if name != "detach"})
    done = run(file, s3.uri, "--site", site, *detach, *(["--dry-run"] if dry else []))
    assert done.code == 4, done.err
    assert said in done.err
    assert len(done.err.strip().splitlines()) <= 2
    assert not kubernetes.objects("jobs")
    assert not kubernetes.objects("configmaps")


@pytest.mark.parametrize(
    ("verb", "resource"), [("create", "jobs"), ("watch", "pods"), ("get", "pods/log"), ("delete", "jobs")]
)
def test_rights_that_are_missing_are_told_before(
    kubernetes: Kubernetes, s3: Bucket, site: Path, file: Path, verb: str, resource: str
) -> None:
    kubernetes.forbid(verb, resource)
    done = run(file, s3.uri, "--site", site, "--dry-run")
    kind = {"jobs": "Job", "pods": "Pod", "pods/log": "Pod/log"}[resource]
    assert done.code == 4
    assert f"the cluster does not let us {verb} {kind} in namespace test: ask for a role" in done.err


def test_what_we_may_not_see_is_left_to_the_pods(kubernetes: Kubernetes, s3: Bucket, site: Path, file: Path) -> None:
    kubernetes.forbid("get", "secrets")
    change(site, store={"existingSecret": "s4"})
    assert run(file, s3.uri, "--site", site, "--dry-run").code == 0


def test_what_is_optional_need_not_be_there(kubernetes: Kubernetes, s3: Bucket, site: Path, file: Path) -> None:
    reference = {"configMapKeyRef": {"name": "m", "key": "x", "optional": True}}
    change(site, defaults={"extraEnv": [{"name": "X", "valueFrom": reference}]})
    assert run(file, s3.uri, "--site", site, "--dry-run").code == 0


def test_what_the_cluster_would_refuse_is_told_before(
    kubernetes: Kubernetes, s3: Bucket, site: Path, tmp_path: Path
) -> None:
    """Of a later step, too: nothing else knows before what an admission webhook says."""
    kubernetes.fail("create", "jobs", 422, times=None)
    done = run(write_pipeline(tmp_path, PARTS), s3.uri, "--site", site, "--dry-run")
    assert (done.code, "the cluster refuses to create Job in namespace test" in done.err) == (3, True)


def test_what_the_stage_would_refuse_is_told_before(kubernetes: Kubernetes, s3: Bucket, site: Path, file: Path) -> None:
    done = run(file, s3.uri, "--site", site, "--set", "endpoints=nowhere")
    assert done.code == 2
    assert "step mazes: Invalid value for '--endpoints'" in done.err
    assert not kubernetes.objects("jobs")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--store", "folder"), 2, "--store .*folder: a cluster writes to an S3-compatible store"),
        (("--detach",), 2, "launcherServiceAccount in the site file"),
        (("--context", "nowhere"), 4, "no cluster to run on"),
        (("--site", "no.yaml"), 2, "no.yaml"),
    ],
)
def test_what_cannot_be(
    kubernetes: Kubernetes, s3: Bucket, file: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    store = () if "--store" in words else ("--store", s3.uri)
    done = call("vtb", "run", file, "--on", "kubernetes", *store, *words)
    assert done.code == code, done.err
    assert re.search(said, done.err)
    assert len(done.err.strip().splitlines()) <= 3


def test_cluster_options_elsewhere_are_refused(s3: Bucket, site: Path, file: Path) -> None:
    done = call("vtb", "run", file, "--store", s3.uri, "--site", site)
    assert done.code == 2
    assert "--site is for clusters" in done.err


def sleep_long(pod: dict[str, Any], log: Any) -> int:
    log.sleep(60)
    return 0


def test_ctrl_c_says_what_goes_on(kubernetes: Kubernetes, s3: Bucket, site: Path, file: Path) -> None:
    kubernetes.run = sleep_long
    words = ("vtb", "run", file, "--on", "kubernetes", "--store", s3.uri, "--site", site)
    with killed_at_the_end(start(*words)) as process:
        kubernetes.wait(lambda: kubernetes.pod_runs, 60)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"`vtb cancel --pipeline data --site {site}` ends them" in said
    assert "Traceback" not in said
    assert len(kubernetes.objects("jobs")) == 1


def test_detached_a_launcher_stays_in_the_cluster(kubernetes: Kubernetes, s3: Bucket, site: Path, file: Path) -> None:
    change(site, launcherServiceAccount="launcher", defaults={"nodeSelector": {"pool": "batch"}})
    kubernetes.create("serviceaccounts", {"metadata": {"name": "launcher"}})
    words = ("--site", site, "--detach", "--set", "count=3", "--tag", "9.9")
    first, second = run(file, s3.uri, *words), run(file, s3.uri, *words)
    assert (first.code, second.code) == (0, 0), first.err
    assert first.out == second.out
    (job,), (config,) = kubernetes.objects("jobs"), kubernetes.objects("configmaps")
    pod = job["spec"]["template"]["spec"]
    assert first.out == f"job/{job['metadata']['name']}\n"
    assert pod["serviceAccountName"] == "launcher"
    assert pod["nodeSelector"] == {"pool": "batch"}
    container = pod["containers"][0]
    assert container["image"] == "vtb/launcher:9.9"
    assert container["args"][-4:] == ["--store", s3.uri, "--set", "count=3"]
    assert yaml.safe_load(config["data"]["site.yaml"])["image"]["tag"] == "9.9"
    assert s3.server.secret_key not in json.dumps([job, config])
    assert call("vtb", "cancel", "--site", site).code == 0
    kubernetes.wait(lambda: not kubernetes.objects("jobs") and not kubernetes.objects("configmaps"))


def test_the_launcher_of_the_chart_is_seen_and_kept(kubernetes: Kubernetes, s3: Bucket, site: Path, file: Path) -> None:
    def run_or_sleep(pod: dict[str, Any], log: Any) -> int:
        log.write(f"this is {log.container['image']}\n")
        return sleep_long(pod, log)

    kubernetes.run = run_or_sleep
    values = {"store": {"uri": s3.uri, "existingSecret": "s3"}, "pipeline": {"file": file.read_text()}}
    job = one(render(values, name="mine"), "Job", "-launcher")
    job["metadata"]["annotations"] = {"meta.helm.sh/release-name": "mine.1"}
    kubernetes.create("configmaps", {"metadata": {"name": "mine-launcher"}, "data": {}})
    kubernetes.create("jobs", job)
    pipeline = read_pipeline(file)
    (step,) = step_objects(pipeline, pipeline.steps[0], s3.uri, read_site(site))
    kubernetes.create("jobs", step)
    kubernetes.wait(lambda: len(kubernetes.pod_runs) == 2)
    shown = [line.split()[:3] for line in call("vtb", "status", "--site", site).out.splitlines()[1:]]
    assert shown == [["data", "(launcher)", "running"], ["data", "mazes", "running"]]
    assert call("vtb", "logs", "launcher", "--no-follow", "--site", site).out.startswith("this is vtb/launcher:")
    gone = call("vtb", "cancel", "--site", site)
    assert gone.code == 0
    assert f"deleted job/{step['metadata']['name']}\n" in gone.out
    assert "kept job/mine-launcher, the chart's launcher: it ends by itself" in gone.out
    assert "`helm uninstall mine.1 -n test` removes it" in gone.out
    kubernetes.wait(lambda: [made["metadata"]["name"] for made in kubernetes.objects("jobs")] == ["mine-launcher"])


def test_render_prints_what_run_makes(kubernetes: Kubernetes, s3: Bucket, site: Path, tmp_path: Path) -> None:
    kubernetes.run = InstalledPrograms()
    file = write_pipeline(tmp_path, DATA)
    printed = call("vtb", "render", file, "--store", s3.uri, "--site", site)
    assert printed.code == 0, printed.err
    made = {entry["metadata"]["name"]: entry for entry in yaml.safe_load_all(printed.out)}
    assert run(file, s3.uri, "--site", site).code == 0
    assert made.keys() == {job["metadata"]["name"] for job in kubernetes.objects("jobs")}
    (flow,) = yaml.safe_load_all(call("vtb", "render", file, "--store", s3.uri, "--site", site, "--on", "argo").out)
    assert flow["kind"] == "Workflow"
    assert call("vtb", "render", file).code == 2


def test_a_workflow_is_followed_to_its_end(s3: Bucket, site: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No controller runs it here: the test says what Argo would."""
    with Kubernetes(groups=ALL_GROUPS) as cluster:
        with_keys(cluster, s3)
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        words = ("vtb", "run", file, "--on", "argo", "--store", s3.uri, "--site", site)
        with killed_at_the_end(start(*words)) as process:
            cluster.wait(lambda: cluster.objects("workflows"), 60)
            (made,) = cluster.objects("workflows")
            node = {"id": "n", "type": "Pod", "displayName": "mazes", "phase": "Succeeded"}
            status = {"phase": "Succeeded", "nodes": {"n": node}}
            api, name = CustomObjectsApi(cluster.client()), made["metadata"]["name"]
            api.patch_namespaced_custom_object("argoproj.io", "v1alpha1", "test", "workflows", name, {"status": status})
            out, said = process.communicate(timeout=30)
        assert process.returncode == 0, said
        assert "mazes: succeeded" in said
        assert out.endswith(f"{s3.uri}/mazes\n")


def test_without_argo_it_is_told(kubernetes: Kubernetes, s3: Bucket, site: Path, file: Path) -> None:
    done = run(file, s3.uri, "--site", site, on="argo")
    assert done.code == 4
    assert "the cluster knows no Workflow" in done.err
