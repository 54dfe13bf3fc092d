"""What ``hubd doctor`` looks at, what it makes of it."""
