"""Looks at one part of the hub each: what they find goes into the pure modules beside this folder."""
