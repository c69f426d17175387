"""``vtb weights``: the published weights that perception needs, whether a folder has them, and bringing them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from vtb import log as vtb_log
from vtb.errors import BadInput, NotAvailable
from vtb.perception.published import WEIGHTS, Weights


@click.group()
def weights() -> None:
    """Published weights of models that see: what there is, what a folder lacks, and bringing it."""


@weights.command("list")
def list_weights() -> None:
    """List the weights by name, with their size, terms, source, files and what needs them.

    Example: vtb weights list
    """
    for one in WEIGHTS.values():
        for line in _described(one):
            click.echo(line)


def _described(one: Weights) -> Iterator[str]:
    size = f"about {one.megabytes:,} MB" if one.megabytes else "size unknown"
    hashes = one.sha256 or {}
    yield f"{one.name}: {one.title}, {size}"
    yield f"  terms   {one.terms}"
    yield f"  source  {one.repository} on the Hugging Face hub" + (f", {one.pickle}, converted" if one.pickle else "")
    yield "  files   " + ", ".join(
        f"{name} (SHA-256 {hashes.get(name, 'unknown')})" if name.endswith(".safetensors") else name
        for name in one.files
    )
    yield f"  for     {', '.join(one.needed_by)}"


@weights.command("check")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def check_weights(folder: Path) -> None:
    """Look whether a folder has all weights, whole and of the right models, and say what it lacks.

    Exits 3 when some are damaged or of another model, and 4 when some are missing or there is no such folder.

    Example: vtb weights check weights
    """
    vtb_log.configure()
    from vtb.perception.weight_folder import check_folder  # numpy and more: not for --help

    if not folder.is_dir():
        raise NotAvailable(
            f"{folder}: no such folder: give that of all weights, or `vtb weights fetch NAME --to {folder}`"
        )
    missing = wrong = 0
    for found in check_folder(folder):
        missing, wrong = missing + bool(found.missing), wrong + bool(found.wrong)
        state = "missing" if found.missing else "wrong" if found.wrong else "ok"
        click.echo(f"{state:7}  {found.weights.name:22} {found.missing or found.wrong or found.weights.terms}")
    if wrong:
        raise BadInput(f"{folder}: {_models(wrong)} damaged or other weights: the lines above say which")
    if missing:
        raise NotAvailable(f"{folder}: {_models(missing)} no weights yet: the lines above say how to bring them")


def _models(count: int) -> str:
    return f"{count} of {len(WEIGHTS)} models {'has' if count == 1 else 'have'}"


@weights.command("fetch")
@click.argument("name", type=click.Choice(list(WEIGHTS)))
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="The folder of all weights; each model gets a folder in it.")  # fmt: skip
def fetch_weights(name: str, folder: Path) -> None:
    """Bring the weights of one model from the Hugging Face hub: only what is missing, without an account.

    Their terms are said first. What is published as a pickle is converted by torch's restricted loader; a pickle that
    lies in the model's folder already is converted without the network. HF_ENDPOINT names another hub.

    Example: vtb weights fetch sam2.1-hiera-large --to weights
    """
    vtb_log.configure()
    from vtb.perception.fetch import fetch_weights as fetch

    one = WEIGHTS[name]
    click.echo(f"{one.title}: {one.terms}", err=True)
    click.echo(fetch(one, folder))
