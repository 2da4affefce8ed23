"""The statistics that a level-1 header holds."""

import numpy as np

__all__ = ["level_1_statistics"]

_LIMITS = (1, 10, 25, 50, 75, 90, 95, 98, 99)
_BRIGHTEST = 5e-5


def level_1_statistics(image, *, saturation=None):
    """
    Count what a level-1 header tells of the brightness.

    Parameters
    ----------
    image : `numpy.ndarray`
        Mean solar brightness; 0 or not-a-number where there is no data.
    saturation : float, optional
        Brightness from which a pixel counts as saturated: 6.5e-9 for C3 frames through the filter ``Clear``. If not
        given, it is the largest brightness, as in the headers of other frames.

    Returns
    -------
    dict
        ``DATAMIN``, ``DATAMAX`` (of what is not saturated), ``DATAAVG``, ``DATASIG`` and the percentiles ``DATAP01`` to
        ``DATAP99`` of the pixels above 0; ``DATAZER``, the number of the others; ``DATASAT`` and ``DSATVAL``, number
        and limit of saturated pixels; ``DSATMIN`` and ``NSATMIN``, the smallest brightness and the number of pixels
        below 0.
        All values are 0 where no pixel is above 0.

    Notes
    -----
    The percentiles are those of whole numbers: of the brightness times that power of 10 which brings the median to 1000
    or more. Real level-1 headers come out digit by digit.

    References
    ----------
    * SolarSoft IDL routine ``reduce_statistics2.pro``.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import level_1_statistics
    >>> found = level_1_statistics(np.r_[np.nan, np.arange(1, 101) * 1e-11].reshape(1, -1))
    >>> found["DATAZER"], found["DATAP50"], found["DATAMAX"], found["DSATVAL"]
    (1, 5.1e-10, 9.9e-10, 1e-09)
    """
    values = image[image > 0].astype(float)
    counts = {"DATAZER": int(image.size - values.size), "NSATMIN": int(np.count_nonzero(image < 0))}
    names = [f"DATAP{limit:02d}" for limit in _LIMITS]
    if not values.size:
        empty = ("DATAMIN", "DATAMAX", "DATAAVG", "DATASIG", "DSATVAL", "DSATMIN", *names)
        return dict.fromkeys(empty, 0.0) | counts | {"DATASAT": 0}
    if values.max() >= 0.1:
        values = np.minimum(values, _BRIGHTEST)
    limit = float(values.max() if saturation is None else saturation)
    below = values[values < limit]
    counts["DATASAT"] = values.size - below.size
    cards = {
        "DATAMIN": values.min(),
        "DATAMAX": below.max() if below.size else limit,
        "DATAAVG": values.mean(),
        "DATASIG": values.std(),
        "DSATVAL": limit,
        "DSATMIN": values.min(),
        **_percentiles(values, names),
    }
    return counts | {key: float(f"{value:.6g}") for key, value in cards.items()}


def _percentiles(values, names):
    power = int(np.ceil(3 - np.log10(np.median(values))))
    whole = np.floor(values * 10.0**power).astype(np.int64)
    # The brightest pixels are far above any percentile; without them the histogram stays short.
    top = int(np.partition(whole, -1 - values.size // 200)[-1 - values.size // 200]) + 1
    counts = np.cumsum(np.bincount(np.clip(whole, 0, top)))
    bins = [int(np.searchsorted(counts, limit / 100 * values.size, side="right")) for limit in _LIMITS]
    return {name: bin_ / 10.0**power for name, bin_ in zip(names, bins, strict=True)}
