"""A block becomes scored rows, scored rows a tally that adds."""
