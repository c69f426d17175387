"""Reads the site file, and says what is wrong with it by the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from vtb.cluster.site import LauncherPlace, Site, StagePlace
from vtb.did_you_mean import did_you_mean
from vtb.errors import BadInput
from vtb.stage.config_file import UnreadableYaml, load_yaml
from vtb.stage.registry import installed


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
    _check_place("launcher", site.launcher)
    _check_place("defaults", site.defaults)
    _check_resources("defaults", site.defaults, site)
    stages = {found.stage.slug: found.stage for found in installed().values()}
    for name, place in site.stages.items():
        if name not in stages:
            raise BadInput(f"stages.{name}: there is no such stage{did_you_mean(name, stages)}")
        if (place.nodes or 1) > 1 and not stages[name].gang:
            raise BadInput(f"stages.{name}.nodes: {name} runs on one node; the parts of --num-shards share its work")
        _check_place(f"stages.{name}", place)
        _check_resources(f"stages.{name}", site.place(stages[name]), site)
    return site


def _check_resources(where: str, place: StagePlace, site: Site) -> None:
    """GPUs that are asked for twice would be as many as the last one says."""
    name = place.gpu_resource or site.gpu_resource
    if name in (place.extra_resources or {}):
        raise BadInput(f"{where}.extraResources: {name} is what gpu asks for: give gpu")


def _check_place(where: str, place: StagePlace | LauncherPlace) -> None:
    """What comes in Kubernetes' own words needs a name, or the cluster refuses the pod hours later."""
    for field in msgspec.structs.fields(type(place)):
        if field.name.startswith("extra_") and field.name != "extra_resources":
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
