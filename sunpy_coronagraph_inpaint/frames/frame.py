"""One coronagraph frame as arrays: valid pixels, holes, and the radial profile that normalizes it."""

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.instruments import FrameInfo

#: Rings are one pixel wide; their medians are smoothed over this many rings.
_SMOOTHING_RINGS = 5
#: A frame is divided by its profile if on most rings all but this fraction of the pixels are positive.
_LOW = 0.16
#: The highest value counts as saturation if at least this number and at most this fraction of the pixels have it;
#: pixels up to this distance are dropped as well.
_PLATEAU = 16, 0.05, 2
#: Holes with sides of up to 8 pixels are merged within squares of 32 pixels.
_SMALL, _TOGETHER = 8, 32


class Region(NamedTuple):
    """
    One connected hole, or several small neighboring ones, and the window of the frame around it.

    Attributes
    ----------
    window : tuple of slice
        Rows and columns of the frame: the hole's bounding box with a margin.
    holes : `numpy.ndarray`
        Shape of the window, `True` on the pixels of this hole alone.
    """

    window: tuple[slice, slice]
    holes: np.ndarray


@lru_cache(maxsize=8)
def _ring_order(shape, center):
    """Return the ring number of every pixel, and the pixels sorted by ring; cached since cameras keep their center."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    rings = np.rint(np.hypot(x - center[0], y - center[1])).astype(np.int32)
    order = np.argsort(rings, axis=None, kind="stable").astype(np.int32)
    stops = np.cumsum(np.bincount(rings.ravel()))
    rings.setflags(write=False)
    order.setflags(write=False)
    return rings, order, stops


class RadialProfile:
    """
    Median brightness of rings around a center, by which a frame is normalized.

    The median of a ring is insensitive to stars, cosmic rays, comets and the pylon. Rings without a valid pixel are
    interpolated between their neighbors, or take the value of the last known ring at both ends.

    Parameters
    ----------
    data : `numpy.ndarray`
        Shape ``(ny, nx)``.
    valid : `numpy.ndarray`
        Boolean, same shape: pixels that carry a measurement.
    center : tuple of float
        ``(x, y)`` of the center in 0-based pixels.

    Attributes
    ----------
    values : `numpy.ndarray`
        One value per ring, ring ``i`` holding the pixels with ``i - 0.5 <= r < i + 0.5``.
    relative : bool
        Whether a frame can be divided by the profile: all of it is positive, and on most rings it exceeds the
        scatter of the ring, unlike in a difference of two frames.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.frames.frame import RadialProfile
    >>> y, x = np.mgrid[:64, :64]
    >>> data = 1e4 / (10 + np.hypot(x - 32, y - 32))
    >>> profile = RadialProfile(data, np.ones_like(data, bool), (32.0, 32.0))
    >>> float(abs(profile(np.s_[:, :]) / data - 1).max()) < 0.1
    True
    """

    def __init__(self, data, valid, center):
        self.rings, order, stops = _ring_order(data.shape, tuple(float(c) for c in center))
        keep = valid.ravel()[order]
        ends = np.r_[0, np.cumsum(keep)][stops]
        counts = np.diff(ends, prepend=0)
        sorted_values = data.ravel()[order[keep]]
        known = np.nonzero(counts)[0]
        low, middle = np.transpose([_low_and_median(sorted_values[ends[i] - counts[i] : ends[i]]) for i in known])
        values = np.interp(np.arange(len(stops)), known, middle)
        values = ndimage.median_filter(values, _SMOOTHING_RINGS, mode="nearest")
        self.values = ndimage.uniform_filter1d(values, 3, mode="nearest")
        self.relative = bool((self.values > 0).all() and np.mean(low > 0) > 0.5)

    def __call__(self, window):
        """Return the profile on the pixels of a window of the frame."""
        return self.values[self.rings[window]]


def drop_saturated(data, valid):
    """Drop saturated pixels from ``valid``: those at or next to the highest value, if many pixels share it."""
    if not valid.any():
        return valid
    plateau = valid & (data == data[valid].max())
    if not _PLATEAU[0] <= np.count_nonzero(plateau) <= _PLATEAU[1] * np.count_nonzero(valid):
        return valid
    return valid & ~ndimage.binary_dilation(plateau, structure=np.ones((3, 3)), iterations=_PLATEAU[2])


def merge_small_regions(labels, number):
    """Merge the labels of small holes in the same square of the frame."""
    boxes = ndimage.find_objects(labels)
    new, first = np.arange(number + 1), {}
    for label, box in enumerate(boxes, start=1):
        if all(side.stop - side.start <= _SMALL for side in box):
            new[label] = first.setdefault(tuple(side.start // _TOGETHER for side in box), label)
    return new[labels] if first else labels


def _low_and_median(values):
    """Return a low quantile and the median."""
    low, left, right = int(_LOW * values.size), (values.size - 1) // 2, values.size // 2
    ordered = np.partition(values, (low, left, right))
    return float(ordered[low]), 0.5 * (float(ordered[left]) + float(ordered[right]))


@dataclass(frozen=True, eq=False)
class CoronagraphFrame:
    """
    The arrays that a filling method works on.

    Parameters
    ----------
    data : `numpy.ndarray`
        Shape ``(ny, nx)``, in any unit. Values outside ``valid`` are never used.
    valid : `numpy.ndarray`
        Boolean, same shape: pixels that carry a measurement.
    holes : `numpy.ndarray`
        Boolean, same shape: pixels to be filled. A pixel can be neither hole nor valid, but not both.
    center : tuple of float
        Center of the optical pattern (occulter and vignetting), ``(x, y)`` in 0-based pixels.
    solar_radius : float
        Pixels per solar radius.
    bias : float, optional
        Offset of the detector in the units of ``data``.
    exposure : float, optional
        Exposure time in seconds.
    time : float, optional
        Time of the exposure in seconds since an epoch common to the frame and its neighbors.
    neighbors : tuple of `CoronagraphFrame`, optional
        Frames of other times on the same pixel grid.
    camera : `~sunpy_coronagraph_inpaint.instruments.FrameInfo`, optional
        Facts about the camera, if it is known and the pixels are still as it delivered them.

    Raises
    ------
    ValueError
        If the shapes differ, or nothing valid is left to fill from.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
    >>> data = np.full((64, 64), 5.0)
    >>> holes = np.zeros(data.shape, bool)
    >>> holes[20:30, 20:30] = True
    >>> frame = CoronagraphFrame(data, ~holes, holes, center=(32.0, 32.0), solar_radius=10.0)
    >>> [region.window for region in frame.regions(margin=4)]
    [(slice(15, 35, None), slice(15, 35, None))]
    """

    data: np.ndarray
    valid: np.ndarray
    holes: np.ndarray
    center: tuple[float, float]
    solar_radius: float
    bias: float = 0.0
    exposure: float = float("nan")
    time: float = 0.0
    neighbors: tuple["CoronagraphFrame", ...] = field(default=())
    camera: FrameInfo | None = field(default=None, repr=False)

    def __post_init__(self):
        if not self.data.shape == self.valid.shape == self.holes.shape or self.data.ndim != 2:
            msg = (
                "data, valid and holes must be 2-D arrays of one shape, "
                f"not {self.data.shape}, {self.valid.shape} and {self.holes.shape}."
            )
            raise ValueError(msg)
        valid = self.valid & ~self.holes & np.isfinite(self.data)
        object.__setattr__(self, "valid", drop_saturated(self.data, valid))
        if not self.valid.any():
            msg = "No valid pixel is left to fill from. Give a frame that was at least partly received."
            raise ValueError(msg)

    @classmethod
    def from_camera(cls, data, camera, holes=None, *, valid=None, **options):
        """
        Create a frame from an array as a known camera delivered it.

        Parameters
        ----------
        data : `numpy.ndarray`
            Shape ``(ny, nx)``, in the unit in which the header was read.
        camera : `~sunpy_coronagraph_inpaint.instruments.FrameInfo`
            Facts about the frame, from which geometry, bias and exposure are taken.
        holes : `numpy.ndarray`, optional
            Boolean, same shape: pixels to be filled; none if not given.
        valid : `numpy.ndarray`, optional
            Boolean, same shape: pixels that carry a measurement; all that hold data if not given.
        **options
            Other parameters of `CoronagraphFrame`: ``time``, ``neighbors``, or a different ``bias``.

        Returns
        -------
        `CoronagraphFrame`

        Raises
        ------
        ValueError
            If the shapes differ, or nothing valid is left to fill from.

        Examples
        --------
        >>> from sunpy_coronagraph_inpaint.frames import CoronagraphFrame, find_dropouts
        >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
        >>> smap = damage(plain_corona(detector="C2"), blocks=[100, 101])
        >>> dropouts = find_dropouts(smap)
        >>> frame = CoronagraphFrame.from_camera(smap.data, dropouts.camera, dropouts.mask)
        >>> int(frame.holes.sum()), bool(frame.valid[dropouts.no_data].any())
        (2048, False)
        """
        holes = np.zeros(data.shape, bool) if holes is None else holes
        valid = ~camera.no_data(data) & np.isfinite(data) & ~holes if valid is None else valid
        known = {name: getattr(camera, name) for name in ("center", "solar_radius", "bias", "exposure")}
        return cls(data, valid, holes, **known | options, camera=camera)

    def with_neighbors(self, neighbors):
        """Return the same frame with neighbors in time."""
        return replace(self, neighbors=tuple(neighbors))

    @cached_property
    def profile(self):
        """The frame's `RadialProfile`."""
        return RadialProfile(self.data, self.valid, self.center)

    @cached_property
    def limits(self):
        """Smallest and largest valid value; fills are limited to this range, so that none is negative in counts."""
        valid = self.data[self.valid]
        return float(valid.min()), float(valid.max())

    def regions(self, margin):
        """
        Split the holes into connected ones, each with a window around it.

        Blocks that touch only at a corner are separate; small neighboring holes, of which a mask of bad pixels can have
        thousands, are merged.

        Parameters
        ----------
        margin : int
            Pixels by which the window extends beyond the hole; more if the hole is wide or has few valid pixels
            near it.

        Returns
        -------
        list of `Region`
        """
        labels = merge_small_regions(*ndimage.label(self.holes))
        regions = []
        for number, box in enumerate(ndimage.find_objects(labels), start=1):
            if box is None:
                continue
            reach = max(margin, min(side.stop - side.start for side in box) // 2)
            window = self.pad_window(box, reach)
            while np.count_nonzero(self.valid[window]) < margin * margin and reach < max(self.data.shape):
                reach *= 2
                window = self.pad_window(box, reach)
            regions.append(Region(window, labels[window] == number))
        return regions

    def pad_window(self, box, reach):
        """Return the window of the frame that extends a bounding box by ``reach`` pixels."""
        return tuple(
            slice(max(side.start - reach, 0), min(side.stop + reach, size))
            for side, size in zip(box, self.data.shape, strict=True)
        )

    def normalize(self, window=np.s_[:, :]):
        """
        Divide a window by the radial profile, or subtract the profile where it is not positive everywhere.

        Parameters
        ----------
        window : tuple of slice
            Rows and columns of the frame.

        Returns
        -------
        `numpy.ndarray`
            Floats of the window's shape, near 1 (divided) or 0 (subtracted); 1 or 0 where the frame is not valid.
        """
        level = self.profile(window)
        if self.profile.relative:
            return np.divide(self.data[window], level, out=np.ones(level.shape), where=self.valid[window])
        return np.subtract(self.data[window], level, out=np.zeros(level.shape), where=self.valid[window])

    def restore(self, values, std, region):
        """
        Undo `normalize` for values on the holes of a region, and clip them to the frame's limits.

        Parameters
        ----------
        values, std : `numpy.ndarray`
            Shape ``(n,)``, normalized values and standard deviations on the region's holes.
        region : Region
            The region of these values.

        Returns
        -------
        values, std : `numpy.ndarray`
            Shape ``(n,)``, in the units of ``data``.
        """
        level = self.profile(region.window)[region.holes]
        if self.profile.relative:
            return np.clip(values * level, *self.limits), std * level
        return np.clip(values + level, *self.limits), std

    def assemble(self, fills):
        """
        Combine the fills of all regions into one array each, in the order of ``data[frame.holes]``.

        Parameters
        ----------
        fills : iterable of (Region, values, std)
            As `restore` returns them.

        Returns
        -------
        values, std : `numpy.ndarray`
            Shape ``(n,)``, where n is the number of pixels in ``holes``.
        """
        position = np.zeros(self.data.shape, dtype=np.int64)
        position[self.holes] = np.arange(np.count_nonzero(self.holes))
        values = np.empty(np.count_nonzero(self.holes))
        std = np.empty_like(values)
        for region, region_values, region_std in fills:
            where = position[region.window][region.holes]
            values[where] = region_values
            std[where] = region_std
        return values, std
