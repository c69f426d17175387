"""The wording of prompts: one template per kind of puzzle and modality, in our own words.

Evaluation on the official benchmark uses the text of its own records, never these.
"""

from __future__ import annotations

from vtb.tasks.task import Modality

MAZE: dict[Modality, str] = {
    "vlm": (
        "This is a maze. Black is wall, white is passage, and every open cell has its number printed on it. "
        "The two red squares are the start and the goal. Find the way from one to the other, moving only between "
        "open cells that share a side. Reply with the numbers of all cells on the way in their order, both ends "
        "included, as a list such as [12, 13, 14, 25]."
    ),
    "image": (
        "Draw one continuous red line through the white passages of this maze that joins the two red squares. "
        "The line must not touch the black walls. Leave everything else as it is."
    ),
    "video": (
        "A red line starts at one of the two red squares and moves through the white passages of the maze until it "
        "reaches the other one. It never touches the black walls. Nothing else changes, and the camera stands still."
    ),
}


def _round_maze(what: str) -> dict[Modality, str]:
    """The wording for mazes whose cells are no squares and whose ends are discs."""
    return {
        "vlm": (
            f"This is a maze {what}. Black is wall, white is passage, and every cell has its number printed on it. "
            "The two red discs are the start and the goal. Find the way from one to the other, moving only between "
            "cells that touch and have no wall between them. Reply with the numbers of all cells on the way in their "
            "order, both ends included, as a list such as [12, 13, 14, 25]."
        ),
        "image": MAZE["image"].replace("squares", "discs"),
        "video": MAZE["video"].replace("squares", "discs"),
    }


HEXAGON_MAZE = _round_maze("of hexagonal cells")
CIRCLE_MAZE = _round_maze("of rings around a centre, each cut into cells")

VISUAL = {
    "question": "The picture follows a pattern. What is the {asked} of the {part} where the question mark is?",
    "lettered": "{question} The options are {options}. Choose one of them.",
    "open": "{question} Reply with one of these: {options}.",
    "hidden vlm": "A {part} that is grey without a question mark is hidden.",
    "hidden drawn": "A {part} that is grey without a question mark is hidden and stays grey.",
    "image color": (
        "The picture follows a pattern, and the grey {part} with the question mark is still without its color. Paint "
        "it evenly in the color that completes the pattern, with no question mark left. Leave everything else as it is."
    ),
    "image shape": (
        "The picture follows a pattern, and a question mark stands where one {part} is missing. Draw the missing "
        "{part} in its place, in the right shape, size and direction and filled with the color of the others, and "
        "remove the question mark. Leave everything else as it is."
    ),
    "video color": (
        "The grey {part} with the question mark is painted, from left to right, in the color that completes the "
        "pattern of the picture, until no grey and no question mark is left there. Then the finished picture stays. "
        "Nothing else changes, and the camera stands still."
    ),
    "video shape": (
        "Where the question mark is, the missing {part} appears from left to right, in the shape, size and direction "
        "that complete the pattern of the picture and in the color of the others, and the question mark is gone. Then "
        "the finished picture stays. Nothing else changes, and the camera stands still."
    ),
}
