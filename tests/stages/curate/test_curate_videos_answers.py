"""The form of an answer about a video: what is read of it, and what is no answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtb.chat.said import Said
from vtb.datasets.videos.record import CATEGORIES
from vtb_curate.videos_answer import Decision, Unread, read_answer
from vtb_curate.videos_prompt import PLACE, own_prompt

FORM = "Moves: yes\nAgents: person. dog\nObjects: None"
READ = Decision(True, ("person", "dog"), (), None)


def read(text: str, finish: str = "stop", *, with_category: bool = False) -> Decision:
    return read_answer(Said(text, finish), with_category=with_category)


@pytest.mark.parametrize(
    "text",
    [
        FORM,
        FORM + "\n",
        FORM.replace("\n", "\r\n\r\n"),
        FORM.upper().replace("NONE", "none."),
        "  **Moves:** yes  \n**Agents:** person. dog.\n**Objects**: None",
        f"```text\n{FORM}\n```",
        f"<think>Moves: no, or is it?\n</think>\n\n{FORM}",
        "Moves : Yes.\nAgents: Person .  DOG. . person\nObjects: dog. None",
    ],
)
def test_what_can_be_read(text: str) -> None:
    assert read(text) == READ


@pytest.mark.parametrize("name", CATEGORIES)
def test_categories(name: str) -> None:
    for said in (name, name.lower(), name.replace("&", "and") + "."):
        assert read(f"{FORM}\nCategory: {said}", with_category=True).category == name
        assert read(f"{FORM}\nCategory: {said}").category == name  # one's own prompt may ask for it


ODD = {
    "nothing": "",
    "prose": "Yes, several people run.",
    "prose before": f"Sure!\n{FORM}",
    "prose after": f"{FORM}\nThat is all.",
    "another order": "Agents: person\nMoves: yes\nObjects: None",
    "a line is missing": "Moves: yes\nAgents: person",
    "a line twice": f"{FORM}\nObjects: None",
    "neither": "Moves: maybe\nAgents: person\nObjects: None",
    "both": "Moves: yes or no\nAgents: person\nObjects: None",
    "no classes": "Moves: yes\nAgents:\nObjects: None",
    "commas": "Moves: yes\nAgents: person, dog\nObjects: None",
    "a sentence": f"Moves: yes\nAgents: {'a man who walks ' * 9}\nObjects: None",
    "too many": f"Moves: yes\nAgents: {'. '.join(f'thing {n}' for n in range(51))}\nObjects: None",
    "thoughts without an end": f"<think>{FORM}",
}


@pytest.mark.parametrize("case", ODD)
def test_what_cannot(case: str) -> None:
    with pytest.raises(Unread) as error:
        read(ODD[case])
    assert error.value.kind == "not in the form"
    assert error.value.detail


@pytest.mark.parametrize("line", ["", "\nCategory: Cooking", "\nCategory: None", "\nCategory:"])
def test_a_category_that_is_missing_or_unknown(line: str) -> None:
    with pytest.raises(Unread):
        read(FORM + line, with_category=True)


@pytest.mark.parametrize(
    ("finish", "kind"),
    [("length", "cut off"), ("content_filter", "stopped by a filter"), ("refusal", "refused by the model")],
)
def test_an_answer_that_was_not_brought_to_its_end(finish: str, kind: str) -> None:
    """It may look whole: the last class may be half a word."""
    with pytest.raises(Unread) as error:
        read(FORM, finish)
    assert error.value.kind == kind


@given(st.text(max_size=80) | st.lists(st.sampled_from([*FORM.split("\n"), ":", "Moves:", "```"])).map("\n".join))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_read_or_refused(text: str) -> None:
    try:
        found = read(text)
    except Unread:
        return
    assert not set(found.agents) & set(found.objects)
    assert all(name == name.strip().lower() for name in (*found.agents, *found.objects))


def test_our_prompts() -> None:
    captions, frames = own_prompt(by_frames=False), own_prompt(by_frames=True)
    assert (captions.words.count(PLACE), PLACE in frames.words) == (1, False)
    assert all(name in " ".join(frames.words.split()) for name in CATEGORIES)
    for words in (captions.words, frames.words):
        assert "\n\nMoves: yes or no\nAgents: class. class. class\nObjects: class. class. class" in words
    assert captions.about("{caption} of mine").count("of mine") == 1
    assert captions.about("x", "says nothing").endswith("with nothing else.")
