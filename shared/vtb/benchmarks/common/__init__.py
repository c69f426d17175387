"""What several benchmarks share: rows of their files, short answers in words, questions about pictures."""
