"""Loops between ports and cores."""
