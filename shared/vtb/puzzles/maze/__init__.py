"""Mazes: one file per family."""
