"""Adapters, each the only importer of its library."""
