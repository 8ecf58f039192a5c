"""Exact moments in, claims out: intervals, tests, quantiles."""
