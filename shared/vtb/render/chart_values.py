"""The values that the chart takes, and their schema: the site file's keys with the chart's own.

Defaults and explanations stand in the chart's ``values.yaml``, which is written by hand and checked against this.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from vtb.cluster import site as of_site
from vtb.cluster.site import Objects, Quantity
from vtb.stage.declaration import Stage

PortNumber = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Cidr = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")]
AnyName = Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", max_length=63)]
StepName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+$")]
Setting = Annotated[str, msgspec.Meta(pattern=r"^[^=\s]+=")]
NAMED = ("extraEnv", "extraVolumes", "extraVolumeMounts")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A part of the values; unknown keys are refused."""


class PipelineValues(_Part, frozen=True):
    """Which pipeline runs, and with what options."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+$")] = ""
    file: str = ""
    settings: list[Setting] = []
    only: list[StepName] = []


class StoreValues(of_site.StoreAccess, frozen=True):
    """The store, and for trials its keys."""

    uri: Annotated[str, msgspec.Meta(pattern=r"^(s3://[^/\s]+(/\S*)?)?$")] = ""
    endpoint: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^/\s]+/?)?$")] = ""
    access_key_id: str = ""
    secret_access_key: str = ""


class ModelCacheValues(of_site.ModelCache, frozen=True):
    """The volume for models: yours, or one that is made."""

    create: bool = False
    size: Quantity = ""
    storage_class: str = ""
    access_modes: list[Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]] = msgspec.field(
        default_factory=list
    )


class Account(_Part, frozen=True):
    """A service account."""

    create: bool = True
    name: AnyName = ""
    annotations: dict[str, str] = {}


class Room(_Part, frozen=True):
    """Requests and limits."""

    requests: dict[str, str | int | float] = {}
    limits: dict[str, str | int | float] = {}


class LauncherValues(of_site.LauncherPlace, frozen=True):
    """The Job that runs the pipeline."""

    enabled: bool = True
    service_account: Account = Account()
    resources: Room = Room()


class Rbac(_Part, frozen=True):
    """Roles."""

    create: bool = True


class Persistence(_Part, frozen=True):
    """The volume of the development store."""

    enabled: bool = True
    size: Quantity = ""
    storage_class: str = ""


class DevStore(_Part, frozen=True):
    """An S3 server for trials."""

    enabled: bool = False
    buckets: list[Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]] = []
    persistence: Persistence = Persistence()
    resources: Room = Room()


class Reach(_Part, frozen=True):
    """What may be reached."""

    cidrs: list[Cidr] = []
    ports: list[PortNumber] = []


class NetworkPolicyValues(_Part, frozen=True):
    """What the pods may reach."""

    enabled: bool = False
    dns: Reach = Reach()
    store: Reach = Reach()
    api_server: Reach = Reach()
    extra_egress: Objects = []


class Argo(_Part, frozen=True):
    """Templates for Argo Workflows."""

    enabled: bool = False


class Values(_Part, frozen=True):
    """What ``helm install`` can be told."""

    image: of_site.Image
    pipeline: PipelineValues
    store: StoreValues
    credentials: of_site.Credentials
    gang: of_site.Gang
    model_cache: ModelCacheValues
    gpu_resource: str
    fs_group: int | None
    ttl_seconds_after_finished: Annotated[int, msgspec.Meta(ge=0)]
    defaults: of_site.StagePlace
    stages: dict[str, of_site.StagePlace]
    service_account: Account
    launcher: LauncherValues
    rbac: Rbac
    dev_store: DevStore
    network_policy: NetworkPolicyValues
    argo: Argo


def values_schema(stages: list[Stage]) -> dict[str, Any]:
    """The JSON Schema of the values; the keys of ``stages`` are those that there are."""
    made = _simple(of_site.schema_of(Values))
    parts = made["$defs"]
    place = parts["StagePlace"]["properties"]
    place["cpu"] |= {"type": ["string", "number", "null"], "exclusiveMinimum": 0}
    for part in (place, parts["LauncherValues"]["properties"]):
        for key in NAMED:
            part[key]["items"] = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    one_node = {"allOf": [{"$ref": "#/$defs/StagePlace"}, {"properties": {"nodes": {"maximum": 1}}}]}
    whole = parts["Values"]
    whole["properties"]["stages"] = {
        "type": "object",
        "properties": {stage.slug: {"$ref": "#/$defs/StagePlace"} if stage.gang else one_node for stage in stages},
        "additionalProperties": False,
    }
    whole["properties"]["global"] = {"type": "object"}  # Helm adds it where the chart is part of another
    del whole["required"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _simple(part: Any) -> Any:
    """Without defaults, which stand in values.yaml, and with null as one more type: shorter messages."""
    if isinstance(part, list):
        return [_simple(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    if {"type": "null"} in part.get("anyOf", []):
        (part,) = (entry for entry in part["anyOf"] if entry != {"type": "null"})
        part = {**part, "type": [part["type"], "null"]}
    return {
        key: {name: _simple(entry) for name, entry in value.items()}
        if key in ("properties", "$defs")
        else _simple(value)
        for key, value in part.items()
        if key not in ("default", "title") and value != []
    }
