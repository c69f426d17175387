"""Puzzle families: one file each, found by scanning this folder and the entry-point group ``vtb.puzzles``."""
