"""Reports as documents: Markdown."""
