"""Bodies that move and turn under a moving camera, all of it known exactly; lengths and angles as in ``vtb.scenes``."""
