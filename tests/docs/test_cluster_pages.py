"""The pages on clusters: their links, commands, keys and examples are true."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from chart.helm import CHART, ci_values, one, render
from contract.command_line import programs
from vtb.cluster.job import FINAL
from vtb.cluster.site import Site, StagePlace
from vtb.cluster.site_file import read_site, site_from
from vtb.errors import BadInput, VtbError
from vtb.launch.preflight import KINDS
from vtb.pipeline.reading import read_pipeline
from vtb.render.site_table import explained

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", CHART / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
LADDER = TEXTS[ROOT / "docs" / "from-laptop-to-cluster.md"]
ADMINISTRATION = TEXTS[ROOT / "docs" / "cluster-administration.md"]
TROUBLES = TEXTS[ROOT / "docs" / "troubleshooting.md"]
CODES = TEXTS[ROOT / "docs" / "exit-codes.md"]


def anchors(text: str) -> set[str]:
    """What the headings of a page are called in links."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", head.lower()).replace(" ", "-") for head in heads}


def blocks(text: str, *languages: str) -> list[str]:
    """The code blocks of some languages."""
    return [body for language, body in re.findall(r"^```(\w*)\n(.*?)^```", text, re.M | re.S) if language in languages]


def commands(text: str) -> Iterator[list[str]]:
    """The words of every command, in blocks and in the running text; what stands after a pipe is another one."""
    lines = [line for body in blocks(text, "console", "") for line in body.replace("\\\n", " ").splitlines()]
    for line in [*lines, *re.findall(r"`((?:vtb|helm|make) [^`]+)`", text)]:
        if re.match(r"(until )?(vtb|helm|make) ", line):
            words = shlex.split(line.removeprefix("until "), comments=True)
            ends = [place for place, word in enumerate(words) if word in ("|", ">", "&&") or word.endswith(";")]
            yield words[: min(ends, default=len(words))]


def of(program: str) -> list[list[str]]:
    """The commands of a program in all pages."""
    return [words for text in TEXTS.values() for words in commands(text) if words[0] == program]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[page]):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            found = page.parent / path if path else page
            assert found.exists(), target
            if anchor:
                assert anchor in anchors(found.read_text(encoding="utf-8")), target


def test_every_option_of_vtb_exists() -> None:
    group = programs()["vtb"]
    assert isinstance(group, click.Group)
    seen = set()
    for words in of("vtb"):
        command = group.commands[words[1]]
        below = [command.commands[name] for name in words[2].split("|")] if isinstance(command, click.Group) else []
        parameters = [parameter for one in (command, *below) for parameter in one.params]
        known = {name for parameter in parameters for name in (*parameter.opts, "--help")}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, words
        seen.add(words[1])
    assert {"run", "status", "logs", "cancel", "render", "show", "doctor"} <= seen


def test_every_value_given_to_helm_exists() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    in_text = re.findall(r"`(?:--set(?:-file)? )?((?:image|store|launcher|devStore|networkPolicy|modelCache|argo|rbac)"
                         r"\.[A-Za-z.]+)", "".join([LADDER, ADMINISTRATION, TROUBLES]))  # fmt: skip
    given = [word.partition("=")[0] for words in of("helm") for before, word in itertools.pairwise(words)
             if before in ("--set", "--set-file")]  # fmt: skip
    assert len(given) > 10
    for name in {*given, *in_text}:
        place: Any = values
        for key in name.split("."):
            assert key in place, name
            place = place[key]


def test_every_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for words in of("make"):
        targets = [word for word in words[1:] if "=" not in word]
        for target in targets:
            assert re.search(rf"^({re.escape(target)}|{target.partition('/')[0]}/%):", makefile, re.M), words


def test_files_that_are_installed_by_a_command_exist() -> None:
    for words in of("helm"):
        for before, word in itertools.pairwise(words):
            if before == "-f":
                assert (ROOT / word).exists(), word


def test_examples_of_sites_and_pipelines_are_read(tmp_path: Path) -> None:
    sites = pipelines = 0
    for body in [*blocks(LADDER, "yaml"), *re.findall(r"<<'END'\n(.*?)^END$", LADDER, re.M | re.S)]:
        file = tmp_path / "file.yaml"
        file.write_text(body)
        if "steps" in yaml.safe_load(body):
            assert read_pipeline(file).steps
            pipelines += 1
        else:
            assert read_site(file) != Site()
            sites += 1
    assert (sites, pipelines) == (5, 2)
    for body in blocks(ADMINISTRATION, "yaml"):
        data = yaml.safe_load(body)
        assert "rules" in data or site_from(data) != Site()


def test_every_key_of_the_site_file_is_explained() -> None:
    assert set(explained(StagePlace)) == set(StagePlace.__struct_fields__)

    class Lacking(Site, frozen=True):
        """A place.

        Attributes:
            namespace: Where.
        """

    with pytest.raises(BadInput, match="fs_group"):
        explained(Lacking)


def test_people_may_do_what_a_launcher_may() -> None:
    def may(rules: list[dict[str, Any]]) -> set[tuple[str, str]]:
        return {(what, verb) for rule in rules for what in rule["resources"] for verb in rule["verbs"]}

    (mine,) = [data for body in blocks(ADMINISTRATION, "yaml") if "rules" in (data := yaml.safe_load(body))]
    role = one(render(ci_values("laptop")), "Role")
    assert may(role["rules"]) <= may(mine["rules"])
    for resource in {what for rule in role["rules"] for what in rule["resources"]}:
        (row,) = re.findall(rf"^\| `{resource}`.*$", ADMINISTRATION, re.M)
        verbs = {verb for what, verb in may(role["rules"]) if what == resource}
        assert set(row.split("|")[2].strip().split(", ")) == verbs, row


def test_every_exit_code_has_its_row() -> None:
    rows = {int(cells[1]): cells[3].strip() for line in CODES.splitlines() if (cells := line.split("|"))[1:2]
            and cells[1].strip().isdigit()}  # fmt: skip
    ours = {kind.exit_code for kind in KINDS.values() if kind is not VtbError}
    assert set(rows) == ours | {0, 1, 130, 137}
    assert [code for code, job in rows.items() if job == "fails at once"] == FINAL


@pytest.mark.parametrize(
    "words",
    [
        "waits: ", "there is no namespace ", "no cluster to run on", "no cluster answers",
        "the cluster does not let us ",
        "the cluster knows no ", "needed more memory than it may have", "its queue has not admitted it yet",
        "unknown key", "the site file says owner: ", "--detach: the launcher in the cluster needs an account",
        "is complete, but ", "its certificate is not trusted", "no connection", "ErrImageNeverPull", "exceeded quota",
    ],
)  # fmt: skip
def test_what_troubles_say_is_what_the_programs_say(words: str) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "shared" / "vtb").rglob("*.py"))
    assert words in TROUBLES
    assert words in sources
