"""What a container finds in its environment, and the files that are mounted into it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from in_memory_kubernetes.resources import CONFIG_MAPS, SECRETS, Resource
from in_memory_kubernetes.selectors import field
from in_memory_kubernetes.store import Object, Store


class ConfigError(Exception):
    """A container that cannot be started: CreateContainerConfigError."""


class MountError(Exception):
    """A volume that cannot be mounted: ContainerCreating, and Events that say FailedMount."""


def environment_of(store: Store, pod: Object, container: dict[str, Any]) -> dict[str, str]:
    """The environment of a container: envFrom, then env, in which $(NAME) stands for what came before."""
    env: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        ref = source.get("secretRef") or source.get("configMapRef") or {}
        resource = SECRETS if source.get("secretRef") else CONFIG_MAPS
        data = _data(store, pod, resource, ref)
        env.update({source.get("prefix", "") + name: value for name, value in data.items()})
    for entry in container.get("env") or []:
        if entry.get("valueFrom"):
            value = _value_from(store, pod, container, entry["valueFrom"])
        else:
            value = expand(entry.get("value") or "", env)
        if value is not None:
            env[entry["name"]] = value
    return env


def expand(text: str, env: dict[str, str]) -> str:
    """Replace $(NAME) by its value where there is one; $$(NAME) stands for $(NAME)."""

    def value(found: re.Match[str]) -> str:
        return found[0][1:] if found[0].startswith("$$") else env.get(found[1], found[0])

    return re.sub(r"\$?\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)", value, text)


def mounted_files(store: Store, pod: Object, container: dict[str, Any]) -> dict[str, dict[str, str]]:
    """By mount path, the texts of mounted ConfigMaps and Secrets by file name; other volumes are not there."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    found: dict[str, dict[str, str]] = {}
    for mount in container.get("volumeMounts") or []:
        sources = volumes[mount["name"]].get("projected", {}).get("sources") or [volumes[mount["name"]]]
        texts = [texts for source in sources if (texts := _volume(store, pod, source)) is not None]
        if texts:
            merged = {name: text for each in texts for name, text in each.items()}
            part = mount.get("subPath")
            found[mount["mountPath"]] = {"": merged[part]} if part else merged
    return found


def _volume(store: Store, pod: Object, source: dict[str, Any]) -> dict[str, str] | None:
    for kind, resource, key in (("configMap", CONFIG_MAPS, "name"), ("secret", SECRETS, "secretName")):
        if ref := source.get(kind):
            name = ref.get(key) or ref.get("name")
            try:
                data = _data(store, pod, resource, {**ref, "name": name})
            except ConfigError as error:
                raise MountError(
                    f'MountVolume.SetUp failed for volume "{source.get("name", kind)}" : {error}'
                ) from error
            items = ref.get("items")
            return {item["path"]: data[item["key"]] for item in items} if items else data
    return None


def _value_from(store: Store, pod: Object, container: dict[str, Any], source: dict[str, Any]) -> str | None:
    for kind, resource in (("secretKeyRef", SECRETS), ("configMapKeyRef", CONFIG_MAPS)):
        if ref := source.get(kind):
            data = _data(store, pod, resource, ref)
            if ref["key"] not in data and not ref.get("optional"):
                said = f"{pod['metadata']['namespace']}/{ref['name']}"
                raise ConfigError(f"couldn't find key {ref['key']} in {resource.kind} {said}")
            return data.get(ref["key"])
    if ref := source.get("fieldRef"):
        return field_of(pod, ref["fieldPath"])
    if ref := source.get("resourceFieldRef"):
        kind, _, name = ref["resource"].partition(".")
        return str((container.get("resources") or {}).get(kind, {}).get(name, "0"))
    raise ConfigError(f"valueFrom with {', '.join(source)} is not known to this stand-in")


def field_of(pod: Object, path: str) -> str:
    """The downward API: metadata.name, metadata.labels['x'], spec.nodeName, status.podIP..."""
    if found := re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path):
        return str((pod["metadata"].get(found[1]) or {}).get(found[2], ""))
    return field(pod, path)


def _data(store: Store, pod: Object, resource: Resource, ref: dict[str, Any]) -> dict[str, str]:
    item = store.find(resource, pod["metadata"]["namespace"], ref["name"])
    if item is None:
        if ref.get("optional"):
            return {}
        raise ConfigError(f'{resource.kind.lower()} "{ref["name"]}" not found')
    decode: Callable[[str], str] = str
    if resource == SECRETS:
        decode = lambda text: base64.b64decode(text).decode()  # noqa: E731 -- one line is all it is
    return {name: decode(text) for name, text in (item.get("data") or {}).items()}
