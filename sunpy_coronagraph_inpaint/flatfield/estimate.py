"""Fit the background of a camera to its frames."""

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.flatfield.background import DETECTOR, Background
from sunpy_coronagraph_inpaint.frames.frame import RadialProfile
from sunpy_coronagraph_inpaint.frames.laplace import solve_laplace
from sunpy_coronagraph_inpaint.frames.masked import masked_mean

#: Width of the median that removes stars and cosmic rays, and of the Gaussian that separates the template (smooth)
#: from the flat (the rest), pixels.
_MEDIAN, _SMOOTH = 9, 6.0
#: A pixel with a larger relative deviation from the median of its surroundings is a star.
_STAR = 0.06
#: Side of the grid of the template and the modes.
_SIDE = 256
#: Differences of a frame from the template are clipped at this, natural logarithm.
_FARTHEST = 0.5
#: Saturated pixels within this many occulter radii are the bright ring, those beyond are planets and stars.
_RING = 1.5
#: Rows and columns excluded around a saturated pixel: few, since the flat matters most beside the bright ring.
_WINGS = (4, 6)
#: Saturated pixels in a row that make it a streak, and rows excluded on both sides of it, over all columns.
_STREAK, _BESIDE = 128, 12
#: Side of a saturated square that is the image of a planet, and radius of its glare, pixels.
_PLANET, _GLARE = 7, 40
#: Lowest and highest flat: in the pylon's shadow, almost without light, the ratio is unbounded.
_SENSITIVITY = (-0.75, 3.0)
#: Fewest frames that constrain a pixel, and deviation from the median of all frames, natural logarithm, beyond which
#: a frame is excluded there.
_FEWEST, _OUTLIER = 2, 0.12


