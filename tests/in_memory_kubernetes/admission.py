"""What the API server checks of an object, and what it fills in, before it keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from in_memory_kubernetes import job_rules
from in_memory_kubernetes.resources import JOBS, PODS, Resource
from in_memory_kubernetes.statuses import ApiError, invalid
from in_memory_kubernetes.store import Object

Problem = tuple[str, str, str]
INVALID, REQUIRED = "FieldValueInvalid", "FieldValueRequired"
_LABEL_FMT = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_FMT = rf"{_LABEL_FMT}(\.{_LABEL_FMT})*"
_VALUE_FMT = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_KEY_FMT = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_SUBDOMAIN_SAYS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    f"and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN_FMT}')"
)
_VALUE_SAYS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'{_VALUE_FMT}')"
)


def admit_new(resource: Resource, item: Object) -> None:
    """Fill in what is left out, and raise ApiError 422 for what may not be created."""
    meta = item["metadata"]
    if resource.has_status:
        item.pop("status", None)
    if resource == JOBS:
        job_rules.set_defaults(item)
    if resource == PODS:
        job_rules.set_pod_defaults(item.setdefault("spec", {}))
        item["status"] = {"phase": "Pending", "qosClass": "Burstable"}
    problems = [*_name_problems(resource, meta), *metadata_problems(meta, "metadata")]
    if resource == JOBS:
        problems += [*metadata_problems(_template_meta(item), "spec.template.metadata"), *job_rules.problems(item)]
    if resource in (JOBS, PODS):
        spec = item["spec"]["template"]["spec"] if resource == JOBS else item["spec"]
        problems += job_rules.pod_problems(spec, "spec.template.spec" if resource == JOBS else "spec")
    if problems:
        raise invalid(resource, meta.get("name", ""), problems)


def admit_change(resource: Resource, item: Object, before: Object) -> None:
    """Raise ApiError 422 for a change that is not allowed."""
    meta, old = item["metadata"], before["metadata"]
    for field in ("name", "namespace", "uid"):
        if meta.get(field) != old[field]:
            raise invalid(resource, old["name"], [(f"metadata.{field}", INVALID, immutable(meta.get(field)))])
    problems = list(metadata_problems(meta, "metadata"))
    if resource == JOBS:
        problems += job_rules.change_problems(item["spec"], before["spec"])
    if problems:
        raise invalid(resource, old["name"], problems)


def immutable(value: Any) -> str:
    return f"Invalid value: {value!r}: field is immutable"


def metadata_problems(meta: dict[str, Any], path: str) -> Iterator[Problem]:
    """What is wrong with labels, annotations and owner references."""
    for key, value in (meta.get("labels") or {}).items():
        prefix, _, name = key.rpartition("/")
        if len(name) > 63 or not re.fullmatch(_KEY_FMT, name) or (prefix and not re.fullmatch(_SUBDOMAIN_FMT, prefix)):
            yield f"{path}.labels", INVALID, f'Invalid value: "{key}": name part must be a valid label key'
        if not isinstance(value, str):
            raise ApiError(400, f"json: cannot unmarshal {type(value).__name__} into {path}.labels of type string")
        if len(value) > 63:
            yield f"{path}.labels", INVALID, f'Invalid value: "{value}": must be no more than 63 characters'
        elif not re.fullmatch(_VALUE_FMT, value):
            yield f"{path}.labels", INVALID, f'Invalid value: "{value}": {_VALUE_SAYS}'
    for key, value in (meta.get("annotations") or {}).items():
        if not isinstance(value, str):
            raise ApiError(400, f"json: cannot unmarshal {type(value).__name__} into annotation {key} of type string")
    for number, owner in enumerate(meta.get("ownerReferences") or []):
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                yield f"{path}.ownerReferences[{number}].{field}", REQUIRED, "Required value: must not be empty"


def _name_problems(resource: Resource, meta: dict[str, Any]) -> Iterator[Problem]:
    name = meta.get("name") or (meta["generateName"] + "xxxxx" if meta.get("generateName") else "")
    services = resource.plural == "services"
    if not name:
        yield "metadata.name", REQUIRED, "Required value: name or generateName is required"
    elif services and (len(name) > 63 or not re.fullmatch("[a-z]([-a-z0-9]*[a-z0-9])?", name)):
        yield "metadata.name", INVALID, f'Invalid value: "{name}": a DNS-1035 label must be no more than 63 characters'
    elif len(name) > 253:
        yield "metadata.name", INVALID, f'Invalid value: "{name}": must be no more than 253 characters'
    elif not re.fullmatch(_SUBDOMAIN_FMT, name):
        yield "metadata.name", INVALID, f'Invalid value: "{name}": {_SUBDOMAIN_SAYS}'


def _template_meta(job: Object) -> dict[str, Any]:
    found: dict[str, Any] = job["spec"]["template"].get("metadata") or {}
    return found
