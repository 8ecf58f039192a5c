"""Models on the same rows: paired, checked, compared, with a verdict."""
