"""Reports for machines of continuous integration: JUnit, GitHub, metrics."""
