"""A network that computes in the browser, while the pen moves; see `component`."""
