"""The background of a camera, fitted to frames of it."""

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.flatfield.background import DETECTOR, Background
from sunpy_coronagraph_inpaint.frames.frame import RadialProfile
from sunpy_coronagraph_inpaint.frames.laplace import solve_laplace
from sunpy_coronagraph_inpaint.frames.masked import masked_mean

#: Stars and cosmic rays are taken out by a median over this many pixels, and what is smoother than this many is
#: template, the rest flat.
_MEDIAN, _SMOOTH = 9, 6.0
#: A pixel further than this from the median of its surroundings is a star.
_STAR = 0.06
#: Side of the template's and the modes' grid.
_SIDE = 256
#: No frame is taken to be further from the template than this factor, logarithm.
_FARTHEST = 0.5
#: Saturated pixels within this many radii of the occulter are its bright ring, those beyond are planets and stars.
_RING = 1.5
#: Rows and columns about a saturated pixel that are spoiled; narrow, since the flat is worth most beside the ring.
_WINGS = (4, 6)
#: So many saturated pixels of a row make a streak, and so many rows on both sides of it are spoiled, over all columns.
_STREAK, _BESIDE = 128, 12
#: What is saturated over a square of this side is the image of a planet, whose glare reaches so far. Pixels.
_PLANET, _GLARE = 7, 40
#: Lowest and highest flat: in the pylon's shadow, where next to nothing is left to divide, it could be anything.
_SENSITIVITY = (-0.75, 3.0)
#: Less than so many frames do not tell what is the camera's, and a frame that is further than this from the median of
#: all, logarithm, has something else there.
_FEWEST, _OUTLIER = 2, 0.12


def spoiled(data, center, occulter_radius, saturation, *, factor=1):
    """
    Find the pixels that saturation has spoiled, which tell nothing of the camera.

    Parameters
    ----------
    data : `numpy.ndarray`
        Shape ``(ny, nx)``, a frame as it was read.
    center : tuple of float
        ``(x, y)`` of the occulter, pixels.
    occulter_radius : float
        Radius of the occulter's shadow, pixels.
    saturation : float
        Pixels of this value and above are saturated.
    factor : int, optional
        Every so manyth pixel of the detector is in the frame.

    Returns
    -------
    `numpy.ndarray`
        Boolean, shape ``(ny, nx)``: saturated pixels and those next to them, whole rows about the streak along which a
        bright planet bleeds, and the glare around the planet itself.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.flatfield.estimate import spoiled
    >>> frame = np.full((256, 256), 1000.0)
    >>> frame[200:202, 50:] = 16383.0
    >>> rows = spoiled(frame, (128.0, 128.0), 40.0, 16383.0).all(axis=1)
    >>> int(rows.argmax()), int(rows.sum())
    (188, 26)
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
    Divide a frame by its radial profile and part it into what is smooth and what is not.

    Parameters
    ----------
    data : `numpy.ndarray`
        Shape ``(ny, nx)``.
    valid : `numpy.ndarray`
        Boolean, same shape, `True` where a pixel counts.
    center : tuple of float
        ``(x, y)`` of the rings.
    bias : float
        Offset of the detector.

    Returns
    -------
    smooth : `numpy.ndarray`
        Shape ``(ny, nx)``, logarithm of the smooth part; NaN where not valid.
    rest : `numpy.ndarray`
        Shape ``(ny, nx)``, relative deviation from it; NaN on stars and where not valid.
    """
    inner = ndimage.binary_erosion(valid, iterations=2)
    net = data - bias
    ratio = np.where(inner, net / RadialProfile(net, inner, center)(np.s_[:, :]), 1.0)
    # Beside what is not valid the median is that of valid pixels, not of a number that stands in for them.
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
        ``(smooth, rest)`` of each frame as `flattened` returns them, of full unsummed frames, without what `spoiled`
        finds.
    center : tuple of float
        ``(x, y)`` of the occulter.
    occulter_radius : float
        Radius of the occulter's shadow, pixels.
    n_modes : int, optional
        How many patterns of difference to keep at most.
    coarse : sequence of `numpy.ndarray`, optional
        More frames, of which only the smooth part on a coarser grid is known (logarithms, square arrays that cover
        the detector): they widen the modes, and leave template and flat alone.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.flatfield.Background`
        The template and the flat are medians over the frames that are good in a pixel; the modes are the principal
        components of what is left, scaled to coefficients of standard deviation 1. Where fewer than two frames are
        good, the flat is 0 and the smooth layers continue what is around.

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
        msg = f"A background is what frames have in common; {len(parts)} is too few. Give at least two."
        raise ValueError(msg)
    smooth = np.stack([part[0] for part in parts])
    # A planet's glare, a comet: in one frame or a few. What is left is what most have in common.
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
    """Median over the frames, not a number where too few of them are good."""
    known = np.isfinite(layers).sum(axis=0) >= _FEWEST
    median = np.full(known.shape, np.nan)
    median[known] = np.nanmedian(layers[:, known], axis=0)
    return median


def _coarser(image, side):
    """Means of what is known in larger squares, and in which of them anything is."""
    factor = image.shape[0] // side
    known = np.isfinite(image)
    total, count = (
        layer.reshape(side, factor, side, factor).sum(axis=(1, 3)) for layer in (np.where(known, image, 0.0), known)
    )
    return total / np.maximum(count, 1), count > 0


def _filled(value, known):
    """Continue a smooth layer to where nothing is known, so that it has no edge there."""
    filled = np.where(known, value, 0.0)
    if known.any() and not known.all():
        filled[~known] = solve_laplace(filled, known, ~known)
    return filled


def _finer(image, side):
    """Bring a layer to another grid of squares."""
    if len(image) > side:
        return _coarser(image, side)[0]
    return ndimage.zoom(image, side / len(image), order=1, grid_mode=True, mode="nearest")


def _field(center, occulter_radius):
    """Return where on the modes' grid the corona is seen."""
    y, x = (np.indices((_SIDE, _SIDE)) + 0.5) * (DETECTOR / _SIDE) - 0.5
    radius = np.hypot(x - center[0], y - center[1])
    return (radius > 1.1 * occulter_radius) & (radius < 0.495 * DETECTOR)


def _components(differences, number):
    """Principal components about 0, each times the root mean square of its coefficient."""
    differences = np.clip(differences, -_FARTHEST, _FARTHEST).reshape(len(differences), -1)
    _, vectors = np.linalg.eigh(differences @ differences.T)
    number = min(number, len(differences) - 1)
    kept = vectors[:, ::-1][:, :number]
    # Frames times their share in a component make the component; over the root of their number, one frame's part.
    modes = kept.T @ differences / np.sqrt(len(differences))
    return modes.reshape(number, _SIDE, _SIDE).astype(np.float32)
