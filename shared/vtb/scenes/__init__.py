"""Rooms of known boxes: what stands where, what a moving camera sees of it, and questions with exact answers."""
