"""The arrays of one frame, and what is measured on them."""
