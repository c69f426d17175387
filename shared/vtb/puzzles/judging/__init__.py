"""What judges of several groups share."""
