"""Contact sheets: the result of every entry for one case, and its error."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

#: Pixels around the mask that set the brightness scale, and the quantiles at its ends.
_NEAR, _ENDS = 8, (0.01, 0.99)
_COLUMNS, _MISSING = 6, "limegreen"


@dataclass(frozen=True, eq=False)
class Sheet:
    """
    A contact sheet of one case: the result of every entry in a window of the images.

    Parameters
    ----------
    labels : tuple of str
        The table to which the case belongs.
    name : str
        Name of the case.
    truth : `numpy.ndarray`
        Shape ``(ny, nx)`` of the window, the known answer.
    given : `numpy.ndarray`
        Same shape, the input of the entries; NaN where nothing is known.
    mask : `numpy.ndarray`
        Boolean, same shape: where results are compared with the truth.
    window : tuple of slice, optional
        Position of the window in the images that `add` takes; the whole images if not given.
    unit : str, optional
        Unit of the images, for the color bars.
    smoothing : float, optional
        Standard deviation in pixels of the Gaussian that smooths images and errors, after a 3x3 median, since noise
        hides structure; 0 for neither.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.evaluate import Sheet
    >>> from sunpy_coronagraph_inpaint.evaluate.contact_sheet import plot_sheet
    >>> truth, hole = np.random.default_rng(0).normal(100, 1, (64, 64)), np.zeros((64, 64), bool)
    >>> hole[16:48, 16:48] = True
    >>> sheet = Sheet(("C2", "20 x 32"), "a frame", truth, np.where(hole, np.nan, truth), hole)
    >>> sheet.add("flat", np.where(hole, 100, truth))
    >>> [axes.get_title() for axes in plot_sheet(sheet).axes[:4]]
    ['truth', 'flat', 'given', 'error of flat']
    """

    labels: tuple[str, ...]
    name: str
    truth: np.ndarray = field(repr=False)
    given: np.ndarray = field(repr=False)
    mask: np.ndarray = field(repr=False)
    window: tuple = field(default=np.s_[:, :], repr=False)
    unit: str = ""
    smoothing: float = 0.0
    results: dict = field(default_factory=dict, repr=False)

    def add(self, name, image):
        """
        Add the result of an entry.

        Parameters
        ----------
        name : str
            Name of the entry.
        image : `numpy.ndarray`
            The whole image, from which the window is cut.
        """
        self.results[name] = image[self.window].copy()  # a view would keep the whole image


def plot_sheet(sheet):
    """
    Draw the truth, the input, every result and its error, and return the `matplotlib.figure.Figure`.

    All images share one scale and all errors another, which ends at the 98 % quantile of the errors of the median
    entry.
    """
    from matplotlib.figure import Figure

    columns = min(len(sheet.results) + 1, _COLUMNS)
    bands = -(-(len(sheet.results) + 1) // columns)
    ratio = min(sheet.truth.shape[0] / sheet.truth.shape[1], 2.0)
    size = 2.4 * columns + 1.2, 2 * bands * (2.2 * ratio + 0.35) + 0.5
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(", ".join((*sheet.labels, sheet.name)))
    axes = np.atleast_2d(figure.subplots(2 * bands, columns, squeeze=False))
    for ax in axes.ravel():
        ax.set_axis_off()
    truth, lost = _smooth(sheet, sheet.truth), np.isnan(sheet.given)
    given = np.where(lost, np.nan, _smooth(sheet, np.where(lost, sheet.truth, sheet.given)))
    light, errors = _scales(sheet, truth)
    bright = _show(axes[0, 0], "truth", truth, light)
    _show(axes[1, 0], "given", given, light, background=_MISSING)
    wrong = None
    for place, (name, result) in enumerate(sheet.results.items(), start=1):
        band, column = divmod(place, columns)
        above, below = axes[2 * band, column], axes[2 * band + 1, column]
        _show(above, name, np.where(sheet.mask, _smooth(sheet, result), truth), light)
        if not sheet.mask.all():
            above.contour(sheet.mask, levels=[0.5], colors="white", linewidths=0.4)
        error = np.where(sheet.mask, _smooth(sheet, result - sheet.truth), np.nan)
        wrong = _show(below, f"error of {name}", error, errors)
    if wrong:
        figure.colorbar(bright, ax=axes, label=sheet.unit, shrink=0.6, pad=0.01)
        figure.colorbar(wrong, ax=axes, label=f"error [{sheet.unit}]" if sheet.unit else "error", shrink=0.6, pad=0.01)
    return figure


def _smooth(sheet, image):
    if not sheet.smoothing:
        return image
    return ndimage.gaussian_filter(ndimage.median_filter(image, 3), sheet.smoothing)


def _scales(sheet, truth):
    near = ndimage.binary_dilation(sheet.mask, iterations=_NEAR)
    low, high = np.quantile(truth[near], _ENDS)
    middle = 0.05 * (high - low)
    errors = (np.abs(_smooth(sheet, result - sheet.truth)[sheet.mask]) for result in sheet.results.values())
    ends = [np.quantile(error, 0.98) for error in errors]
    largest = float(np.median(ends)) if ends else 1.0
    return (
        {"cmap": "inferno", "vmin": low - middle, "vmax": high + middle},
        {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest},
    )


def _show(axes, title, image, scale, background="0.85"):
    axes.set_axis_on()
    axes.set(xticks=[], yticks=[], facecolor=background)
    axes.set_title(title, fontsize="small")
    return axes.imshow(image, origin="lower", interpolation="nearest", **scale)
