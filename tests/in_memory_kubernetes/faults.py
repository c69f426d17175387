"""Requests that go wrong on a test's order."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from in_memory_kubernetes.resources import resource_named
from in_memory_kubernetes.statuses import ApiError, forbidden

SAID = {
    401: "Unauthorized",
    409: "the object has been modified; please apply your changes to the latest version and try again",
    429: "the server has received too many requests and has asked us to try again later",
    500: "Internal error occurred: etcdserver: request timed out",
    503: "the server is currently unable to handle the request",
    504: "Timeout: request did not complete within the allotted timeout",
}


class Broken(Exception):
    """The connection breaks instead of an answer."""


@dataclass(eq=False)
class Fault:
    """What happens to requests with this verb and resource ("*" is any).

    Attributes:
        with_: An HTTP status, "reset" or "lost"; the package's documentation says what these are.
        times: To how many requests; None until it is released.
        retry_after: Seconds in Retry-After, of 429 and 503.
        hits: How many requests it broke.
    """

    verb: str
    resource: str
    with_: int | str
    times: int | None = 1
    retry_after: int = 1
    hits: int = field(default=0, init=False)

    def matches(self, verb: str, resource: str) -> bool:
        return self.times != 0 and self.verb in ("*", verb) and self.resource in ("*", resource)

    def release(self) -> None:
        self.times = 0

    def error(self, verb: str, resource: str, name: str, namespace: str) -> ApiError:
        """The answer."""
        code = int(self.with_)
        if code == 403:
            return _no_rule(verb, resource, name, namespace)
        wait = self.retry_after if code in (429, 503) else 0
        return ApiError(code, SAID.get(code, f"the test wants {code}"), retry_after=wait)


class Faults:
    """All faults of a server, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, verb: str, resource: str) -> Fault | None:
        """The fault that the next request with this verb and resource has."""
        with self._lock:
            for fault in self._faults:
                if fault.matches(verb, resource):
                    fault.hits += 1
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def forbidden(self, verb: str, resource: str) -> bool:
        """Whether a rule is missing for good."""
        with self._lock:
            return any(it.with_ == 403 and it.times is None and it.matches(verb, resource) for it in self._faults)


def _no_rule(verb: str, resource: str, name: str, namespace: str) -> ApiError:
    kind = resource_named(resource.partition("/")[0])
    user = f"system:serviceaccount:{namespace}:launcher"
    said = (
        f'User "{user}" cannot {verb} resource "{resource}" in API group "{kind.group}" in the namespace "{namespace}"'
    )
    return forbidden(kind, name, said)
