"""``vtb render``: everything that is written from the stage declarations."""

from __future__ import annotations

from pathlib import Path

import click

from vtb.errors import BadInput


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 3 when a file is not as it would be written.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The source tree of vtb-train; the current folder when left out.",
)
def render(check: bool, root: Path) -> None:
    """Write what follows from the stage declarations: the option tables in the READMEs.

    Example: vtb render --check
    """
    from vtb.render.tables import rendered

    stale = [(path, text) for path, text in rendered(root).items() if path.read_text(encoding="utf-8") != text]
    if check and stale:
        raise BadInput(f"out of date: {', '.join(str(path) for path, _ in stale)}: run `vtb render`")
    for path, text in stale:
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")
