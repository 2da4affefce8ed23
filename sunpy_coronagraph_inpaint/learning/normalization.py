"""Two ways to bring a frame to the scale of the network, and back: arrays in, arrays out."""

from dataclasses import dataclass

import numpy as np

__all__ = ["HistogramEqualization", "RadialNormalization"]

#: Standard deviation of Gaussian values over their median absolute deviation.
_MAD_TO_STD = 1.4826


@dataclass(frozen=True, eq=False)
class RadialNormalization:
    r"""
    Scale by the radial profile and the scatter about it.

    .. math:: z = (x / p - 1) / s \quad \textrm{or} \quad z = (x - p) / s

    Parameters
    ----------
    profile : `numpy.ndarray`
        :math:`p` at every pixel.
    scale : float
        :math:`s`.
    relative : bool, optional
        Whether to divide by the profile (first equation) or to subtract it (second).

    Notes
    -----
    Linear, so that the inverse is exact to rounding, and so is a standard deviation.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([102.0, 98.0, 210.0, 1.0])
    >>> profile = np.array([100.0, 100.0, 200.0, 200.0])
    >>> normalization = RadialNormalization.fit(x, x > 1, profile=profile)
    >>> z = normalization.normalize(x)
    >>> normalization.restore(z)
    array([102.,  98., 210.,   1.])
    """

    profile: np.ndarray
    scale: float
    relative: bool = True

    @classmethod
    def fit(cls, data, valid, *, profile, relative=True, floor=1e-6):
        """
        Take the scale from the valid pixels: 1.4826 times the median absolute deviation from their median.

        Parameters
        ----------
        data : `numpy.ndarray`
            Any shape.
        valid : `numpy.ndarray`
            Boolean, same shape, `True` where a pixel is known.
        profile : `numpy.ndarray`
            Same shape, see `~sunpy_coronagraph_inpaint.frames.RadialProfile`.
        relative : bool, optional
            See the class. The profile has to be positive to be divided by.
        floor : float, optional
            The scale is never less, so that a frame without any scatter can be normalized.

        Returns
        -------
        `RadialNormalization`

        Raises
        ------
        ValueError
            If no finite pixel is valid, or if a profile to be divided by is not positive everywhere.
        """
        profile = np.asarray(profile, float)
        if relative and not (profile > 0).all():
            msg = "The profile is not positive everywhere. Subtract it with relative=False."
            raise ValueError(msg)
        plain = cls(profile, 1.0, relative)
        values = _known(plain.normalize(data), valid)
        scatter = _MAD_TO_STD * np.median(np.abs(values - np.median(values)))
        return cls(profile, max(float(scatter), floor), relative)

    def normalize(self, data):
        """
        Bring data to the scale of the network.

        Parameters
        ----------
        data : `numpy.ndarray`
            Shape of the profile.

        Returns
        -------
        `numpy.ndarray`
            `float`, same shape. What is NaN stays NaN.
        """
        deviation = np.asarray(data, float) - self.profile
        return deviation / self._unit

    def restore(self, normalized):
        """
        Bring values of the network back to those of the data.

        Parameters
        ----------
        normalized : `numpy.ndarray`
            Shape of the profile.

        Returns
        -------
        `numpy.ndarray`
            `float`, same shape.
        """
        return np.asarray(normalized, float) * self._unit + self.profile

    def restore_std(self, std, normalized):
        """
        Bring a standard deviation back to the unit of the data.

        Parameters
        ----------
        std, normalized : `numpy.ndarray`
            Shape of the profile: standard deviation of the network, and the value it belongs to, which does not matter
            here, because the map is linear.

        Returns
        -------
        `numpy.ndarray`
            Same shape.
        """
        return np.asarray(std, float) * np.broadcast_to(self._unit, np.shape(normalized))

    @property
    def _unit(self):
        return self.scale * self.profile if self.relative else self.scale


