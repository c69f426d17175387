"""Programs of several stages: what they say themselves, and what of an option that stands in the wrong place."""

from __future__ import annotations

import json

import pytest

from contract.command_line import call, run

GROUPS = {
    "vtb-prepare": ["vlm", "image", "video", "vsi", "questions", "virl39k", "latent", "dynamic"],
    "vtb-train-vlm": ["sft", "grpo", "latent-sft", "latent-grpo", "geometry", "merge", "tiny-model"],
    "vtb-eval": ["predict", "score"],
}


@pytest.mark.parametrize("program", GROUPS)
def test_a_group_describes_its_stages_and_its_version(program: str) -> None:
    done = call(program, "--describe")
    assert done.code == 0, done.err
    assert [contract["command"] for contract in json.loads(done.out)] == [f"{program} {n}" for n in GROUPS[program]]
    assert json.loads(done.out)[0] == json.loads(call(program, GROUPS[program][0], "--describe").out)
    assert call(program, "--version").out == call(program, GROUPS[program][0], "--version").out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("vtb-prepare", "--input", "x"), "--input stands before a subcommand: write vtb-prepare vlm or"),
        (("vtb-eval", "--answers=x"), "--answers stands before a subcommand: write vtb-eval score (see"),
        (("vtb-eval", "-o", "x"), "-o stands before a subcommand: write vtb-eval predict or vtb-eval score (see"),
        (("vtb-eval", "--nonsense"), "--nonsense stands before a subcommand: write vtb-eval predict or vtb-eval"),
    ],
)
def test_an_option_before_the_subcommand(words: tuple[str, ...], says: str) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
