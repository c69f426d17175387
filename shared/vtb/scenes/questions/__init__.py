"""Questions about a scene with exact answers, of every type that VSI-Bench has, in words of our own."""
