"""One frame of the benchmark: the input of a method, and the truth."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame, RadialProfile
from sunpy_coronagraph_inpaint.frames.neighbors import align
from sunpy_coronagraph_inpaint.frames.statistics import block_mean
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate.telemetry import choose_blocks

#: Blocks are knocked out beyond this many occulter radii, up to this fraction of the frame's longer side.
_FIELD = 1.15, 0.49


@dataclass(frozen=True, eq=False)
class BenchmarkFrame:
    """
    A frame whose blocks can be knocked out.

    Parameters
    ----------
    name : str
        Name in the metadata of the table: a file or a seed.
    smap : `~sunpy.map.GenericMap`
        The frame, without holes.
    seed : int
        Seed of the places of its holes.
    neighbors : tuple of `~sunpy.map.GenericMap`, optional
        Frames before and after.
    clean : `numpy.ndarray`, optional
        Shape of the map: the image without noise, stars and particles, in the units of the map.
    before : `numpy.ndarray`, optional
        The same for the frame before, for running differences.
    signal : `numpy.ndarray`, optional
        Shape of the map, not negative: the preference for places of holes.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark import BenchmarkFrame
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> frame = BenchmarkFrame("plain", plain_corona(size=512), seed=1)
    >>> holes = frame.holes("20 x 32", seed=0)
    >>> damaged = frame.damaged(holes)
    >>> int(holes.sum()), int(damaged.data[holes].max())
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
        """Facts about the frame from its header."""
        return identify(self.smap.meta)

    @cached_property
    def _whole(self):
        return CoronagraphFrame.from_camera(np.asarray(self.smap.data), self.camera)

    @cached_property
    def profile(self):
        """
        Radial profile of the full frame on every pixel, which is 100 % of every error.

        Raises
        ------
        ValueError
            If it is not positive, like that of a difference of two frames.
        """
        profile = RadialProfile(self._whole.data, self._whole.valid, self.camera.center)
        if not profile.relative:
            msg = f"{self.name} cannot be scored: its radial profile is not positive. Give a frame, not a difference."
            raise ValueError(msg)
        return profile(np.s_[:, :])

    def holes(self, kind, *, seed):
        """
        Return the pixels to knock out.

        They are whole blocks of the unobstructed field without saturated pixels or pixels without data.

        Parameters
        ----------
        kind : str
            Kind of holes, a name that ``coronagraph-inpaint evaluate --list`` prints.
        seed : int
            Seed of the places.

        Returns
        -------
        `numpy.ndarray`
            Boolean, shape of the map; all `False` if no such hole fits.

        Raises
        ------
        ValueError
            If there is no such kind.
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

    def damaged(self, holes, *, neighbors=False):
        """
        Return the input of a method: the frame with 0 in the holes.

        Parameters
        ----------
        holes : `numpy.ndarray`
            Boolean, shape of the map.
        neighbors : bool, optional
            Whether to reproject the frames before and after onto it.

        Returns
        -------
        `~sunpy_coronagraph_inpaint.frames.frame.CoronagraphFrame`
        """
        data = np.array(self.smap.data)
        data[holes] = 0
        frame = CoronagraphFrame.from_camera(data, self.camera, holes, valid=self._whole.valid & ~holes)
        return frame.with_neighbors(align(self.smap, frame, self.neighbors)) if neighbors else frame
