r"""The option or the value that a model's words choose.

What is put forward as the answer counts ("the answer is B", ``{"answer": "B"}``, ``\boxed{B}``, a line with nothing
but B), the last where there are several; else the last that is named. What is ruled out ("not B", "B is too far left")
is not named, a question ("B?") names only where nothing else does, and after "no, wait" only what follows counts.
Several options beside each other ("A or B", "A, C and D") name no single one, and where that is the last word there is
no answer: a hedge is never right.

The benchmark takes the last stand-alone capital letter, whatever is said of it; so "The answer is B. A lies too far
left" is A there and B here, and "A or B" is B there and nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vtb.puzzles.judging.answers.mentions import Mention, Names, clusters, normalise
from vtb.puzzles.judging.answers.parts import find_answer
from vtb.puzzles.judging.answers.phrases import RETRACTION

LETTERS = "ABCDEFGH"
NATO = {"alpha": "A", "alfa": "A", "bravo": "B", "charlie": "C", "delta": "D", "echo": "E"}
_OPTIONS = Names({letter: letter for letter in "ABCDE"}, NATO)
Clusters = Sequence[Sequence[Mention]]


def spoken_option(text: str) -> str | None:
    """The option A to E that a text or a transcript names.

    What is put forward counts first, as a letter or as a word of the NATO alphabet. Otherwise the first of these words,
    as the benchmark has it for speech, and without one the last letter.
    """
    return find_answer(text, lambda part: _chosen(part, _OPTIONS, _first_word))


def last_answer(text: str, vocabulary: Sequence[str], options: Sequence[str] = ()) -> str | None:
    """The value that a text names, in the words of the vocabulary or by the letter of an option; normalised."""
    letters = {letter: normalise(option) for letter, option in zip(LETTERS, options, strict=False)}
    names = Names(letters, {word: word for word in map(normalise, vocabulary) if word})
    return find_answer(text, lambda part: _chosen(part, names, lambda _: None))


def listed(options: Sequence[str]) -> str:
    """The options with their letters, for a prompt."""
    return ", ".join(f"({letter}) {option}" for letter, option in zip(LETTERS, options, strict=False))


def _chosen(part: str, names: Names, otherwise: Callable[[Clusters], Sequence[Mention] | None]) -> str | None:
    found = _after_retraction(part, [*filter(None, map(_standing, clusters(part, names)))])
    said = [some for some in found if not some[-1].asked] or found
    forward = [some for some in said if any(one.cued for one in some)]
    cluster = forward[-1] if forward else otherwise(said) or next(iter(said[-1:]), ())
    meanings = {one.meaning for one in cluster}
    return meanings.pop() if len(meanings) == 1 else None


def _standing(cluster: Sequence[Mention]) -> Sequence[Mention]:
    """Nothing of "A, B and C are wrong", but the C of "the answer is C, A is wrong"."""
    ruled_out = any(one.out for one in cluster)
    return [one for one in cluster if one.cued and not one.out] if ruled_out else cluster


def _first_word(found: Clusters) -> Sequence[Mention] | None:
    """The first words of the NATO alphabet that stand together."""
    spoken = ([one for one in some if one.by_word] for some in found)
    return next((some for some in spoken if some), None)


def _after_retraction(part: str, found: Clusters) -> Clusters:
    """Without what somebody took back: all before the last "no, wait" that a mention follows."""
    if not found:
        return found
    cuts = [match.end() for match in RETRACTION.finditer(part, 0, found[-1][0].start)]
    return [some for some in found if not cuts or some[0].start >= cuts[-1]]
