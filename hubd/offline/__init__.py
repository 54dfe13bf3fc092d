"""A Live server on loopback, for when the internet is away."""
