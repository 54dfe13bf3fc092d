"""A house to try the hub in, with nothing of one's own."""
