"""One grammar for answers in words: letters of options, values, lists of cells, grids; every family reads with it."""

from vtb.puzzles.judging.answers.choice import last_answer, listed, spoken_option
from vtb.puzzles.judging.answers.grids import last_grid
from vtb.puzzles.judging.answers.mentions import normalise
from vtb.puzzles.judging.answers.numbers import last_list

__all__ = ["last_answer", "last_grid", "last_list", "listed", "normalise", "spoken_option"]
