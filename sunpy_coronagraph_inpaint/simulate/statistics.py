"""The statistics that a level-0.5 header gives of its pixels."""

import numpy as np

__all__ = ["SATURATION", "statistics"]

SATURATION = 16383  # the largest value of the 14-bit converter
_PERCENTILES = (1, 10, 25, 75, 90, 95, 98, 99)


def statistics(data, *, saturation=SATURATION):
    """
    Return the keywords ``DATAMIN`` to ``DATAP99`` as the ground system computes them.

    Pixels that are 0 or saturated do not count.

    Parameters
    ----------
    data : `numpy.ndarray`
        The frame in DN.
    saturation : int, optional
        Largest value of the converter.

    Examples
    --------
    >>> import numpy as np
    >>> stats = statistics(np.array([[0, 400], [500, 600]]))
    >>> stats["DATAZER"], stats["DATAMIN"], stats["DATAP75"]
    (1, 400.0, 600)
    """
    values = data[(data != 0) & (data != saturation)]
    if values.size == 0:
        values = np.zeros(1)
    summed = values.max() > 2 * saturation
    saturated = 0 if summed else np.count_nonzero(data == saturation)
    result = {
        "DATAMIN": float(values.min()),
        "DATAMAX": float(values.max()),
        "DATAZER": int(np.count_nonzero(data == 0)),
        "DATASAT": float(f"{saturated / data.size:.6g}"),
        "DATAAVG": float(f"{values.mean(dtype=float):.6g}"),
        "DATASIG": float(f"{values.std(dtype=float):.6g}"),
    }
    # The value reported is the first bin of the integer histogram that exceeds the limit.
    cumulative = np.cumsum(np.bincount(values.astype(np.int64).ravel()))
    for percent in _PERCENTILES:
        result[f"DATAP{percent:02d}"] = int(np.searchsorted(cumulative, percent / 100 * values.size, side="right"))
    return result
