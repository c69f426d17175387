"""Runs a pipeline on a cluster: makes the objects of each step, follows them, and tells how it ends.

What goes on is in the cluster and the store, not here: a launcher that is killed and started again finds its objects
by their names and goes on, and two launchers of one pipeline follow the same objects.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from vtb.artifact import find_manifest
from vtb.cluster.api import Api, Conflict, Missing
from vtb.cluster.gang import step_objects
from vtb.cluster.logs import Logs, last_lines
from vtb.cluster.mirror import Mirror
from vtb.cluster.names import OUTPUT, STEP, selector
from vtb.cluster.owner import owned, with_owner
from vtb.cluster.site import Site
from vtb.cluster.state import Failure, failure, has_log, is_done, is_ended, is_failed, label
from vtb.cluster.telling import Running, tell
from vtb.cluster.waiting import pods_of
from vtb.errors import NotAvailable
from vtb.launch.arguments import is_complete
from vtb.pipeline.step import Pipeline, Step
from vtb.store import join_uri, open_store

log = logging.getLogger("vtb.run")
LOOK_S = 2.0
GONE_S = 120.0
TAIL = 10


class Launcher:
    """One run of a pipeline on one cluster."""

    def __init__(self, api: Api, pipeline: Pipeline, steps: Sequence[Step], store: str, site: Site) -> None:
        """Nothing is asked before ``run``."""
        self._api, self._pipeline, self._store, self._site = api, pipeline, store, site
        self._waiting = list(steps)
        self._total = len(steps)
        self._running: list[Running] = []
        self._changed = threading.Condition()
        self._logs = Logs(api)
        self._mirrors: dict[str, Mirror] = {}

    def run(self) -> int:
        """Run to the end; 0, or the exit code of the first step that failed."""
        code = 0
        try:
            with ExitStack() as stack:
                self._watch(stack)
                while self._running or (self._waiting and code == 0):
                    if code == 0:
                        self._start_ready()
                    failed = self._look()
                    code = code or failed
                    with self._changed:
                        self._changed.wait(LOOK_S)
        except BaseException:
            self._logs.close(wait=False)
            raise
        self._logs.close(wait=True)
        return code

    def _watch(self, stack: ExitStack) -> None:
        """Follow pods, and the kinds of object that the steps become."""
        chosen = selector(self._site.release, self._pipeline.name)
        for kind in sorted({made["kind"] for step in self._waiting for made in self._objects(step)[:1]} | {"Pod"}):
            self._mirrors[kind] = stack.enter_context(Mirror(self._api, kind, chosen, self._changed))

    def _objects(self, step: Step) -> list[dict[str, Any]]:
        return step_objects(self._pipeline, step, self._store, self._site)

    def _start_ready(self) -> None:
        names = {step.name for step in self._waiting} | {running.step.name for running in self._running}
        for step in [step for step in self._waiting if not step.earlier & names]:
            self._waiting.remove(step)
            number = self._total - len(self._waiting)
            log.info("step %d of %d: %s (%s)", number, self._total, step.name, step.stage)
            running = self._start(step)
            if running is None:
                log.info("%s: already complete: %s", step.name, join_uri(self._store, step.name))
            else:
                self._running.append(running)

    def _start(self, step: Step) -> Running | None:
        """Make the objects of a step, or attach to those that are there; None where its artifact is there."""
        main, *others = self._objects(step)
        kind, name = main["kind"], main["metadata"]["name"]
        there = self._find(kind, name)
        if is_complete(step, self._store):  # asked after the Job was seen, which may just have ended
            return None
        if there is not None and not is_ended(there):
            log.info("%s: %s %s is there already: following it", step.name, kind, name)
        else:
            self._remove(kind, there)
            self._replace(kind, main)
            there = self._create(owned(self._api, main, self._site))
            log.info("%s: made %s %s", step.name, kind, name)
        self._own(there, others)
        return Running(step, kind, name, there["metadata"]["uid"])

    def _find(self, kind: str, name: str) -> dict[str, Any] | None:
        try:
            return self._api.get(kind, name)
        except Missing:
            return None

    def _create(self, made: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._api.create(made)
        except Conflict:  # another launcher was faster
            return self._api.get(made["kind"], made["metadata"]["name"])

    def _own(self, main: dict[str, Any], others: Sequence[dict[str, Any]]) -> None:
        """Make what goes with the main object, and goes away with it."""
        for other in others:
            self._create(with_owner(other, main))

    def _remove(self, kind: str, there: dict[str, Any] | None) -> None:
        """Delete what has ended, so that its name is free; its artifact is not there, or not what is wanted."""
        if there is None:
            return
        name, uid = there["metadata"]["name"], there["metadata"]["uid"]
        self._api.delete(kind, name, uid)  # not what another launcher has put in its place by now
        until = time.monotonic() + GONE_S
        while (found := self._find(kind, name)) is not None and found["metadata"]["uid"] == uid:
            if time.monotonic() > until:
                raise NotAvailable(f"{kind} {name} is being deleted and does not go away: look what keeps it")
            time.sleep(LOOK_S / 4)

    def _replace(self, kind: str, main: dict[str, Any]) -> None:
        """Delete what still works on the output of a step in another way than it is now meant to be made."""
        meta = main["metadata"]
        for other in self._mirrors[kind].all():
            found = other["metadata"]
            same_output = (found.get("annotations") or {}).get(OUTPUT) == meta["annotations"][OUTPUT]
            # One of the same name is ours, which another launcher has made since we looked.
            if same_output and found["name"] != meta["name"] and not is_ended(other):
                log.info("%s: deleting %s %s, which makes it in another way", meta["labels"][STEP], kind, found["name"])
                self._remove(kind, other)

    def _look(self) -> int:
        """See how the running steps are; the exit code of the first that has failed, else 0."""
        code = 0
        for running in list(self._running):
            made = self._seen(running)
            if made is None:
                code = code or self._vanished(running)
                continue
            pods = list(pods_of(made, self._now() if is_ended(made) else self._mirrors["Pod"].all()))
            for pod in pods:
                if has_log(pod):
                    self._logs.follow(pod["metadata"]["name"], label(pod))
            if is_done(made):
                code = code or self._finished(running)
            elif is_failed(made):
                code = code or self._failed(running, failure(made, pods))
            else:
                tell(self._api, running, made, pods)
        return code

    def _seen(self, running: Running) -> dict[str, Any] | None:
        """The object of a step: as the watch has told, unless that is still of another one of its name."""
        made = self._mirrors[running.kind].get(running.name)
        if made is None or made["metadata"]["uid"] != running.uid:
            made = self._find(running.kind, running.name)
            if made is not None:  # ours, or what another launcher has put in its place
                running.uid = made["metadata"]["uid"]
        return made

    def _now(self) -> list[dict[str, Any]]:
        """All pods as they are, whatever the watch has told so far."""
        return self._api.list("Pod", selector(self._site.release, self._pipeline.name))[0]

    def _finished(self, running: Running) -> int:
        self._running.remove(running)
        uri = join_uri(self._store, running.step.name)
        if find_manifest(open_store(uri)) is None:
            log.error("%s: %s %s is complete, but %s holds no artifact: was it deleted?",
                      running.step.name, running.kind, running.name, uri)  # fmt: skip
            return NotAvailable.exit_code
        log.info("%s: complete after %.0f s", running.step.name, time.monotonic() - running.since)
        return 0

    def _failed(self, running: Running, why: Failure) -> int:
        self._running.remove(running)
        for line in last_lines(self._api, why.pod, TAIL) if why.pod else []:
            log.error("%s | %s", running.step.name, line)
        log.error(
            "step %s ended with exit code %d: %s (kubectl logs job/%s); fix it and run the same command again",
            running.step.name, why.code, why.reason, running.name,
        )  # fmt: skip
        if self._running:
            log.info("waiting for %s", ", ".join(other.step.name for other in self._running))
        return why.code

    def _vanished(self, running: Running) -> int:
        """Its object was deleted: by its age when it had ended, or by somebody."""
        if is_complete(running.step, self._store):
            return self._finished(running)
        self._running.remove(running)
        log.error("step %s: its %s %s was deleted: run the same command again to go on",
                  running.step.name, running.kind, running.name)  # fmt: skip
        return NotAvailable.exit_code
