"""Artificial LASCO observations whose truth is known."""

from sunpy_coronagraph_inpaint.simulate.observe import observe
from sunpy_coronagraph_inpaint.simulate.plain import plain_corona
from sunpy_coronagraph_inpaint.simulate.scene import Scene
from sunpy_coronagraph_inpaint.simulate.telemetry import damage

__all__ = ["Scene", "damage", "observe", "plain_corona"]
