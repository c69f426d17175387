"""The Kubernetes API in plain data: objects as they are in the files, errors in our words.

The official client brings addresses, certificates and tokens; its models are passed by, since what we render is data.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tenacity

import vtb
from vtb.errors import BadInput, NotAvailable, TryAgain, VtbError

log = logging.getLogger("vtb.cluster")
PATHS = {
    "Job": ("apis/batch/v1", "jobs"),
    "Pod": ("api/v1", "pods"),
    "Service": ("api/v1", "services"),
    "ConfigMap": ("api/v1", "configmaps"),
    "Event": ("api/v1", "events"),
    "Secret": ("api/v1", "secrets"),
    "ServiceAccount": ("api/v1", "serviceaccounts"),
    "PersistentVolumeClaim": ("api/v1", "persistentvolumeclaims"),
    "JobSet": ("apis/jobset.x-k8s.io/v1alpha2", "jobsets"),
    "TrainJob": ("apis/trainer.kubeflow.org/v1alpha1", "trainjobs"),
    "LeaderWorkerSet": ("apis/leaderworkerset.x-k8s.io/v1", "leaderworkersets"),
    "Workflow": ("apis/argoproj.io/v1alpha1", "workflows"),
}
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
JSON = "application/json"
METADATA = f"{JSON};as=PartialObjectMetadata;v=v1;g=meta.k8s.io"  # of a Secret never more
REQUEST_S = 30
PATIENCE_S = 300.0  # an API server that is upgraded is away for a minute or two
TELL_AFTER = 4  # tries: some seconds
WATCH_S = 240
PAGE = 500
SERVICE_ACCOUNT_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class Conflict(VtbError):
    """An object of that name is there already."""


class Missing(VtbError):
    """There is no such object."""


class Expired(VtbError):
    """The version to watch from is too old: list again."""


class _Passing(Exception):
    """Trouble that may pass: no connection, 429, 5xx."""


@dataclass(frozen=True)
class Api:
    """Requests to one namespace of one cluster."""

    client: Any
    namespace: str

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """One object; ``Missing`` when it is not there."""
        return self._json("GET", kind, name)

    def exists(self, kind: str, name: str) -> bool | None:
        """Whether an object is there; None when we may not know."""
        try:
            self._json("GET", kind, name, accept=METADATA)
        except Missing:
            return False
        except NotAvailable:
            return None
        return True

    def may(self, verb: str, kind: str, name: str = "") -> bool:
        """Whether we may do something to a kind of object; ``Pod/log`` is the log of pods.

        Where the cluster does not tell, it is taken for allowed.
        """
        of, _, sub = kind.partition("/")
        group, plural = PATHS[of]
        asked = {"namespace": self.namespace, "verb": verb, "resource": plural, "name": name, "subresource": sub}
        if "/" in group.removeprefix("api/"):
            asked["group"] = group.split("/")[1]
        review = {
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in asked.items() if value}},
        }  # fmt: skip
        told = self._patiently(lambda: _answer(self._call("POST", REVIEWS, {}, review, REQUEST_S)))
        return bool(told.get("status", {}).get("allowed", True)) if told.get("kind") == review["kind"] else True

    def create(self, made: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Make an object, or only ask whether it would be made; ``Conflict`` when one of its name is there."""
        try:
            return self._json("POST", made["kind"], query={"dryRun": "All"} if dry_run else {}, body=made)
        except Missing as error:
            raise NotAvailable(self._unknown(made["kind"], error)) from error

    def delete(self, kind: str, name: str, uid: str = "") -> None:
        """Delete an object with what belongs to it, or find it gone; with a uid no other one of its name."""
        only = {"preconditions": {"uid": uid}} if uid else {}
        try:
            self._json("DELETE", kind, name, body={"propagationPolicy": "Background", **only})
        except (Missing, Conflict):
            return

    def list(self, kind: str, selector: str = "", fields: str = "") -> tuple[list[dict[str, Any]], str]:
        """All objects that a selector finds, each with its kind, and the version of the list."""
        query = {"labelSelector": selector, "fieldSelector": fields, "limit": str(PAGE)}
        found: list[dict[str, Any]] = []
        while True:
            try:
                page = self._json("GET", kind, query=query)
            except Missing as error:
                raise NotAvailable(self._unknown(kind, error)) from error
            found += [{**entry, "kind": kind} for entry in page["items"]]  # which those of a list are without
            query["continue"] = page["metadata"].get("continue", "")
            if not query["continue"]:
                return found, str(page["metadata"].get("resourceVersion", ""))

    def _unknown(self, kind: str, error: Missing) -> str:
        if "namespaces" in str(error):
            return f"there is no namespace {self.namespace}: make it, or name another with --namespace"
        return f"the cluster knows no {kind}: install what brings it"

    def watch(self, kind: str, selector: str, version: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Changes after a version, until the server ends the watch; ``Expired`` when it does not go back so far."""
        query = {
            "labelSelector": selector, "resourceVersion": version, "watch": "true", "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_S),
        }  # fmt: skip
        for line in self.lines(kind, "", query, read_s=WATCH_S + REQUEST_S):
            event = json.loads(line)
            if event["type"] == "ERROR":
                status = event["object"]
                raise Expired("the watch has expired") if status.get("code") == 410 else TryAgain(status.get("message"))
            yield event["type"], event["object"]

    def lines(self, kind: str, name: str, query: Mapping[str, str], read_s: float) -> Iterator[bytes]:
        """The lines of an answer that comes bit by bit; ``TryAgain`` when the connection breaks."""
        try:
            answer = self._send("GET", kind, name, query, None, (REQUEST_S, read_s)).response
        except _Passing as error:
            raise TryAgain(f"the cluster does not answer: {error}") from error
        rest = b""
        try:
            for chunk in answer.stream(1 << 16):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole
            if rest:
                yield rest
        except Exception as error:
            raise TryAgain(f"the connection to the cluster broke: {error}") from error
        finally:
            answer.close()

    def version(self) -> str:
        """The version of the API server, asked once and without patience."""
        try:
            return str(_answer(self._call("GET", "/version", {}, None, REQUEST_S))["gitVersion"])
        except _Passing as error:
            raise NotAvailable(f"no cluster answers: {error}: check KUBECONFIG and --context") from error

    def _json(
        self, verb: str, kind: str, name: str = "", *, query: Mapping[str, str] | None = None, body: Any = None,
        accept: str = JSON,
    ) -> dict[str, Any]:  # fmt: skip
        """One request and its answer; trouble that may pass is waited for."""
        return self._patiently(lambda: _answer(self._send(verb, kind, name, query or {}, body, REQUEST_S, accept)))

    def _patiently(self, request: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        patience = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Passing),
            wait=tenacity.wait_random_exponential(0.5, max=15),
            stop=tenacity.stop_after_delay(PATIENCE_S),
            before_sleep=_tell_waiting,
            reraise=True,
        )
        try:
            return patience(request)
        except _Passing as error:
            raise TryAgain(f"the cluster has not answered for {PATIENCE_S:.0f} s: {error}") from error

    def _send(
        self, verb: str, kind: str, name: str, query: Mapping[str, str], body: Any, timeout: Any, accept: str = JSON
    ) -> Any:
        group, plural = PATHS[kind]
        path = "/" + "/".join(filter(None, (group, "namespaces", self.namespace, plural, name)))
        answer = self._call(verb, path, query, body, timeout, accept)
        if answer.status >= 400:
            answer.read()
            _refuse(verb, kind, self.namespace, answer)
        return answer

    def _call(self, verb: str, path: str, query: Mapping[str, str], body: Any, timeout: Any, accept: str = JSON) -> Any:
        """The answer, not yet read."""
        import urllib3

        sent = self.client.param_serialize(
            verb, path, query_params=[(name, value) for name, value in query.items() if value], body=body,
            header_params={"Accept": accept, "Content-Type": JSON},
            auth_settings=["BearerToken"],
        )  # fmt: skip
        try:
            return self.client.call_api(*sent, _request_timeout=timeout)
        except urllib3.exceptions.HTTPError as error:
            raise _Passing(str(getattr(error, "reason", None) or error)) from error


def _tell_waiting(state: tenacity.RetryCallState) -> None:
    """One line, when it is no short hitch."""
    if state.attempt_number == TELL_AFTER and state.outcome is not None:
        log.warning("the cluster does not answer (%s); trying for %.0f s", state.outcome.exception(), PATIENCE_S)


def _answer(answer: Any) -> dict[str, Any]:
    import urllib3

    try:
        return dict(json.loads(answer.read()))
    except (urllib3.exceptions.HTTPError, ValueError, OSError) as error:
        raise _Passing(f"the answer is cut short ({error})") from error


def _refuse(verb: str, kind: str, namespace: str, answer: Any) -> None:
    """Raise what an answer of 400 and more means."""
    code, said = answer.status, _message(answer.data)
    what = f"{'create' if verb == 'POST' else verb.lower()} {kind} in namespace {namespace}"
    if code == 409:
        raise Conflict(said)
    if code == 404:
        raise Missing(said)
    if code == 410:
        raise Expired(said)
    if code == 429 or code >= 500:
        raise _Passing(f"{code}: {said}")
    if code in (401, 403) and "exceeded quota" not in said:
        raise NotAvailable(f"the cluster does not let us {what}: {said}: ask for a role, or check --context")
    if code == 403:
        raise TryAgain(f"cannot {what}: {said}")
    raise BadInput(f"the cluster refuses to {what}: {said}")


def _message(data: bytes | None) -> str:
    try:
        return str(json.loads(data or b"")["message"])
    except (ValueError, TypeError, KeyError):
        return (data or b"").decode(errors="replace").strip()[:300] or "no reason given"


def connect(namespace: str = "", context: str | None = None) -> Api:
    """The cluster of the pod that this runs in, else of the kubeconfig.

    Raises:
        NotAvailable: the client is not installed, or there is no usable configuration.
    """
    try:
        from kubernetes import client, config
    except ImportError as error:
        raise NotAvailable(
            "--on kubernetes needs the Python package kubernetes: pip install 'vtb-train[launch]'"
        ) from error
    settings = client.Configuration()
    try:
        if context is None and SERVICE_ACCOUNT_NAMESPACE.exists():
            config.load_incluster_config(settings)
            here = SERVICE_ACCOUNT_NAMESPACE.read_text().strip()
        else:
            file = os.environ.get("KUBECONFIG")  # now: the client keeps what it was when it was imported
            config.load_kube_config(file, context=context, client_configuration=settings)
            contexts, active = config.list_kube_config_contexts(file)
            chosen = next((entry for entry in contexts if entry["name"] == context), active)
            here = chosen["context"].get("namespace", "default")
    except config.ConfigException as error:
        raise NotAvailable(f"no cluster to run on: {error}: set KUBECONFIG, or name a --context") from error
    settings.retries = False
    made = client.ApiClient(settings)
    made.user_agent = f"vtb-train/{vtb.__version__}"
    return Api(made, namespace or here)
