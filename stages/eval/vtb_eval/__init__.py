"""The eval stage: answers of models, and what they are worth."""
