"""The commands: thin, each one reads its arguments, calls one thing and prints the answer."""
