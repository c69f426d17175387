"""What tests of Kubernetes objects look for in them, whoever has made them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import kubernetes_validate

# It reads all definitions of a version anew for each object, which is nearly all of its time.
_read_once = functools.cache(kubernetes_validate.utils.schema_contents)


def check_with_kubernetes(made: dict[str, Any], version: str) -> None:
    """Refuse an object that a version of Kubernetes would not take; unknown keys, too."""
    with patch("kubernetes_validate.utils.schema_contents", _read_once):
        kubernetes_validate.validate(made, version, strict=True)


def pods(value: Any, key: str) -> Iterator[dict[str, Any]]:
    """Every pod specification in an object: what has containers and a key that mere patches of pods lack."""
    if isinstance(value, dict):
        if "containers" in value and key in value:
            yield value
        for entry in value.values():
            yield from pods(entry, key)
    elif isinstance(value, list):
        for entry in value:
            yield from pods(entry, key)


def closed(schema: Any) -> Any:
    """The schema with unknown keys refused, as the API server does when it is asked to be strict."""
    if isinstance(schema, list):
        return [closed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found
