"""What ARC families share."""
