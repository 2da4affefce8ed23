"""Measure what fills are worth, side by side on the same holes."""
