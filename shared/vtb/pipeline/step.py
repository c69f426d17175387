"""Steps of a pipeline, and the command line of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vtb.errors import UsageProblem
from vtb.stage.describe import describe
from vtb.stage.registry import Installed, find_stage
from vtb.store import join_uri

ENGINE_ARGS = "engine-args"
PARTS = "num-shards"


@dataclass(frozen=True)
class Step:
    """One step: ``inputs`` maps an option (``input``, ``model``) to the steps or places whose artifacts it takes."""

    name: str
    stage: str
    options: Mapping[str, Any]
    inputs: Mapping[str, tuple[str, ...]]

    @property
    def installed(self) -> Installed:
        """The stage behind it, as its options make it."""
        return find_stage(self.stage).with_options(self.options)

    @property
    def parts(self) -> int:
        """How many pods may share the work, where there is a cluster."""
        return int(self.options.get(PARTS, 1))

    @property
    def earlier(self) -> frozenset[str]:
        """The steps whose artifacts it reads."""
        return frozenset(name for sources in self.inputs.values() for name in sources if not is_place(name))

    def arguments(self, store: str, *more: str) -> list[str]:
        """The command line after the program: subcommand, inputs, output, options, more options, engine arguments."""
        words = list(self.installed.words)
        for option, sources in self.inputs.items():
            for source in sources:
                words += [f"--{option}", source if is_place(source) else join_uri(store, source)]
        words += ["--output", join_uri(store, self.name), *_option_words(self), *more]
        engine = as_list(self.options.get(ENGINE_ARGS, []))
        return [*words, "--", *map(_word, engine)] if engine else words

    @property
    def places(self) -> list[tuple[str, str]]:
        """The artifacts that it reads and no step makes, with the option for each."""
        found = [(option, source) for option, sources in self.inputs.items() for source in sources if is_place(source)]
        takes = self.installed.artifact_options
        given = {option: value for option, value in self.options.items() if option in takes}
        return found + [(option, str(place)) for option, value in given.items() for place in as_list(value)]


@dataclass(frozen=True)
class Pipeline:
    """Steps in an order in which each comes after those it reads from."""

    name: str
    steps: tuple[Step, ...]


def is_place(source: str) -> bool:
    """Whether a source is an artifact somewhere, not the name of a step."""
    return "://" in source or source.startswith("/")


def options_of(step: Step) -> dict[str, dict[str, Any]]:
    """What the stage of a step declares, by the names that pipelines use.

    Raises:
        UsageProblem: there is no such stage.
    """
    try:
        options = describe(step.installed.command)["options"]["properties"]
    except UsageProblem as error:
        raise UsageProblem(f"step {step.name!r}: {error}") from error
    found = {name.replace("_", "-"): option for name, option in options.items()}
    if any(parameter.name == "engine_args" for parameter in step.installed.command.params):
        found[ENGINE_ARGS] = {"type": "array"}
    return found


def _option_words(step: Step) -> list[str]:
    """Flags of a step, without engine arguments: true and false become the flag and its opposite, a list repeats it."""
    options = options_of(step)
    words: list[str] = []
    for name, value in step.options.items():
        if name in (ENGINE_ARGS, PARTS):
            continue
        if value is True:
            words.append(f"--{name}")
        elif value is False:
            opposite = options[name]["x-flag"].partition("/")[2]
            words += [opposite] if opposite else []
        else:
            for entry in as_list(value):
                words += [f"--{name}", str(entry)]
    return words


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_list(value: Any) -> list[Any]:
    """A list as it is, another value as a list of it."""
    return value if isinstance(value, list) else [value]
