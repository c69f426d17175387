"""Eyeballing puzzles: one file per family."""
