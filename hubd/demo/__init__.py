"""A house to try the hub in, with nothing installed but the hub."""
