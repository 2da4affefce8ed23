"""How far to believe what is known of a camera in one hole: as far as the frame around that hole agrees with it."""

import numpy as np

#: Residuals are cut down to this many times their standard deviation without the model: a star decides nothing.
_CUT = 3.0 * 1.4826
#: One part of the surroundings alone can be predicted from nothing, so that a model cannot be tried.
_FEWEST = 2


def parts_around(y, x, holes):
    """
    Divide what is around a hole into its four sides and four corners.

    Parameters
    ----------
    y, x : `numpy.ndarray`
        Shape ``(n,)``, positions in the window.
    holes : `numpy.ndarray`
        Boolean, shape of the window.

    Returns
    -------
    `numpy.ndarray`
        Integers, shape ``(n,)``. A position between parts of the hole belongs to the nearest side.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.network.gate import parts_around
    >>> holes = np.zeros((30, 30), bool)
    >>> holes[10:20, 10:20] = True
    >>> parts_around(np.array([5, 5, 25]), np.array([5, 15, 15]), holes)
    array([0, 1, 7])
    """
    box = [(axis.min() - 0.5, axis.max() + 0.5) for axis in np.nonzero(holes)]
    place = [1 + (at > high).astype(int) - (at < low) for at, (low, high) in zip((y, x), box, strict=True)]
    part = 3 * place[0] + place[1]
    beyond = np.stack([y - box[0][0], x - box[1][0], box[1][1] - x, box[0][1] - y])
    return np.where(part == 4, np.array([1, 3, 5, 7])[beyond.argmin(axis=0)], part)


def trust(plain, model):
    """
    Weigh a prediction with a model against one without it, by what each says of the surroundings.

    Each part of the surroundings is predicted from the others. With the mean square :math:`E_A` of the residuals
    without the model and :math:`E_B` of those with it, large ones cut down to the same limit in both, the model counts
    :math:`1 / (1 + (E_B / E_A)^2)`.

    Parameters
    ----------
    plain, model : tuple of `numpy.ndarray`
        Residuals and the part to which each belongs, shape ``(n,)``, in the same unit.

    Returns
    -------
    float
        From 0, where the model disagrees with the frame or cannot be compared with it, to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.network.gate import trust
    >>> parts, residual = np.arange(100) % 8, np.random.default_rng(0).normal(size=100)
    >>> [round(trust((residual, parts), (factor * residual, parts)), 2) for factor in (0.1, 1, 10)]
    [1.0, 0.5, 0.02]
    """
    if min(np.unique(parts).size for _, parts in (plain, model)) < _FEWEST:
        return 0.0
    limit = _CUT * np.median(np.abs(plain[0]))
    without, having = (np.mean(np.minimum(residual**2, limit**2)) for residual, _ in (plain, model))
    return float(without**2 / (without**2 + having**2)) if without > 0 else 0.0
