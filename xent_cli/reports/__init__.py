"""A tally becomes a report with its gates and notices. Every number is computed here, once."""
