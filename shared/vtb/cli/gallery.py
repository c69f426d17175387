"""``vtb gallery``: puzzle families as pictures, without making a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vtb.errors import NotAvailable, UsageProblem

if TYPE_CHECKING:
    from vtb.report.samples import Shown

SEED = 42
EACH = 4  # samples of a family that was named
COLUMNS = 4  # of the picture


@click.command()
@click.argument("names", nargs=-1, metavar="[FAMILY]...")
@click.option("--output", "-o", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write: a page, name.html, or a picture, name.png.")  # fmt: skip
def gallery(names: tuple[str, ...], output: Path) -> None:
    """Show puzzle families: four samples of each one named, or one of every family there is.

    The page has the puzzle, its solution, frames of its clip, the question and the answer; the picture has puzzles and
    solutions. Families of other packages are found by the entry-point group vtb.puzzles.

    Example: vtb gallery maze_circle --output circle.html
    """
    if output.suffix not in (".html", ".png"):
        raise UsageProblem(f"--output {output}: the name must end with .html or .png")
    try:
        data = _page(names) if output.suffix == ".html" else _picture(names)
    except ImportError as error:
        raise NotAvailable(f"{error}: install it with pip install 'vtb-train[generate]'") from error
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(data)
    click.echo(output)


def _page(names: tuple[str, ...]) -> bytes:
    from vtb.report.gallery import gallery_page

    title = ", ".join(names) or "Every puzzle family"
    note = "Samples of the default configuration, with frames of their clips."
    return gallery_page(title, note, _exhibits(names)).encode()


def _picture(names: tuple[str, ...]) -> bytes:
    from vtb.report.gallery import gallery_picture

    return gallery_picture(_exhibits(names, frames=0), COLUMNS)


def _exhibits(names: tuple[str, ...], frames: int = 4) -> list[Shown]:
    from vtb.puzzles.registry import families, find_family
    from vtb.report.gallery import exhibit

    chosen = [find_family(name) for name in names] or sorted(families().values(), key=lambda one: (one.group, one.name))
    return [
        exhibit(family, family.config_class(), family.name, SEED, index, frames=frames)
        for family in chosen
        for index in range(EACH if names else 1)
    ]
