"""Where the rules keep their memory; every store keeps the contract of `core.tables`."""
