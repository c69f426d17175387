"""Puzzles that others made: the benchmark's own, and those of the VLMPuzzle tools.

Their records hold less than ours (no walls of a hexagon maze, no parts of a visual puzzle), so they are judged with
what their pictures show. ``records`` makes such a record one of ours, ``judges`` says who judges it.
"""
