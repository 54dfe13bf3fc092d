"""Loops that join ports to cores."""
