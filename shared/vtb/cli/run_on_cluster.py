"""``vtb run --on kubernetes`` and ``--on argo``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from vtb.cli.on_cluster import the_cluster, the_site
from vtb.cli.work import Work, refuse
from vtb.cluster.api import Api, Conflict
from vtb.cluster.argo import workflow
from vtb.cluster.follow_workflow import follow_workflow
from vtb.cluster.gang import step_objects
from vtb.cluster.launcher import Launcher
from vtb.cluster.launcher_job import launcher_objects
from vtb.cluster.owner import owned
from vtb.cluster.preflight import LOOK, rights_of_a_launcher
from vtb.cluster.preflight import find_problems as find_cluster_problems
from vtb.cluster.site import Site, with_image
from vtb.errors import UsageProblem, VtbError
from vtb.launch.arguments import try_step
from vtb.launch.preflight import find_problems
from vtb.signals import Stopped
from vtb.store import is_remote, join_uri

log = logging.getLogger("vtb.run")


@dataclass(frozen=True)
class Where:
    """Which cluster, where in it, and with which images."""

    on: str
    site: Path | None
    context: str | None
    namespace: str | None
    release: str | None
    tag: str | None
    registry: str | None

    def the_site(self) -> Site:
        """The site file with what the command line says besides."""
        return with_image(the_site(self.site, self.namespace, self.release), self.tag, self.registry)

    def words(self) -> str:
        """The options that name this place again, for a hint."""
        named = [(name, getattr(self, name)) for name in ("site", "context", "namespace", "release")]
        return "".join(f" --{name} {value}" for name, value in named if value)


def run_there(work: Work, where: Where, detach: bool, dry_run: bool) -> int:
    """Check all that can be checked from here, then run; the exit code."""
    if not is_remote(work.store):
        raise UsageProblem(f"--store {work.store}: a cluster writes to an S3-compatible store: give s3://bucket/prefix")
    site = where.the_site()
    if detach and not site.launcher_service_account:
        raise UsageProblem(
            "--detach: the launcher in the cluster needs an account that may make Jobs: install the chart, "
            "and name its account as launcherServiceAccount in the site file"
        )
    refuse(find_problems(work.steps, work.store, try_step, write=not dry_run, elsewhere=True))
    api = the_cluster(site, where.context)
    log.info("cluster %s, namespace %s, release %s", api.version(), api.namespace, site.release)
    refuse(cluster_problems(api, work, site, where, detach))
    if dry_run:
        return 0
    if where.on == "argo":
        return _on_argo(api, work, site, where, detach)
    if detach:
        return _detach(api, work, site, where)
    return _attached(work, where, lambda: Launcher(api, work.pipeline, work.steps, work.store, site).run())


def _attached(work: Work, where: Where, run: Any) -> int:
    """Run while this process lives; what is in the cluster goes on without it."""
    try:
        code = int(run())
    except (KeyboardInterrupt, Stopped):
        log.warning(
            "no longer followed: steps that run go on in the cluster, no further ones are started. The same command "
            "goes on; `vtb cancel --pipeline %s%s` ends them", work.pipeline.name, where.words(),
        )  # fmt: skip
        raise
    if code == 0:
        log.info("all steps are complete below %s", work.store)
        click.echo(join_uri(work.store, work.steps[-1].name))
    return code


def cluster_problems(api: Api, work: Work, site: Site, where: Where, detach: bool) -> list[VtbError]:
    """What the cluster can say before the first pod: of our rights, of the objects, and of what their pods name."""
    steps = [made for step in work.steps for made in step_objects(work.pipeline, step, work.store, site)]
    if where.on == "argo":
        flow = workflow(work.pipeline, work.steps, work.store, site)
        return find_cluster_problems(
            api, site, [("create", "Workflow"), ("get", "Workflow"), *LOOK], [flow], [flow, *steps]
        )
    if detach:
        files_and_job = _launcher_objects(work, site)
        rights = [("create", made["kind"]) for made in files_and_job]
        return find_cluster_problems(api, site, rights, files_and_job, [*files_and_job, *steps])
    return find_cluster_problems(api, site, rights_of_a_launcher(steps, site), steps, steps)


def _launcher_objects(work: Work, site: Site) -> Sequence[dict[str, Any]]:
    more = [word for setting in work.settings for word in ("--set", setting)]
    more += [word for step in work.only for word in ("--only", step)]
    return launcher_objects(work.file.read_text(encoding="utf-8"), work.pipeline.name, work.store, site, more)


def _detach(api: Api, work: Work, site: Site, where: Where) -> int:
    for made in _launcher_objects(work, site):
        try:
            api.create(owned(api, made, site))
        except Conflict:
            log.info("%s %s is there already", made["kind"], made["metadata"]["name"])
    name = made["metadata"]["name"]
    log.info("follow it: vtb status%s, or kubectl logs -n %s -f job/%s", where.words(), api.namespace, name)
    click.echo(f"job/{name}")
    return 0


def _on_argo(api: Api, work: Work, site: Site, where: Where, detach: bool) -> int:
    made = api.create(owned(api, workflow(work.pipeline, work.steps, work.store, site), site))
    name = made["metadata"]["name"]
    log.info("made workflow/%s", name)
    if detach:
        click.echo(f"workflow/{name}")
        return 0
    return _attached(work, where, lambda: follow_workflow(api, name, site, work.pipeline))
