"""The curate stage: re-judged, de-duplicated and split puzzles."""
