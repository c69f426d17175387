"""Sites, small and with everything, and every object that a launcher makes there, for tests of these."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vtb.cluster.gang import step_objects
from vtb.cluster.launcher_job import launcher_objects
from vtb.cluster.site import Site
from vtb.cluster.site_file import site_from
from vtb.pipeline.reading import read_pipeline
from vtb.pipeline.step import Pipeline, Step
from vtb.stage.registry import installed

ROOT = Path(__file__).resolve().parents[2]
STORE = "s3://bucket/run1"
LONG = "r" * 63, "s" * 52
EVERYTHING: dict[str, Any] = {
    "namespace": "research",
    "release": LONG[0],
    "serviceAccount": "steps",
    "launcherServiceAccount": "launcher",
    "image": {"registry": "registry.example/group/", "tag": "1.2.3", "pullPolicy": "Always", "pullSecrets": ["pull"]},
    "store": {"endpoint": "http://store:9000", "region": "eu-1", "existingSecret": "s3"},
    "credentials": {"existingSecret": "tokens"},
    "modelCache": {"claim": "models"},
    "gpuResource": "amd.com/gpu",
    "fsGroup": 1000,
    "ttlSecondsAfterFinished": 60,
    "defaults": {
        "cpu": "500m", "memory": "1.5Gi", "gpu": 2, "disk": "5Gi", "sharedMemory": "1Gi",
        "parallelism": 3, "retries": 0,
        "activeDeadlineSeconds": 3600, "nodeSelector": {"pool": "gpu"}, "priorityClassName": "high",
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}], "runtimeClassName": "nvidia",
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname"}}]}},
        "queue": "research", "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
        "extraVolumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        "extraVolumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
    },
    "stages": {
        "train-vlm-sft": {"nodes": 2, "memory": "128Gi", "extraResources": {"vpc.amazonaws.com/efa": 4}},
        "eval-predict": {"gpuResource": "nvidia.com/mig-3g.40gb", "extraResources": {"hugepages-2Mi": "64Mi"}},
    },
    "launcher": {"nodeSelector": {"pool": "small"}, "extraEnv": [{"name": "SSL_CERT_FILE", "value": "/ca/ca.crt"}]},
}  # fmt: skip


def sites() -> Iterator[Site]:
    """A small site and one with everything, for each of those that run gangs."""
    for by in ("job", "jobset", "trainjob"):
        yield site_from({"stages": {"train-vlm-sft": {"nodes": 16}}, "gang": {"by": by}})
        yield site_from({**EVERYTHING, "gang": {"by": by}})


def steps() -> Iterator[tuple[Pipeline, Step]]:
    """Every stage, whole and in parts, and every step of the pipelines that we bring."""
    for entry in installed().values():
        for parts in (1, 100_000) if entry.stage.parallel == "shards" else (1,):
            step = Step(LONG[1], entry.stage.name, {"num-shards": parts} if parts > 1 else {}, {})
            yield Pipeline("p", (step,)), step
    for path in sorted((ROOT / "k8s" / "pipelines").glob("*.yaml")):
        pipeline = read_pipeline(path)
        for step in pipeline.steps:
            yield pipeline, step


def objects() -> list[dict[str, Any]]:
    """The objects of every step at every site, and those of a launcher in the cluster."""
    made = [
        found for site in sites() for pipeline, step in steps() for found in step_objects(pipeline, step, STORE, site)
    ]
    made += [
        found for site in sites() for found in launcher_objects("name: x\n", "p" * 60, STORE, site, ["--set", "a=$(B)"])
    ]
    return made


OBJECTS = objects()
