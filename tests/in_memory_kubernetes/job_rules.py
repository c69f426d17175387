"""Defaults and validation of Jobs and of what is in their pods, as in pkg/apis/batch of Kubernetes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

from in_memory_kubernetes.store import Object, random_suffix

Problem = tuple[str, str, str]
INVALID, REQUIRED = "FieldValueInvalid", "FieldValueRequired"
FIXED = (
    "template", "selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "successPolicy", "managedBy",
)  # fmt: skip


def set_defaults(job: Object) -> None:
    """What the API server writes into a new Job."""
    spec = job.setdefault("spec", {})
    meta = job["metadata"]
    uid = meta.setdefault("uid", str(uuid.uuid4()))
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = meta["generateName"] + random_suffix()
    name = meta.get("name", "")
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    _default(spec, "parallelism", 1)
    _default(spec, "backoffLimit", 6 if spec.get("backoffLimitPerIndex") is None else 2**31 - 1)
    _default(spec, "completionMode", "NonIndexed")
    _default(spec, "suspend", False)
    _default(spec, "podReplacementPolicy", "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    _default(spec, "manualSelector", False)
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or []:
        for condition in rule.get("onPodConditions") or []:
            _default(condition, "status", "True")
    template = spec.setdefault("template", {})
    labels = template.setdefault("metadata", {}).setdefault("labels", {})
    if labels and not meta.get("labels"):
        meta["labels"] = dict(labels)
    for label in ("job-name", "batch.kubernetes.io/job-name"):
        labels.setdefault(label, name)
    for label in ("controller-uid", "batch.kubernetes.io/controller-uid"):
        labels.setdefault(label, uid)
    spec.setdefault("selector", {}).setdefault("matchLabels", {}).setdefault("batch.kubernetes.io/controller-uid", uid)
    set_pod_defaults(template.setdefault("spec", {}))


def set_pod_defaults(spec: dict[str, Any]) -> None:
    """What the API server writes into the spec of a pod."""
    for key, value in {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }.items():
        _default(spec, key, value)
    for container in [*spec.get("initContainers", []), *spec.get("containers", [])]:
        _default(container, "terminationMessagePath", "/dev/termination-log")
        _default(container, "terminationMessagePolicy", "File")
        _default(container, "resources", {})
        latest = re.fullmatch(r"[^:@]+(:\d+/[^:@]+)?(:latest)?", container.get("image", ""))
        _default(container, "imagePullPolicy", "Always" if latest else "IfNotPresent")


def problems(job: Object) -> Iterator[Problem]:
    """What may not be created."""
    spec = job["spec"]
    for name in ("parallelism", "completions", "backoffLimit", "backoffLimitPerIndex", "maxFailedIndexes",
                 "activeDeadlineSeconds", "ttlSecondsAfterFinished"):  # fmt: skip
        value = spec.get(name)
        if value is not None and value < 0:
            yield f"spec.{name}", INVALID, f"Invalid value: {value}: must be greater than or equal to 0"
    yield from _index_problems(job)
    yield from _restart_problems(spec)
    yield from _policy_problems(spec)


def change_problems(spec: dict[str, Any], before: dict[str, Any]) -> Iterator[Problem]:
    """What may not be changed (scheduling directives of suspended Jobs, which may be, are not told apart here)."""
    for name in FIXED:
        if spec.get(name) != before.get(name):
            yield f"spec.{name}", INVALID, "Invalid value: field is immutable"
    if spec.get("completions") != before.get("completions"):
        indexed = spec.get("completionMode") == "Indexed"
        if not indexed:
            yield "spec.completions", INVALID, f"Invalid value: {spec.get('completions')}: field is immutable"
        elif spec.get("completions") != spec.get("parallelism"):
            said = "can only be modified in tandem with spec.parallelism"
            yield "spec.completions", INVALID, f"Invalid value: {spec.get('completions')}: {said}"


def pod_problems(spec: dict[str, Any], path: str) -> Iterator[Problem]:
    """What is wrong with containers and their environment."""
    if not spec.get("containers"):
        yield f"{path}.containers", REQUIRED, "Required value"
    for number, container in enumerate(spec.get("containers") or []):
        here = f"{path}.containers[{number}]"
        for name in ("name", "image"):
            if not container.get(name):
                yield f"{here}.{name}", REQUIRED, "Required value"
        volumes = {volume["name"] for volume in spec.get("volumes") or []}
        for place, mount in enumerate(container.get("volumeMounts") or []):
            if mount["name"] not in volumes:
                yield f"{here}.volumeMounts[{place}].name", "FieldValueNotFound", f'Not found: "{mount["name"]}"'
        for place, entry in enumerate(container.get("env") or []):
            if not isinstance(entry.get("value", ""), str):
                yield f"{here}.env[{place}].value", INVALID, "Invalid value: must be a string"
            if entry.get("value") and entry.get("valueFrom"):
                said = "Invalid value: may not be specified when `value` is not empty"
                yield f"{here}.env[{place}].valueFrom", INVALID, said


def _index_problems(job: Object) -> Iterator[Problem]:
    spec, name = job["spec"], job["metadata"].get("name", "")
    completions, most = spec.get("completions"), spec.get("maxFailedIndexes")
    if most is not None and spec.get("backoffLimitPerIndex") is None:
        yield "spec.backoffLimitPerIndex", REQUIRED, "Required value: when maxFailedIndexes is specified"
    if spec["completionMode"] != "Indexed":
        for field in ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"):
            if spec.get(field) is not None:
                yield f"spec.{field}", INVALID, f"Invalid value: {spec[field]}: requires indexed completion mode"
        return
    if completions is None:
        yield "spec.completions", REQUIRED, "Required value: when completion mode is Indexed"
        return
    hostname = f"{name}-{max(completions - 1, 0)}"
    if completions > 0 and (len(hostname) > 63 or "." in name):
        said = f"will not able to create pod with invalid DNS label: {hostname}"
        yield "metadata.name", INVALID, f'Invalid value: "{name}": {said}'
    if spec["parallelism"] > 100_000:
        yield "spec.parallelism", INVALID, "must be less than or equal to 100000 when completion mode is Indexed"
    if most is not None and most > completions:
        yield "spec.maxFailedIndexes", INVALID, f"Invalid value: {most}: must be less than or equal to completions"
    if completions > 100_000 and spec.get("backoffLimitPerIndex") is not None and most is None:
        yield "spec.maxFailedIndexes", REQUIRED, "Required value: must be specified when completions is above 100000"


def _restart_problems(spec: dict[str, Any]) -> Iterator[Problem]:
    policy = spec["template"]["spec"]["restartPolicy"]
    path = "spec.template.spec.restartPolicy"
    if policy not in ("OnFailure", "Never"):
        yield path, REQUIRED, 'Required value: valid values: "OnFailure", "Never"'
    elif spec.get("podFailurePolicy") and policy != "Never":
        said = 'only "Never" is supported when podFailurePolicy is specified'
        yield path, INVALID, f'Invalid value: "{policy}": {said}'


def _policy_problems(spec: dict[str, Any]) -> Iterator[Problem]:
    policy = spec.get("podFailurePolicy")
    if not policy:
        return
    if spec["podReplacementPolicy"] != "Failed":
        said = 'Unsupported value: "TerminatingOrFailed": supported values: "Failed"'
        yield "spec.podReplacementPolicy", "FieldValueNotSupported", said
    pod = spec["template"]["spec"]
    names = {it.get("name") for it in [*pod.get("initContainers", []), *(pod.get("containers") or [])]}
    for number, rule in enumerate(policy.get("rules") or []):
        yield from _rule_problems(rule, f"spec.podFailurePolicy.rules[{number}]", names, spec)


def _rule_problems(rule: dict[str, Any], path: str, names: set[str | None], spec: dict[str, Any]) -> Iterator[Problem]:
    if rule.get("action") not in ("Count", "FailIndex", "FailJob", "Ignore"):
        said = f'Unsupported value: "{rule.get("action")}": supported values: "Count", "FailIndex", "FailJob", "Ignore"'
        yield f"{path}.action", "FieldValueNotSupported", said
    if rule.get("action") == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
        yield f"{path}.action", INVALID, 'Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set'
    codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions")
    if bool(codes) == bool(conditions):
        said = "specifying one of OnExitCodes and OnPodConditions is required"
        yield path, INVALID, f"Invalid value: {said if not codes else 'specifying both is not supported'}"
    for place, condition in enumerate(conditions or []):
        if condition.get("status") not in ("True", "False", "Unknown"):
            yield f"{path}.onPodConditions[{place}].status", REQUIRED, 'Required value: valid values: "False", "True"'
    if not codes:
        return
    values = codes.get("values") or []
    if codes.get("operator") not in ("In", "NotIn"):
        yield f"{path}.onExitCodes.operator", REQUIRED, 'Required value: valid values: "In", "NotIn"'
    if codes.get("containerName") is not None and codes["containerName"] not in names:
        said = "must be one of the container or initContainer names in the pod template"
        yield f"{path}.onExitCodes.containerName", INVALID, f'Invalid value: "{codes["containerName"]}": {said}'
    if not values:
        yield f"{path}.onExitCodes.values", INVALID, "Invalid value: []: at least one value is required"
    if values != sorted(values):
        yield f"{path}.onExitCodes.values", INVALID, f"Invalid value: {values}: must be ordered"
    if len(set(values)) != len(values):
        yield f"{path}.onExitCodes.values", "FieldValueDuplicate", f"Duplicate value: {values}"
    if codes.get("operator") == "In" and 0 in values:
        yield f"{path}.onExitCodes.values", INVALID, "Invalid value: 0: must not be 0 for the In operator"


def _default(target: dict[str, Any], key: str, value: Any) -> None:
    if target.get(key) is None:
        target[key] = value
