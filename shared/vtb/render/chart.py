"""The values of the chart: their schema, and the table of them in its README.

The schema is the site file's with the chart's own keys; defaults and explanations stand in ``values.yaml``, which is
written by hand and checked against it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

from vtb.cluster import site as of_site
from vtb.cluster.site import Objects, Quantity
from vtb.errors import BadInput
from vtb.stage.declaration import Stage

PortNumber = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Cidr = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")]
AnyName = Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", max_length=63)]
StepName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+$")]
Setting = Annotated[str, msgspec.Meta(pattern=r"^[^=\s]+=")]
TABLE = re.compile(r"(<!-- (values|stages) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)
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


class LauncherValues(_Part, frozen=True):
    """The Job that runs the pipeline."""

    enabled: bool = True
    service_account: Account = Account()
    resources: Room = Room()
    node_selector: dict[str, str] = {}
    tolerations: Objects = []
    extra_env: Objects = []
    extra_volumes: Objects = []
    extra_volume_mounts: Objects = []


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
    place["cpu"]["type"].append("number")
    for part in (place, parts["LauncherValues"]["properties"]):
        for key in NAMED:
            part[key]["items"] = {"type": "object", "required": ["name"]}
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


def rendered(chart: Path, stages: list[Stage]) -> dict[str, str]:
    """The schema and the README of the chart as they should be."""
    text = (chart / "values.yaml").read_text(encoding="utf-8")
    check(text)
    page = (chart / "README.md").read_text(encoding="utf-8")
    tables = {"values": table(text), "stages": stages_table(stages)}
    return {
        "values.schema.json": json.dumps(values_schema(stages), indent=1) + "\n",
        "README.md": TABLE.sub(lambda match: match[1] + tables[match[2]] + match[3], page),
    }


def check(text: str) -> None:
    """Refuse a values.yaml that the schema would refuse, or that leaves a key out.

    Raises:
        BadInput: with the key.
    """
    try:
        msgspec.convert(yaml.safe_load(text), Values)
    except msgspec.ValidationError as error:
        raise BadInput(f"values.yaml of the chart: {error}") from error


def table(text: str) -> str:
    """The values as a Markdown table."""
    rows = [f"| `{key}` | `{default}` | {words} |".replace("| `` |", "| |") for key, default, words in described(text)]
    return "\n".join(["| value | default | meaning |", "|---|---|---|", *rows]) + "\n"


def stages_table(stages: list[Stage]) -> str:
    """What each stage asks for, as a Markdown table."""
    rows = [["stage", "cpu", "memory", "gpu", "disk", "shared memory", "in parts", "on several nodes"], ["---"] * 8]
    for stage in stages:
        asked = stage.resources
        several = "yes" if stage.parallel == "shards" else "", "yes" if stage.gang else ""
        amounts = asked.cpu, asked.memory, str(asked.gpu or ""), asked.disk, asked.shared_memory
        rows.append([f"`{stage.slug}`", *amounts, *several])
    return "".join(f"| {' | '.join(row)} |\n".replace("  ", " ") for row in rows)


def described(text: str) -> Iterator[tuple[str, str, str]]:
    """Key, default and explanation of each value that has one, in the order of the file."""
    data, path, words = yaml.safe_load(text), list[tuple[int, str]](), list[str]()
    for line in text.splitlines():
        if match := re.match(r"\s*# (-- )?(.*)", line):
            words = [match[2]] if match[1] else [*words, match[2]] if words else []
        elif match := re.match(r"( *)([A-Za-z]+):", line):
            path = [*((indent, name) for indent, name in path if indent < len(match[1])), (len(match[1]), match[2])]
            if words:
                names = [name for _, name in path]
                yield ".".join(names), _default(data, names), " ".join(words)
            words = []


def _default(data: Any, names: list[str]) -> str:
    for name in names:
        data = data[name]
    return "" if data in ("", None, [], {}) else data if isinstance(data, str) else json.dumps(data)
