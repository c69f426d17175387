"""The generate stage: puzzles with their answers, as pictures and clips."""
