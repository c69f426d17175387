"""The site file: what belongs to a place and not to the work. The chart writes the same file from its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

import vtb
from vtb.did_you_mean import did_you_mean
from vtb.errors import BadInput
from vtb.stage.config_file import UnreadableYaml, load_yaml
from vtb.stage.declaration import Stage
from vtb.stage.registry import installed

NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"
REGISTRY = r"^([a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*/?)?$"  # no https://
ObjectName = Annotated[str, msgspec.Meta(pattern=NAME, max_length=63)]
Quantity = Annotated[str, msgspec.Meta(pattern=QUANTITY)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Objects = list[dict[str, Any]]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """A part of the file; unknown keys are refused."""


class Image(_Part, frozen=True):
    """Where images come from: ``<registry>/vtb/<name>:<tag>``."""

    registry: Annotated[str, msgspec.Meta(pattern=REGISTRY)] = ""
    tag: str = vtb.__version__
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    pull_secrets: list[ObjectName] = []

    def named(self, image: str) -> str:
        """The whole name of an image of ours."""
        return f"{self.registry.rstrip('/')}/{image}:{self.tag}" if self.registry else f"{image}:{self.tag}"


class StoreAccess(_Part, frozen=True):
    """The S3-compatible store: where it is, and the Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""

    endpoint: str = ""
    region: str = ""
    existing_secret: str = ""


class Credentials(_Part, frozen=True):
    """The Secret with further credentials by their names (HF_TOKEN), given to the stages that declare them."""

    existing_secret: str = ""


class Gang(_Part, frozen=True):
    """Who runs training on several nodes: an Indexed Job with a headless Service, a JobSet or a TrainJob."""

    by: Literal["job", "jobset", "trainjob"] = "job"
    runtime: ObjectName = "torch-distributed"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 29500


class ModelCache(_Part, frozen=True):
    """The volume claim that keeps models from run to run, for the stages that load them; none when empty."""

    claim: str = ""


class StagePlace(_Part, frozen=True):
    """What the pods of one stage get here; what is left out comes from ``defaults``, else from the stage itself."""

    cpu: Quantity | None = None
    memory: Quantity | None = None
    gpu: Annotated[int, msgspec.Meta(ge=0)] | None = None
    disk: Quantity | None = None
    shared_memory: Quantity | None = None
    parallelism: Count | None = None
    nodes: Count | None = None
    retries: Annotated[int, msgspec.Meta(ge=0)] | None = None
    active_deadline_seconds: Count | None = None
    node_selector: dict[str, str] | None = None
    tolerations: Objects | None = None
    affinity: dict[str, Any] | None = None
    priority_class_name: ObjectName | None = None
    runtime_class_name: ObjectName | None = None
    queue: ObjectName | None = None
    extra_env: Objects | None = None
    extra_volumes: Objects | None = None
    extra_volume_mounts: Objects | None = None


class Site(_Part, frozen=True):
    """One place: a namespace of a cluster with its registry, store, hardware and rules.

    ``owner`` is a ConfigMap with which all that is made there goes away.
    """

    namespace: str = ""
    release: ObjectName = "vtb-train"
    service_account: ObjectName = "default"
    launcher_service_account: str = ""
    owner: str = ""
    image: Image = Image()
    store: StoreAccess = StoreAccess()
    credentials: Credentials = Credentials()
    gang: Gang = Gang()
    model_cache: ModelCache = ModelCache()
    gpu_resource: str = "nvidia.com/gpu"
    fs_group: int | None = None
    ttl_seconds_after_finished: Annotated[int, msgspec.Meta(ge=0)] = 86_400
    defaults: StagePlace = StagePlace()
    stages: dict[str, StagePlace] = {}

    def place(self, stage: Stage) -> StagePlace:
        """What pods of a stage get: its own entry, key by key before the defaults, before what the stage declares."""
        own = self.stages.get(stage.slug, StagePlace())
        asked = stage.resources
        last = StagePlace(
            asked.cpu, asked.memory, asked.gpu, asked.disk, asked.shared_memory or None, PARALLELISM, 1, RETRIES
        )
        chosen = {
            name: next(
                (value for place in (own, self.defaults, last) if (value := getattr(place, name)) is not None), None
            )
            for name in StagePlace.__struct_fields__
        }
        return StagePlace(**chosen)


PARALLELISM = 10
RETRIES = 6


def read_site(path: Path | None) -> Site:
    """The site of a file, or one with every default.

    Raises:
        BadInput: it cannot be read, has unknown keys, or names stages that there are not.
    """
    if path is None:
        return Site()
    try:
        return site_from(load_yaml(path) or {})
    except UnreadableYaml as error:
        raise BadInput(f"{path}: cannot be read as YAML: {error}") from error
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error


def site_from(data: Any) -> Site:
    """The site of plain data; see ``read_site``."""
    try:
        site = msgspec.convert(data, Site)
    except msgspec.ValidationError as error:
        raise BadInput(_in_words(error, data)) from error
    _check_place("defaults", site.defaults)
    stages = {found.stage.slug: found.stage for found in installed().values()}
    for name, place in site.stages.items():
        if name not in stages:
            raise BadInput(f"stages.{name}: there is no such stage{did_you_mean(name, stages)}")
        if (place.nodes or 1) > 1 and not stages[name].gang:
            raise BadInput(f"stages.{name}.nodes: {name} runs on one node; the parts of --num-shards share its work")
        _check_place(f"stages.{name}", place)
    return site


def _check_place(where: str, place: StagePlace) -> None:
    """What comes in Kubernetes' own words needs a name, or the cluster refuses the pod hours later."""
    for field in msgspec.structs.fields(StagePlace):
        if field.name.startswith("extra_"):
            for entry in getattr(place, field.name) or []:
                if not isinstance(entry.get("name"), str):
                    raise BadInput(f"{where}.{field.encode_name}: every entry needs a name")


def _in_words(error: msgspec.ValidationError, data: Any) -> str:
    """``image.tga: unknown key``; msgspec says it the other way round."""
    what, _, where = str(error).partition(" - at `$")
    words = [word for word in where.rstrip("`").replace("[...]", "").split(".") if word]
    if words[:1] == ["stages"] and "stages[...]" in where:
        words[:1] = ["stages", _stage_in_error(data["stages"])]
    if what.startswith("Object contains unknown field"):
        words.append(name := what.split("`")[1])
        what = f"unknown key{did_you_mean(name, _known_keys(words[:-1]))}"
    return f"{'.'.join(words) or 'the file'}: {what[0].lower()}{what[1:]}"


def _stage_in_error(stages: Mapping[str, Any]) -> str:
    """Which stage's entry it is that msgspec does not name."""
    for name, entry in stages.items():
        try:
            msgspec.convert(entry, StagePlace)
        except msgspec.ValidationError:
            return name
    return "..."


def _known_keys(words: Sequence[str]) -> list[str]:
    """The keys of the part of the file at a place."""
    kind: Any = StagePlace if words[:1] in (["stages"], ["defaults"]) else Site
    if kind is Site and words:
        kind = next(field.type for field in msgspec.structs.fields(Site) if field.encode_name == words[0])
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def site_schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    return msgspec.json.schema(Site)


def with_image(site: Site, tag: str | None, registry: str | None) -> Site:
    """The site with images from elsewhere."""
    given: Mapping[str, Any] = {name: value for name, value in (("tag", tag), ("registry", registry)) if value}
    return msgspec.structs.replace(site, image=msgspec.structs.replace(site.image, **given))
