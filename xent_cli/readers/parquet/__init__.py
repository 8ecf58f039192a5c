"""Parquet files: the footer, the page headers, the row groups."""
