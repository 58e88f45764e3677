"""Train the built-in networks: `python -m cnnlab.pretrain STROKES`."""
