"""The mergeable partial result: exact or free of order, whatever the cut."""
