"""Questions about scenes of moving bodies in the forms of VLM4D and 4D-Bench, with exact answers."""
