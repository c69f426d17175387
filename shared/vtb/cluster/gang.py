"""Training on several nodes: the same pod on each, told by torchrun's variables who it is and where the first one is.

torchrun reads ``PET_NNODES``, ``PET_NODE_RANK``, ``PET_MASTER_ADDR`` and ``PET_MASTER_PORT``; a TrainJob sets them
itself, elsewhere they are set here (the rank is the pod's ``JOB_COMPLETION_INDEX``).
"""

from __future__ import annotations

from typing import Any

from vtb.cluster.job import FAILURES, job_spec, metadata
from vtb.cluster.site import Site
from vtb.pipeline.step import Pipeline, Step

NODE = "node"  # of a JobSet: also what Kubeflow's torch runtimes call the job and its container


def step_objects(pipeline: Pipeline, step: Step, store: str, site: Site) -> list[dict[str, Any]]:
    """Everything a step needs in the cluster; the first object is the one whose end is the step's end."""
    stage = step.installed.stage
    nodes = int(site.place(stage).nodes or 1)
    spec = job_spec(pipeline, step, store, site)
    if nodes > 1 and stage.gang:
        return {"job": indexed_job, "jobset": jobset, "trainjob": trainjob}[site.gang.by](
            pipeline, step, store, site, spec, nodes
        )
    return [_object("batch/v1", "Job", metadata(pipeline, step, store, site, spec), spec)]


def _object(version: str, kind: str, meta: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}


def indexed_job(
    pipeline: Pipeline, step: Step, store: str, site: Site, spec: dict[str, Any], nodes: int
) -> list[dict[str, Any]]:
    """An Indexed Job, a pod a node, and the headless Service that gives its pods names.

    A node that is lost fails the others within seconds, since they wait for it; each comes back by itself and waits
    for the rest, so a try of the gang costs a try of every node.
    """
    spec = {
        **spec, "completionMode": "Indexed", "completions": nodes, "parallelism": nodes,
        "backoffLimit": spec["backoffLimit"] * nodes,
    }  # fmt: skip
    meta = metadata(pipeline, step, store, site, {**spec, "port": site.gang.port})
    name = meta["name"]
    spec["template"]["spec"]["subdomain"] = name
    _meet(spec, nodes, f"{name}-0.{name}", site)
    return [_object("batch/v1", "Job", meta, spec), service(meta, {"batch.kubernetes.io/job-name": name}, site)]


def service(meta: dict[str, Any], pods: dict[str, str], site: Site) -> dict[str, Any]:
    """A headless Service: names for pods, ready or not, since they meet before they are ready."""
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": pods,
        "ports": [{"name": "torchrun", "port": site.gang.port}],
    }
    return _object("v1", "Service", meta, spec)


def jobset(
    pipeline: Pipeline, step: Step, store: str, site: Site, spec: dict[str, Any], nodes: int
) -> list[dict[str, Any]]:
    """A JobSet: it starts all nodes again when one fails, and makes the names itself."""
    retries = spec["backoffLimit"]
    template = {
        "completionMode": "Indexed", "completions": nodes, "parallelism": nodes, "backoffLimit": 0,
        "podFailurePolicy": FAILURES, "template": spec["template"],
    }  # fmt: skip
    whole: dict[str, Any] = {
        "network": {"enableDNSHostnames": True, "publishNotReadyAddresses": True},
        "failurePolicy": {
            "maxRestarts": retries,
            "rules": [
                {"name": "final", "action": "FailJobSet", "onJobFailureReasons": ["PodFailurePolicy"]},
            ],
        },
        "ttlSecondsAfterFinished": spec["ttlSecondsAfterFinished"],
        **({"suspend": True} if "suspend" in spec else {}),
        "replicatedJobs": [{"name": NODE, "replicas": 1, "template": {"spec": template}}],
    }
    if "activeDeadlineSeconds" in spec:
        template["activeDeadlineSeconds"] = spec["activeDeadlineSeconds"]
    meta = metadata(pipeline, step, store, site, {**whole, "port": site.gang.port})
    _meet(template, nodes, f"{meta['name']}-{NODE}-0-0.{meta['name']}", site)
    return [_object("jobset.x-k8s.io/v1alpha2", "JobSet", meta, whole)]


def _meet(spec: dict[str, Any], nodes: int, first: str, site: Site) -> None:
    """Tell every node how many there are and where the first one is."""
    told = {"PET_NNODES": str(nodes), "PET_MASTER_ADDR": first, "PET_MASTER_PORT": str(site.gang.port)}
    container = spec["template"]["spec"]["containers"][0]
    container["env"] = [*container["env"], *({"name": name, "value": value} for name, value in told.items())]
    container["ports"] = [{"name": "torchrun", "containerPort": site.gang.port}]


def trainjob(
    pipeline: Pipeline, step: Step, store: str, site: Site, spec: dict[str, Any], nodes: int
) -> list[dict[str, Any]]:
    """A TrainJob of Kubeflow Trainer v2 on one of its torch runtimes, which sets the variables of torchrun."""
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    patched = ("nodeSelector", "tolerations", "affinity", "imagePullSecrets", "securityContext", "volumes")
    patch = {
        "serviceAccountName": pod["serviceAccountName"],
        "terminationGracePeriodSeconds": pod["terminationGracePeriodSeconds"],
        **{key: pod[key] for key in patched if key in pod},
        "containers": [{"name": NODE, **{key: container[key] for key in ("securityContext", "volumeMounts")}}],
    }
    runtime = {
        "template": {
            "spec": {
                "replicatedJobs": [
                    {
                        "name": NODE,
                        "template": {"spec": {"template": {"metadata": spec["template"]["metadata"], "spec": patch}}},
                    }
                ]
            }
        }
    }
    whole: dict[str, Any] = {
        "runtimeRef": {"apiGroup": "trainer.kubeflow.org", "kind": "ClusterTrainingRuntime", "name": site.gang.runtime},
        **({"suspend": True} if "suspend" in spec else {}),
        **({"activeDeadlineSeconds": spec["activeDeadlineSeconds"]} if "activeDeadlineSeconds" in spec else {}),
        "runtimePatches": [{"manager": "vtb-train/launcher", "trainingRuntimeSpec": runtime}],
        "trainer": {
            "numNodes": nodes,
            "numProcPerNode": int(site.place(step.installed.stage).gpu or 1),
            "image": container["image"],
            "args": container["args"],
            "env": container["env"],
            "resourcesPerNode": container["resources"],
        },
    }
    meta = metadata(pipeline, step, store, site, whole)
    return [_object("trainer.kubeflow.org/v1alpha1", "TrainJob", meta, whole)]
