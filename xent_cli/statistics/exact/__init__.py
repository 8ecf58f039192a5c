"""Exact sums of doubles, and what is made of them."""
