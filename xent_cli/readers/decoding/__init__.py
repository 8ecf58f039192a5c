"""Arrow columns become NumPy blocks."""
