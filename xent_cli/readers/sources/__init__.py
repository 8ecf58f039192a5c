"""What the user named becomes bytes: paths, globs, standard input, object stores, compression."""
