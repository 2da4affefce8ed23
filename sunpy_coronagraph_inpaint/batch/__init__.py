"""
Many files: read, filled and written at the same time, on one machine or on many, and resumed after any interruption.

Importing this loads neither `sunpy.map` nor a method: the processes that fill do that.
"""

from sunpy_coronagraph_inpaint.batch.engine import inpaint_files

__all__ = ["inpaint_files"]
