"""Find and fill missing telemetry blocks in coronagraph images, as SunPy maps."""

from sunpy_coronagraph_inpaint._version import version as __version__
