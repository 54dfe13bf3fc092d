"""What can be commanded in the house."""
