"""What a request wants: its path and query, read as the API server reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from in_memory_kubernetes.resources import Resource, find_resource
from in_memory_kubernetes.statuses import ApiError

_OBJECTS = re.compile(
    r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+)/(?P<version>[^/]+))"
    r"(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+)(?:/(?P<sub>[a-z]+))?)?"
)
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass(frozen=True)
class Request:
    """A request about objects.

    Attributes:
        verb: As in RBAC rules: get, list, watch, create, update, patch, delete, deletecollection.
        body: The JSON that came with it, or None.
    """

    verb: str
    resource: Resource
    namespace: str
    name: str
    subresource: str
    query: dict[str, str]
    content_type: str
    body: Any

    @property
    def what(self) -> str:
        """The resource as RBAC rules have it: ``pods/log``."""
        return f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural

    def flag(self, name: str) -> bool:
        return self.query.get(name, "") in ("1", "true", "True")

    def number(self, name: str) -> int | None:
        text = self.query.get(name, "")
        if not text:
            return None
        if not re.fullmatch(r"-?\d+", text):
            raise ApiError(400, f'strconv.ParseInt: parsing "{text}": invalid syntax')
        return int(text)


def read_query(target: str) -> tuple[str, dict[str, str]]:
    """The path and the query of a request's target."""
    parts = urlsplit(target)
    return parts.path, {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}


def read_request(
    method: str, path: str, query: dict[str, str], content_type: str, body: Any, groups: tuple[str, ...]
) -> Request | None:
    """The request, or None when the path leads nowhere: an API group that is not installed among others."""
    found = _OBJECTS.fullmatch(path)
    if not found:
        return None
    group = found["group"] or ""
    resource = find_resource(group, found["core"] or found["version"], found["plural"])
    if resource is None or (group and group not in groups):
        return None
    name = unquote(found["name"] or "")
    if method == "GET":
        watch = query.get("watch", "") in ("1", "true", "True")
        verb = "get" if name else "watch" if watch else "list"
    elif method == "DELETE":
        verb = "delete" if name else "deletecollection"
    else:
        verb = VERBS.get(method, method.lower())
    namespace = unquote(found["namespace"] or "")
    return Request(verb, resource, namespace, name, found["sub"] or "", query, content_type, body)
