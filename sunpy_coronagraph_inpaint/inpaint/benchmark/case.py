"""One frame of the benchmark: what a method is shown of it, and what it is scored against."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame, RadialProfile
from sunpy_coronagraph_inpaint.frames.neighbors import align
from sunpy_coronagraph_inpaint.frames.statistics import block_mean
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate.telemetry import choose_blocks

__all__ = ["Case"]

#: Blocks are knocked out beyond this many radii of the occulter, and up to this share of the frame's longer side.
_FIELD = 1.15, 0.49


@dataclass(frozen=True, eq=False)
class Case:
    """
    A frame whose blocks can be knocked out.

    Parameters
    ----------
    name : str
        What it is called in the metadata of the table: a file or a seed.
    smap : `~sunpy.map.GenericMap`
        The frame, without holes.
    seed : int
        Seed of the places of its holes.
    neighbors : tuple of `~sunpy.map.GenericMap`, optional
        Frames before and after.
    clean : `numpy.ndarray`, optional
        What the camera would have seen without noise, stars and particles, in the units of the map.
    before : `numpy.ndarray`, optional
        The same for the frame before, from which a running difference is made.
    signal : `numpy.ndarray`, optional
        Not negative, shape of the map: where holes are wanted.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.case import Case
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> case = Case("plain", plain_corona(size=512), seed=1)
    >>> holes = case.holes("20 x 32", seed=0)
    >>> frame = case.frame(holes)
    >>> int(holes.sum()), int(frame.data[holes].max())
    (20480, 0)
    """

    name: str
    smap: object
    seed: int
    neighbors: tuple = ()
    clean: np.ndarray | None = field(default=None, repr=False)
    before: np.ndarray | None = field(default=None, repr=False)
    signal: np.ndarray | None = field(default=None, repr=False)

    @cached_property
    def camera(self):
        """The camera of the frame."""
        return identify(self.smap.meta)

    @cached_property
    def _whole(self):
        return CoronagraphFrame.from_camera(np.asarray(self.smap.data), self.camera)

    @cached_property
    def profile(self):
        """Radial profile of the whole frame on every pixel, which is 100 % of every error."""
        profile = RadialProfile(self._whole.data, self._whole.valid, self.camera.center)
        if not profile.relative:
            msg = f"{self.name} cannot be scored: its radial profile is not positive. Give a frame, not a difference."
            raise ValueError(msg)
        return profile(np.s_[:, :])

    def holes(self, kind, *, seed):
        """
        Return the pixels to knock out, a boolean array of the shape of the map.

        Blocks are taken whole, from the open field, without pixels that are saturated or hold no data.
        """
        grid = self.camera.grid
        y, x = np.ogrid[: self.smap.data.shape[0], : self.smap.data.shape[1]]
        radius = np.hypot(x - self.camera.center[0], y - self.camera.center[1])
        inner, outer = _FIELD
        usable = self._whole.valid & (radius > inner * self.camera.occulter_radius)
        usable &= radius < outer * max(self.smap.data.shape)
        good = (grid.count(usable) == grid.sizes()).reshape(grid.shape)
        signal = None
        if self.signal is not None:
            signal = block_mean(self.signal, grid.size)
        chosen = choose_blocks(good, kind, seed=[self.seed, seed, *kind.encode()], grid=grid, signal=signal)
        return grid.mask(np.flatnonzero(chosen))

    def frame(self, holes, *, neighbors=False):
        """
        Return the `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame` that a method is shown: 0 in the holes.

        Parameters
        ----------
        holes : `numpy.ndarray`
            Boolean, shape of the map.
        neighbors : bool, optional
            Whether to lay the frames before and after over it.
        """
        data = np.array(self.smap.data)
        data[holes] = 0
        frame = CoronagraphFrame.from_camera(data, self.camera, holes, valid=self._whole.valid & ~holes)
        return frame.with_neighbors(align(self.smap, frame, self.neighbors)) if neighbors else frame


def fresh(frame):
    """Return the same frame without what an earlier method has made it remember, so that each pays for itself."""
    return replace(frame, neighbors=tuple(replace(neighbor) for neighbor in frame.neighbors))
