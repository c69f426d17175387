"""What the visual puzzles share."""
