"""Trust in a camera model in one hole, measured by its agreement with the frame around that hole."""

import numpy as np

#: Residuals are clipped at this many times their median absolute value without the model, so that a star does not
#: decide.
_CUT = 3.0 * 1.4826
#: Fewest parts of the surroundings: a single one cannot be predicted from others, so that a model cannot be tested.
_FEWEST = 2


def parts_around(y, x, holes):
    """
    Divide the surroundings of a hole into its four sides and four corners.

    ``y`` and ``x`` are positions in the window, shape ``(n,)``, and ``holes`` is boolean, shape of the window. Returns
    integers of shape ``(n,)``. A position between parts of the hole belongs to the nearest side.
    """
    box = [(axis.min() - 0.5, axis.max() + 0.5) for axis in np.nonzero(holes)]
    place = [1 + (at > high).astype(int) - (at < low) for at, (low, high) in zip((y, x), box, strict=True)]
    part = 3 * place[0] + place[1]
    beyond = np.stack([y - box[0][0], x - box[1][0], box[1][1] - x, box[0][1] - y])
    return np.where(part == 4, np.array([1, 3, 5, 7])[beyond.argmin(axis=0)], part)


def trust(plain, model):
    """
    Weight a prediction with a model against one without it, by their errors in the surroundings.

    Each part of the surroundings is predicted from the others. With the mean square residuals :math:`E_A` without and
    :math:`E_B` with the model, both clipped at the same limit, the weight of the model is
    :math:`1 / (1 + (E_B / E_A)^2)`.

    ``plain`` and ``model`` are tuples of the residuals and the part to which each belongs, shape ``(n,)``, in the same
    unit. Returns a `float` from 0, where the model disagrees with the frame or cannot be compared with it, to 1.
    """
    if min(np.unique(parts).size for _, parts in (plain, model)) < _FEWEST:
        return 0.0
    limit = _CUT * np.median(np.abs(plain[0]))
    without, having = (np.mean(np.minimum(residual**2, limit**2)) for residual, _ in (plain, model))
    return float(without**2 / (without**2 + having**2)) if without > 0 else 0.0
