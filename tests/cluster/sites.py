"""Sites, small and with everything, for tests of the objects that are made there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vtb.cluster.site import Site
from vtb.cluster.site_file import site_from

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
