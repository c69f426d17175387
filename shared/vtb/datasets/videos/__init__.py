"""Which videos show things that move: rows of a ``videos`` artifact, and the files that DSR Suite's tools exchange."""
