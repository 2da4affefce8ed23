"""Statistics in the header of a level-1 frame."""

import numpy as np

BRIGHTEST = 6.5e-9
"""Mean solar brightness at which C3 frames through the filter ``Clear`` count as saturated: their largest integer."""
_PERCENTILES = (1, 10, 25, 50, 75, 90, 95, 98, 99)
_LIMIT = 5e-5  # reduce_statistics2.pro clips at it if a pixel is implausibly bright


def compute_statistics(state):
    """Write the statistics of the calibrated frame into its header."""
    found = level_1_statistics(state.data, saturation=BRIGHTEST if state.info.is_c3_clear else None)
    state.meta.update({key.lower(): value for key, value in found.items()})


def level_1_statistics(image, *, saturation=None):
    """
    Compute the statistics of brightness (MSB) in a level-1 header, as ``reduce_statistics2.pro`` does.

    Pixels without data are 0 or NaN. Pixels from ``saturation`` on are saturated, by default the brightest of the
    image, as in the headers of all frames but those of C3 through the filter ``Clear``.

    Returns a dictionary: ``DATAMIN``, ``DATAMAX`` (without saturated pixels), ``DATAAVG``, ``DATASIG`` and the
    percentiles ``DATAP01`` to ``DATAP99`` of the pixels above 0; ``DATAZER``, the number of the others; ``DATASAT`` and
    ``DSATVAL``, number and limit of saturated pixels; ``DSATMIN`` and ``NSATMIN``, the smallest brightness and the
    number of pixels below 0. All are 0 if no pixel is above 0. The percentiles are those of integers: the brightness
    times the power of 10 that brings the median to 1000 or more. Headers of real level-1 frames are reproduced to the
    last digit.
    """
    values = image[image > 0].astype(float)
    counts = {"DATAZER": int(image.size - values.size), "NSATMIN": int(np.count_nonzero(image < 0))}
    names = [f"DATAP{percentile:02d}" for percentile in _PERCENTILES]
    if not values.size:
        empty = ("DATAMIN", "DATAMAX", "DATAAVG", "DATASIG", "DSATVAL", "DSATMIN", *names)
        return dict.fromkeys(empty, 0.0) | counts | {"DATASAT": 0}
    if values.max() >= 0.1:
        values = np.minimum(values, _LIMIT)
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
    # The brightest pixels are far above any percentile; leaving them out keeps the histogram short.
    top = int(np.partition(whole, -1 - values.size // 200)[-1 - values.size // 200]) + 1
    counts = np.cumsum(np.bincount(np.clip(whole, 0, top)))
    bins = [int(np.searchsorted(counts, p / 100 * values.size, side="right")) for p in _PERCENTILES]
    return {name: bin_ / 10.0**power for name, bin_ in zip(names, bins, strict=True)}
