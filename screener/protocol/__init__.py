"""Sans-IO codecs: bytes in, frozen messages out; sockets, clocks and retries are the adapters'."""
