"""Fills on the same holes by every method and peer."""
