"""Reports as tables of a terminal."""
