"""What helps a person at the prompt: sections of --help, hints, shell completion."""