def spoiled(data, center, occulter_radius, saturation, *, factor=1):
    """
    Find pixels affected by saturation, which do not constrain the background.

    ``data`` is a frame as it was read, shape ``(ny, nx)``, ``center`` the ``(x, y)`` of the occulter and
    ``occulter_radius`` the radius of its shadow in pixels, ``saturation`` the lowest saturated value, and ``factor``
    the step in detector pixels between those of a subsampled frame. Returns a boolean array: saturated pixels and those
    next to them, whole rows about the streak of a bright planet, and the glare around the planet itself.
    """
    full = data >= saturation
    y, x = np.indices(data.shape)
    beyond = full & (np.hypot(x - center[0], y - center[1]) > _RING * occulter_radius)
    wings = [2 * -(-side // factor) + 1 for side in _WINGS]
    bad = ndimage.binary_dilation(full, np.ones(wings))
    streaks = beyond.sum(axis=1) >= _STREAK / factor
    bad |= ndimage.binary_dilation(streaks, iterations=-(-_BESIDE // factor))[:, None]
    planet = ndimage.binary_opening(beyond, np.ones(2 * (max(1, _PLANET // factor),)))
    if planet.any():
        bad |= ndimage.distance_transform_edt(~planet) <= _GLARE / factor
    return bad


def flattened(data, valid, center, bias):
    """
    Divide a frame by its radial profile and split it into a smooth part and the rest.

    ``valid`` is boolean, shape ``(ny, nx)`` of the data; ``center`` is the ``(x, y)`` of the rings, and ``bias`` the
    offset of the detector. Returns the logarithm of the smooth part, NaN where not valid, and the relative deviation
    from it, NaN on stars as well.
    """
    inner = ndimage.binary_erosion(valid, iterations=2)
    net = data - bias
    ratio = np.where(inner, net / RadialProfile(net, inner, center)(np.s_[:, :]), 1.0)
    # Extend valid pixels over the others, so that medians near them do not use a placeholder.
    ratio = ratio[tuple(ndimage.distance_transform_edt(~inner, return_distances=False, return_indices=True))]
    median = ndimage.median_filter(ratio, _MEDIAN)
    smooth, _ = masked_mean(lambda layer: ndimage.gaussian_filter(layer, _SMOOTH), median, inner, floor=1e-6)
    smooth = np.clip(smooth, 0.05, 20.0)
    quiet = inner & (np.abs(ratio / np.where(median > 0, median, 1.0) - 1) < _STAR)
    return np.where(inner, np.log(smooth), np.nan), np.where(quiet, ratio / smooth - 1, np.nan)


def fit_background(parts, *, center, occulter_radius, n_modes=8, coarse=()):
    """
    Fit a background to frames of one camera.

    Parameters
    ----------
    parts : sequence of tuple
        ``(smooth, rest)`` of each frame as ``flattened`` returns them, of full unsummed frames, without the pixels that
        ``spoiled`` finds.
    center : tuple of float
        ``(x, y)`` of the occulter.
    occulter_radius : float
        Radius of the occulter's shadow, pixels.
    n_modes : int, optional
        Largest number of modes.
    coarse : sequence of `numpy.ndarray`, optional
        Further frames of which only the smooth part on a coarser grid is known (logarithms, square arrays that cover
        the detector): they add to the modes, but not to template and flat.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.flatfield.Background`
        The template and the flat are medians over the frames that are valid in a pixel; the modes are the principal
        components of the residuals, scaled to coefficients of standard deviation 1. Where fewer than two frames are
        valid, the flat is 0 and the smooth layers are extrapolated from the surroundings.

    Raises
    ------
    ValueError
        If fewer than two frames are given.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.flatfield.estimate import fit_background
    >>> ramp = np.linspace(-0.2, 0.2, 1024) * np.ones((1024, 1))
    >>> parts = [(ramp + change, 0.01 * ramp) for change in (-0.1, 0.0, 0.1)]
    >>> background = fit_background(parts, center=(512.0, 512.0), occulter_radius=100.0, n_modes=1)
    >>> background.modes.shape, round(float(background.template[128, 192]), 2)
    ((1, 256, 256), 0.1)
    """
    if len(parts) < 2:
        msg = f"{len(parts)} is too few frames to fit a background to. Give at least two."
        raise ValueError(msg)
    smooth = np.stack([part[0] for part in parts])
    # A planet's glare or a comet is in one frame or a few. Keep what most frames have in common.
    smooth[np.abs(smooth - _median(smooth)) > _OUTLIER] = np.nan
    template = _median(smooth)
    differences = [_filled(*_coarser(frame - template, _SIDE)) for frame in smooth]
    template = _filled(*_coarser(template, _SIDE))
    for frame in coarse:
        side = len(frame)
        rough, known = _coarser(frame - _finer(template, side), side)
        rough = ndimage.gaussian_filter(ndimage.median_filter(_filled(rough, known), 5), 1.0)
        differences.append(_finer(rough, _SIDE))
    modes = _components(np.stack(differences) * _field(center, occulter_radius), n_modes)
    flat = np.clip(np.nan_to_num(_median(np.stack([part[1] for part in parts]))), *_SENSITIVITY)
    return Background(template.astype(np.float32), modes, flat.astype(np.float32))


def _median(layers):
    """Return the median over the frames, NaN where too few of them are valid."""
    known = np.isfinite(layers).sum(axis=0) >= _FEWEST
    median = np.full(known.shape, np.nan)
    median[known] = np.nanmedian(layers[:, known], axis=0)
    return median


def _coarser(image, side):
    """Return means of the known pixels in larger squares, and which squares have any."""
    factor = image.shape[0] // side
    known = np.isfinite(image)
    total, count = (
        layer.reshape(side, factor, side, factor).sum(axis=(1, 3)) for layer in (np.where(known, image, 0.0), known)
    )
    return total / np.maximum(count, 1), count > 0


def _filled(value, known):
    """Extrapolate a smooth layer to where nothing is known, so that it has no edge there."""
    filled = np.where(known, value, 0.0)
    if known.any() and not known.all():
        filled[~known] = solve_laplace(filled, known, ~known)
    return filled


def _finer(image, side):
    """Interpolate a layer to another grid of squares."""
    if len(image) > side:
        return _coarser(image, side)[0]
    return ndimage.zoom(image, side / len(image), order=1, grid_mode=True, mode="nearest")


def _field(center, occulter_radius):
    """Return the part of the modes' grid in which the corona is visible."""
    y, x = (np.indices((_SIDE, _SIDE)) + 0.5) * (DETECTOR / _SIDE) - 0.5
    radius = np.hypot(x - center[0], y - center[1])
    return (radius > 1.1 * occulter_radius) & (radius < 0.495 * DETECTOR)


def _components(differences, number):
    """Return principal components about 0, each times the root mean square of its coefficient."""
    differences = np.clip(differences, -_FARTHEST, _FARTHEST).reshape(len(differences), -1)
    _, vectors = np.linalg.eigh(differences @ differences.T)
    number = min(number, len(differences) - 1)
    kept = vectors[:, ::-1][:, :number]
    # Scale each component to the root mean square of its coefficients over the frames.
    modes = kept.T @ differences / np.sqrt(len(differences))
    return modes.reshape(number, _SIDE, _SIDE).astype(np.float32)
