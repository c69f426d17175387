"""``vtb status``, ``vtb logs`` and ``vtb cancel``: pipelines that run on a cluster."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from vtb import log as vtb_log
from vtb.cli.on_cluster import cluster_options, the_cluster, the_site
from vtb.cluster.api import Api, Missing
from vtb.cluster.logs import follow
from vtb.cluster.names import MANAGED_BY, PIPELINE, RELEASE, STEP, launcher_selector, release_selector, selector
from vtb.cluster.state import INDEX, age_s, is_done, is_failed, is_over, label, parts_done
from vtb.cluster.waiting import is_waiting, pods_of, reasons
from vtb.did_you_mean import did_you_mean
from vtb.errors import BadInput, NotAvailable
from vtb.stage.options import VtbOption

KINDS = ("Workflow", "Job", "JobSet", "TrainJob")
LAUNCHER = "(launcher)"
HELM, HELM_RELEASE = "Helm", "meta.helm.sh/release-name"
HEADS = ("PIPELINE", "STEP", "STATE", "PARTS", "AGE", "OBJECT")
PIPELINE_OPTION = click.option("--pipeline", cls=VtbOption, help="Only this pipeline, by the name in its file.")


def objects_of(api: Api, release: str, pipeline: str | None) -> Iterator[dict[str, Any]]:
    """Launchers, the chart's too, and what they have made, of every kind that the cluster knows and lets us see."""
    for kind in KINDS:
        try:
            yield from api.list(kind, release_selector(release, pipeline))[0]
        except (Missing, NotAvailable):
            if kind == "Job":
                raise


@click.command()
@PIPELINE_OPTION
@cluster_options
def status(
    pipeline: str | None, site: Path | None, context: str | None, namespace: str | None, release: str | None
) -> None:
    """Show how the steps of pipelines on a cluster are.

    Example: vtb status --site site.yaml
    """
    place = the_site(site, namespace, release)
    api = the_cluster(place, context)
    found = list(objects_of(api, place.release, pipeline))
    if not found:
        click.echo(f"nothing of release {place.release} is in namespace {api.namespace}")
        return
    pods = api.list("Pod", release_selector(place.release, pipeline))[0]
    waiting = {made["metadata"]["name"]: _waiting(made, pods) for made in found}
    table = [HEADS, *sorted(_row(made, waiting[made["metadata"]["name"]]) for made in found)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADS))]
    for row in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for made in found:
        if (still := waiting[made["metadata"]["name"]]) is not None:
            for reason in reasons(api, made, still):
                click.echo(f"{_step(made)} waits: {reason}")


def _waiting(made: dict[str, Any], pods: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The pods of an object that wait, where none of its pods runs; None where it has ended or does something."""
    if is_done(made) or is_failed(made) or made["kind"] == "Workflow":
        return None
    own = list(pods_of(made, pods))
    waiting = list(filter(is_waiting, own))
    return waiting if len(waiting) == len([pod for pod in own if not is_over(pod)]) else None


def _step(made: dict[str, Any]) -> str:
    return str(made["metadata"]["labels"].get(STEP, LAUNCHER))


def _row(made: dict[str, Any], waiting: list[dict[str, Any]] | None) -> tuple[str, ...]:
    meta = made["metadata"]
    done, _, parts = parts_done(made) if made["kind"] == "Job" else (0, 0, 0)
    seconds = int(age_s(made))
    age = f"{seconds // 3600}h{seconds // 60 % 60:02}m" if seconds >= 3600 else f"{seconds // 60}m{seconds % 60:02}s"
    return (
        meta["labels"].get(PIPELINE, ""), _step(made), _state(made, waiting is not None),
        f"{done}/{parts}" if parts else "", age, f"{made['kind'].lower()}/{meta['name']}",
    )  # fmt: skip


def _state(made: dict[str, Any], waiting: bool) -> str:
    if is_done(made):
        return "complete"
    if is_failed(made):
        return "failed"
    if phase := made.get("status", {}).get("phase"):  # of a Workflow
        return str(phase).lower()
    if made["spec"].get("suspend"):
        return "queued"
    return "pending" if waiting else "running"


@click.command()
@click.argument("step")
@PIPELINE_OPTION
@click.option("--index", cls=VtbOption, type=click.IntRange(0), help="Only this part of a step that has several.")
@click.option("--no-follow", cls=VtbOption, is_flag=True, help="Print what is there and leave.")
@cluster_options
def logs(
    step: str, pipeline: str | None, index: int | None, no_follow: bool, site: Path | None, context: str | None,
    namespace: str | None, release: str | None,
) -> None:  # fmt: skip
    """Print the logs of STEP, and go on while its pods run; `launcher` is the launcher in the cluster.

    Example: vtb logs adapter --site site.yaml
    """
    place = the_site(site, namespace, release)
    api = the_cluster(place, context)
    pods = api.list("Pod", selector(place.release, pipeline, step))[0]
    if not pods and step == "launcher":
        pods = api.list("Pod", launcher_selector(place.release, pipeline))[0]
    if not pods:
        known = {made["metadata"]["labels"].get(STEP, "") for made in objects_of(api, place.release, pipeline)} - {""}
        why = (
            "its pods are gone or not there yet"
            if step in known
            else f"there is no such step{did_you_mean(step, known)}"
        )
        raise BadInput(f"{step}: no pods of it in namespace {api.namespace}: {why}")
    chosen = [
        pod for pod in pods if index is None or (pod["metadata"].get("annotations") or {}).get(INDEX) == str(index)
    ]
    if not chosen:
        raise BadInput(f"{step}: has no pod of index {index}")
    for pod in sorted(chosen, key=lambda pod: str(pod["metadata"]["creationTimestamp"])):
        for line in follow(api, pod["metadata"]["name"], lambda: False, go_on=not no_follow):
            sys.stdout.write(f"[{label(pod)}] {line}\n" if len(chosen) > 1 else f"{line}\n")


@click.command()
@PIPELINE_OPTION
@cluster_options
def cancel(
    pipeline: str | None, site: Path | None, context: str | None, namespace: str | None, release: str | None
) -> None:
    """Delete what `vtb run` and launchers have made on a cluster, and nothing else; artifacts stay.

    Example: vtb cancel --pipeline demo --site site.yaml
    """
    vtb_log.configure()
    place = the_site(site, namespace, release)
    api = the_cluster(place, context)
    found = list(objects_of(api, place.release, pipeline))
    # Launchers first, so that none makes anew what was deleted.
    for made in sorted(found, key=lambda made: (STEP in made["metadata"]["labels"], made["kind"] != "Workflow")):
        if made["metadata"]["labels"][MANAGED_BY] == HELM:
            click.echo(_of_helm(made, api.namespace))
            continue
        api.delete(made["kind"], made["metadata"]["name"])
        click.echo(f"deleted {made['kind'].lower()}/{made['metadata']['name']}")
    for config in api.list("ConfigMap", selector(place.release, pipeline))[0]:
        api.delete("ConfigMap", config["metadata"]["name"])
    if not found:
        click.echo(f"nothing of release {place.release} is in namespace {api.namespace}")


def _of_helm(made: dict[str, Any], namespace: str) -> str:
    """What to do about a launcher that came with the chart."""
    meta = made["metadata"]
    release = (meta.get("annotations") or {}).get(HELM_RELEASE, meta["labels"][RELEASE])
    ends = "" if is_done(made) or is_failed(made) else "it ends by itself now that its steps are gone, "
    return f"kept job/{meta['name']}, the chart's launcher: {ends}`helm uninstall {release} -n {namespace}` removes it"
