"""The Python interface, and the path that the commands take too: a request becomes a report."""
