"""Stars that drift behind the corona, with a realistic number-magnitude law."""

import numpy as np
from scipy.special import ndtr

# V magnitude of a star that gives one DN per second, as in the archive of the Planetary Data System.
_ZERO_POINTS = {
    ("C2", "Orange"): 11.867,
    ("C3", "Blue"): 8.246,
    ("C3", "Orange"): 9.472,
    ("C3", "Clear"): 11.160,
    ("C3", "DeepRd"): 9.546,
    ("C3", "IR"): 8.217,
}
# The archive has none for these; they follow from the calibration factor, relative to C2 Orange.
_ZERO_POINTS |= {("C2", "Blue"): 8.83, ("C2", "DeepRd"): 8.83, ("C2", "Halpha"): 11.30, ("C2", "Lens"): 11.30}
SPREAD = {"C2": 0.58, "C3": 0.60}  # standard deviation of the point spread function in pixels
_FAINTEST = {"C2": 13.0, "C3": 11.5}
_BRIGHTEST = 0.5
_SLOPE, _CONSTANT = 0.46, -3.68  # log10 of the stars per square degree brighter than V
_HALF_HEIGHT = {"C2": 3.0, "C3": 11.5}  # degrees of ecliptic latitude


def counts_per_second(magnitude, detector, color):
    """Return the rate in DN per second of a star."""
    return 10 ** (0.4 * (_ZERO_POINTS[detector, color] - np.asarray(magnitude)))


def _crowding(longitude):
    """Return the density of stars relative to the mean at an ecliptic longitude in degrees: the Milky Way."""
    sine = np.abs(np.cos(np.deg2rad(29.8)) * np.cos(np.deg2rad(longitude - 180.0)))
    center = 0.8 * np.exp(-(((longitude - 268.0) / 22) ** 2))
    return 0.65 + 1.1 * np.exp(-sine / 0.22) + center


def star_field(seed, detector, longitude):
    """
    Return the stars around a point of the ecliptic: degrees east and north of the Sun, and V magnitude, each ``(n,)``.

    The directions are along and across the ecliptic, ``longitude`` is the Sun's ecliptic longitude in degrees, and the
    detector (``"C2"`` or ``"C3"``) sets the size of the field and the faintest stars. Stars of one ``seed`` are fixed
    in the sky: the Sun passes them every year. The number brighter than a magnitude V grows as 10**(0.46 V), with 1
    star per square degree at V = 8 on average (Cox (ed.) 2002, Allen's Astrophysical Quantities, ch. 19,
    https://doi.org/10.1007/978-1-4612-1186-0), more in the Milky Way, which the Sun crosses in June and December.
    """
    half = _HALF_HEIGHT[detector]
    found = []
    for cell in range(int(np.floor(longitude - half)), int(np.ceil(longitude + half))):
        rng = np.random.default_rng([seed, cell % 360, ord(detector[1])])
        density = 10 ** (_CONSTANT + _SLOPE * _FAINTEST[detector]) * _crowding(cell % 360)
        count = rng.poisson(density * 2 * half)
        east = cell + rng.random(count) - longitude
        north = rng.uniform(-half, half, count)
        magnitude = _FAINTEST[detector] + np.log10(rng.uniform(1e-12, 1, count)) / _SLOPE
        found.append(np.stack([east, north, np.maximum(magnitude, _BRIGHTEST)]))
    return np.concatenate(found, axis=1)


def add_points(image, x, y, flux, *, spread, half=4):
    """
    Add point sources to an image in place, each blurred by the point spread function and integrated over the pixels.

    ``x``, ``y`` and ``flux`` have shape ``(n,)``: positions in pixels, and total fluxes. ``spread`` is the standard
    deviation of the Gaussian point spread function in pixels, ``half`` the extent of a source to each side.
    """
    ny, nx = image.shape
    keep = (x > -half) & (y > -half) & (x < nx + half) & (y < ny + half)
    x, y, flux = x[keep], y[keep], flux[keep]
    steps = np.arange(-half, half + 1)
    columns, rows = np.round(x).astype(int)[:, None] + steps, np.round(y).astype(int)[:, None] + steps

    def share(places, middle):
        edge = (np.concatenate([places - 0.5, places[:, -1:] + 0.5], axis=1) - middle[:, None]) / spread
        return np.diff(ndtr(edge), axis=1)

    stamps = flux[:, None, None] * share(rows, y)[:, :, None] * share(columns, x)[:, None, :]
    inside = ((rows >= 0) & (rows < ny))[:, :, None] & ((columns >= 0) & (columns < nx))[:, None, :]
    index = rows[:, :, None] * nx + columns[:, None, :]
    image += np.bincount(index[inside], stamps[inside], minlength=image.size).reshape(image.shape)


def point_spread(detector):
    """Return the image of a point source in the middle of a pixel: shape (9, 9), sum 1."""
    image = np.zeros((9, 9))
    add_points(image, np.array([4.0]), np.array([4.0]), np.array([1.0]), spread=SPREAD[detector])
    return image.astype(np.float32)


def add_glare(image, x, y, flux, *, reach=60):
    """
    Add the glare of a very bright point source to an image in place: wings of scattered light and a diffraction cross.

    ``x``, ``y`` are its position in pixels, ``flux`` its total; the glare extends ``reach`` pixels to each side.
    """
    ny, nx = image.shape
    x_low, x_high = (int(np.clip(round(x) + d, 0, nx)) for d in (-reach, reach + 1))
    y_low, y_high = (int(np.clip(round(y) + d, 0, ny)) for d in (-reach, reach + 1))
    if x_low >= x_high or y_low >= y_high:
        return
    dy, dx = np.arange(y_low, y_high)[:, None] - y, np.arange(x_low, x_high)[None] - x
    radius = np.hypot(dx, dy)
    spikes = 1 + 1.5 * np.cos(3 * np.arctan2(dy, dx)) ** 16
    image[y_low:y_high, x_low:x_high] += flux * 0.05 * spikes / (1 + (radius / 1.6) ** 2) ** 1.6 / 8.0
