"""Maps from files and to files: nothing half-written, the uncertainty kept, clear words for a broken file."""

from sunpy_coronagraph_inpaint.io.reading import read_array, read_map
from sunpy_coronagraph_inpaint.io.writing import copy_file, write_map

__all__ = ["copy_file", "read_array", "read_map", "write_map"]
