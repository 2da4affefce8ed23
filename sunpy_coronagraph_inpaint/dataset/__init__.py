"""Data sets of frames: build, judge, split, verify."""
