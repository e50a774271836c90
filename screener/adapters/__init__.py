"""One wire each: sockets, processes and their deadlines, around the codecs of `protocol`."""
