"""A Live server that does what a script says."""
