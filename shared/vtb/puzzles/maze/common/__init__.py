"""What the maze families share."""
