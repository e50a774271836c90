"""The use-cases, over ports: screen a call, learn its outcome, explain, tell, reload."""
