"""The command line: words in, text and an exit status out. The only room that knows click."""
