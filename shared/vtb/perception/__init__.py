"""What is known of a video in space: which things, where, facing where; and the backends that find it out."""
