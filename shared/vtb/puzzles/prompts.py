"""The wording of prompts: one template per kind of puzzle and modality, in our own words.

Evaluation on the official benchmark uses the text of its own records, never these.
"""

from __future__ import annotations

MAZE = {
    "vlm": (
        "This is a maze. Black is wall, white is passage, and every open cell has its number printed in blue. "
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
