"""The side-by-side benchmark: every method and every peer on the same holes in the same frames."""

# Training asks `protocol` which frames it must not see, so nothing heavy is imported here.
from sunpy_coronagraph_inpaint.evaluate.protocol import held_out, may_train

__all__ = ["held_out", "may_train"]
