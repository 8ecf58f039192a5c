"""Everything that is asked of the operating system."""
