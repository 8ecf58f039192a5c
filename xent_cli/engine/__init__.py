"""Files in, one outcome out: the order of rows, the workers and the limits."""
