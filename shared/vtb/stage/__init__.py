"""A stage: one click command that reads artifacts and writes one; its declaration, options, run and executor."""
