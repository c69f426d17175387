"""Puzzle families: one file each, found by scanning this folder and the entry-point group ``vtb.puzzles``."""

from vtb.puzzles.family import DAMAGE, Clip, Family, Modality, Record, Score, families, family_of, find_family

__all__ = ["DAMAGE", "Clip", "Family", "Modality", "Record", "Score", "families", "family_of", "find_family"]
