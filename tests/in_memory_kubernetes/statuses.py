"""What the API server answers when it refuses: Status objects, worded as apimachinery's pkg/api/errors words them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from in_memory_kubernetes.resources import Resource

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}


class ApiError(Exception):
    """A request that is refused."""

    def __init__(
        self, code: int, message: str, *, reason: str = "", details: dict[str, Any] | None = None, retry_after: int = 0
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason or REASONS.get(code, "")
        self.retry_after = retry_after
        self.details = {**(details or {}), **({"retryAfterSeconds": retry_after} if retry_after else {})}

    @property
    def status(self) -> dict[str, Any]:
        """The Status object."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
            **({"details": self.details} if self.details else {}),
            "code": self.code,
        }


def details(resource: Resource, name: str) -> dict[str, Any]:
    """What a Status says of the object it is about."""
    return {"name": name, **({"group": resource.group} if resource.group else {}), "kind": resource.plural}


def not_found(resource: Resource, name: str) -> ApiError:
    return ApiError(404, f'{resource.qualified} "{name}" not found', details=details(resource, name))


def already_exists(resource: Resource, name: str) -> ApiError:
    message = f'{resource.qualified} "{name}" already exists'
    return ApiError(409, message, reason="AlreadyExists", details=details(resource, name))


def conflict(resource: Resource, name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}'
    return ApiError(409, message, details=details(resource, name))


def forbidden(resource: Resource, name: str, why: str) -> ApiError:
    subject = f'{resource.qualified} "{name}"' if name else resource.qualified
    return ApiError(403, f"{subject} is forbidden: {why}", details=details(resource, name))


def expired(version: int, oldest: int) -> ApiError:
    return ApiError(410, f"too old resource version: {version} ({oldest})")


def invalid(resource: Resource, name: str, problems: Sequence[tuple[str, str, str]]) -> ApiError:
    """Problems are (field, type such as FieldValueInvalid, what is said of the field)."""
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    said = [f"{field}: {message}" for field, _, message in problems]
    message = f'{kind} "{name}" is invalid: {said[0] if len(said) == 1 else "[" + ", ".join(said) + "]"}'
    causes = [{"reason": type_, "message": text, "field": field} for field, type_, text in problems]
    return ApiError(422, message, details={**details(resource, name), "kind": resource.kind, "causes": causes})
