"""``vtb render``: the option tables in the READMEs of the stages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contract.command_line import run
from render.trees import copy_tree
from vtb.errors import BadInput
from vtb.render.tables import rendered, table
from vtb.stage.describe import describe
from vtb.stage.registry import installed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What is rendered, and what it is rendered from besides the stages."""
    return copy_tree(tmp_path)


def page_with(tree: Path, name: str) -> Path:
    (page,) = [page for page in tree.glob("stages/*/README.md") if f"<!-- options: {name} -->" in page.read_text()]
    return page


def test_the_repository_is_up_to_date() -> None:
    assert run("vtb", "render", "--check", cwd=ROOT).code == 0


def test_check_finds_a_table_that_was_changed_by_hand(tree: Path) -> None:
    page = page_with(tree, "gen-maze")
    good = page.read_text()
    page.write_text(good.replace("`--count`", "`--number`"))
    done = run("vtb", "render", "--check", "--root", tree)
    assert (done.code, len(done.err.splitlines())) == (3, 1)
    assert f"out of date: {page}: run `vtb render`" in done.err
    assert "`--number`" in page.read_text()
    fixed = run("vtb", "render", "--root", tree)
    assert (fixed.code, fixed.out) == (0, f"wrote {page}\n")
    assert page.read_text() == good
    assert run("vtb", "render", "--root", tree).out == ""


def test_check_finds_an_option_that_was_added(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vtb.stage.options import VtbOption

    page = page_with(tree, "gen-maze")
    assert rendered(tree)[page] == page.read_text()
    command = installed()["gen-maze"].command
    monkeypatch.setattr(command, "params", [*command.params, VtbOption(["--new-one"], help="New | and odd.")])
    assert "| `--new-one` text | `VTB_GEN_MAZE_NEW_ONE` |  | New \\| and odd. |" in rendered(tree)[page]


def test_prose_around_the_table_is_kept(tree: Path) -> None:
    page = page_with(tree, "eval predict")
    before = page.read_text()
    page.write_text(f"# Mine\n\n{before}\nThe end.\n")
    assert run("vtb", "render", "--check", "--root", tree).code == 0
    assert rendered(tree)[page] == f"# Mine\n\n{before}\nThe end.\n"


def test_a_stage_without_a_table_is_an_error(tree: Path) -> None:
    page = page_with(tree, "curate")
    page.write_text(re.sub(r"<!-- options: curate -->.*?<!-- end of options -->", "", page.read_text(), flags=re.S))
    done = run("vtb", "render", "--check", "--root", tree)
    assert (done.code, "has the option table of curate" in done.err) == (3, True)


def test_a_table_of_no_stage_is_an_error(tree: Path) -> None:
    page = page_with(tree, "curate")
    page.write_text(page.read_text() + "\n<!-- options: gen-maez -->\n<!-- end of options -->\n")
    with pytest.raises(BadInput, match=r"option table of 'gen-maez'") as error:
        rendered(tree)
    assert str(page) in str(error.value)


def test_elsewhere_there_is_nothing_to_render(tmp_path: Path) -> None:
    done = run("vtb", "render", "--check", cwd=tmp_path)
    assert (done.code, "no README below" in done.err) == (3, True)


@pytest.mark.parametrize("name", sorted(installed()))
def test_every_option_has_its_row(name: str) -> None:
    rows = table(name).splitlines()
    schema = describe(installed()[name].command)["options"]
    options = schema["properties"]
    assert len(rows) == len(options) + 2
    for (key, option), row in zip(options.items(), rows[2:], strict=True):
        cells = re.split(r"(?<!\\)\|", row)
        assert len(cells) == 6
        assert cells[1].strip().startswith(f"`{option['x-flag']}`")
        assert cells[2].strip() == f"`{option['x-env']}`"
        assert (cells[3].strip() == "required") is (key in schema["required"])
        assert cells[4].strip().replace("\\|", "|") == option["description"].strip()
        assert option["description"].rstrip().endswith(".")