@dataclass(frozen=True, eq=False)
class HistogramEqualization:
    r"""
    Map values to their place in the distribution of all known ones: the published recipe.

    .. math:: z = F(x)

    with the empirical cumulative distribution :math:`F`, a table of quantiles between which is interpolated linearly.

    Parameters
    ----------
    values : `numpy.ndarray`
        Shape ``(k,)``, quantiles, growing strictly.
    levels : `numpy.ndarray`
        Shape ``(k,)``, which quantiles they are, between 0 and 1, growing strictly.

    Notes
    -----
    Within the table the inverse is exact to rounding in double precision. Lossy it is all the same:

    - What lies outside of the table comes back as its first or last value. A fill can never be brighter than the
      brightest known pixel.
    - Where few pixels have a wide range of brightness, near the occulter and in stars, a small step of level is a great
      step of brightness. For a corona that falls as the cube of the distance from 2 to 6 solar radii, an error of 0.001
      in level is up to 1.4 % of the brightness; levels rounded to bfloat16 are off by up to 2.4 %, to float16 by up to
      0.31 %, to float32 by less than 1e-6.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([1.0, 10.0, 100.0, 1000.0, 1e6])
    >>> equalization = HistogramEqualization.fit(x, x < 1e6, knots=4)
    >>> z = equalization.normalize(x)
    >>> z
    array([0.        , 0.33333333, 0.66666667, 1.        , 1.        ])
    >>> equalization.restore(z)
    array([   1.,   10.,  100., 1000., 1000.])
    """

    values: np.ndarray
    levels: np.ndarray

    @classmethod
    def fit(cls, data, valid, *, knots=1024):
        """
        Take the distribution from the valid pixels.

        Parameters
        ----------
        data : `numpy.ndarray`
            Any shape.
        valid : `numpy.ndarray`
            Boolean, same shape, `True` where a pixel is known.
        knots : int, optional
            How many quantiles are kept. Equal ones are kept once, at the middle of their levels.

        Returns
        -------
        `HistogramEqualization`

        Raises
        ------
        ValueError
            If no finite pixel is valid, or if there are fewer than two knots.
        """
        if knots < 2:
            msg = f"knots is {knots}. Give at least 2, for the least and the greatest value."
            raise ValueError(msg)
        levels = np.linspace(0, 1, knots)
        values, place, count = np.unique(
            np.quantile(_known(data, valid), levels), return_inverse=True, return_counts=True
        )
        return cls(values, np.bincount(place, levels) / count)

    def normalize(self, data):
        """
        Bring data to the scale of the network, 0 to 1.

        Parameters
        ----------
        data : `numpy.ndarray`
            Any shape.

        Returns
        -------
        `numpy.ndarray`
            `float`, same shape. What is NaN stays NaN.
        """
        return np.interp(np.asarray(data, float), self.values, self.levels)

    def restore(self, normalized):
        """
        Bring values of the network back to those of the data.

        Parameters
        ----------
        normalized : `numpy.ndarray`
            Any shape.

        Returns
        -------
        `numpy.ndarray`
            `float`, same shape.
        """
        return np.interp(np.asarray(normalized, float), self.levels, self.values)

    def restore_std(self, std, normalized):
        """
        Bring a standard deviation back to the unit of the data: half of what a step of it up and down makes.

        Parameters
        ----------
        std, normalized : `numpy.ndarray`
            Same shape: standard deviation of the network, and the value it belongs to.

        Returns
        -------
        `numpy.ndarray`
            Same shape. Only an approximation, since the map is not linear.
        """
        return 0.5 * (self.restore(normalized + std) - self.restore(normalized - std))


def _known(data, valid):
    """Take the valid finite values, or say that there are none."""
    data = np.asarray(data, float)
    values = data[np.asarray(valid, bool) & np.isfinite(data)]
    if not values.size:
        msg = "No valid pixel is finite, so there is nothing to take a scale from."
        raise ValueError(msg)
    return values
