"""The configuration: strict YAML in, plain settings out, every refusal with file:line:column."""
