"""Contact sheets: one hole as every method fills it, and what each got wrong."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.inpaint.benchmark.structure import windows

__all__ = ["Sheet", "plot_sheet"]

#: Pixels around the hole that are drawn, and those nearest to it that set the scale of brightness.
_SURROUNDINGS, _NEAR = 32, 8

#: Quantiles of the smoothed truth between which the brightness is drawn.
_ENDS = 0.01, 0.99
#: Pixels by which brightness and errors are smoothed, since noise hides structure.
_SMOOTHING = 1.5
_COLUMNS, _MISSING = 6, "limegreen"


@dataclass(frozen=True, eq=False)
class Sheet:
    """One hole as every method filled it: windows in % of the radial profile, for a contact sheet."""

    group: str
    holes: str
    frame: str
    truth: np.ndarray = field(repr=False)
    hole: np.ndarray = field(repr=False)
    window: tuple = field(default=(), repr=False)
    fills: dict = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, group, holes, frame, reference):
        """
        Cut the window around a hole out of a `~sunpy_coronagraph_inpaint.inpaint.benchmark.measures.Reference`.

        Of the largest holes it is that with the most structure.
        """

        def rank(window):
            return np.count_nonzero(reference.holes[window]), np.std(_smooth(reference.best[window]))

        own = windows(reference.holes, 0)
        largest = max(range(len(own)), key=lambda place: rank(own[place]))
        window = windows(reference.holes, _SURROUNDINGS)[largest]
        return cls(group, holes, frame, reference.relative[window].copy(), reference.holes[window].copy(), window)

    def add(self, name, fill, reference):
        """Add the fill of a method."""
        filled = reference.relative.copy()
        filled[reference.holes] = 100 * fill.values / reference.profile[reference.holes]
        self.fills[name] = filled[self.window].copy()  # a view would keep the whole frame


def plot_sheet(sheet):
    """
    Draw truth, damaged frame, every method's fill and its error.

    All brightnesses share one scale and all errors another, both in % of the radial profile and slightly smoothed,
    since noise hides structure. The scale of the errors ends at the 98 % quantile of the median method's.

    Parameters
    ----------
    sheet : Sheet
        One hole and its fills.

    Returns
    -------
    `matplotlib.figure.Figure`

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.evaluate.contact_sheet import Sheet, plot_sheet
    >>> truth, hole = np.random.default_rng(0).normal(100, 1, (64, 64)), np.zeros((64, 64), bool)
    >>> hole[16:48, 16:48] = True
    >>> sheet = Sheet("C2", "20 x 32", "a frame", truth, hole, fills={"flat": np.where(hole, 100, truth)})
    >>> figure = plot_sheet(sheet)
    >>> [axes.get_title() for axes in figure.axes[:4]]
    ['truth', 'flat', 'damaged', 'error of flat']
    """
    from matplotlib.figure import Figure

    names = list(sheet.fills)
    columns = min(len(names) + 1, _COLUMNS)
    bands = -(-(len(names) + 1) // columns)
    ratio = sheet.truth.shape[0] / sheet.truth.shape[1]
    figure = Figure(
        figsize=(2.4 * columns + 1.2, 2 * bands * (2.2 * min(ratio, 2.0) + 0.35) + 0.5), layout="constrained"
    )
    figure.suptitle(f"{sheet.group}, holes {sheet.holes}, {sheet.frame}")
    axes = np.atleast_2d(figure.subplots(2 * bands, columns, squeeze=False))
    for ax in axes.ravel():
        ax.set_axis_off()
    light, errors = _scales(sheet)
    _show(axes[0, 0], "truth", _smooth(sheet.truth), light)
    _show(axes[1, 0], "damaged", np.where(sheet.hole, np.nan, _smooth(sheet.truth)), light)
    shown = None
    for place, name in enumerate(names, start=1):
        band, column = divmod(place, columns)
        fill = sheet.fills[name]
        last = _show(axes[2 * band, column], name, np.where(sheet.hole, _smooth(fill), _smooth(sheet.truth)), light)
        error = np.where(sheet.hole, _smooth(fill - sheet.truth), np.nan)
        shown = _show(axes[2 * band + 1, column], f"error of {name}", error, errors)
        _outline(axes[2 * band, column], sheet.hole)
    if shown:
        figure.colorbar(last, ax=axes, label="% of the profile", shrink=0.6, pad=0.01)
        figure.colorbar(shown, ax=axes, label="error [% of the profile]", shrink=0.6, pad=0.01)
    return figure


def _smooth(image):
    return ndimage.gaussian_filter(ndimage.median_filter(image, 3), _SMOOTHING)


def _scales(sheet):
    near = ndimage.binary_dilation(sheet.hole, iterations=_NEAR)
    low, high = np.quantile(_smooth(sheet.truth)[near], _ENDS)
    middle = 0.05 * (high - low)
    ends = [np.quantile(np.abs(_smooth(fill - sheet.truth)[sheet.hole]), 0.98) for fill in sheet.fills.values()]
    largest = float(np.median(ends)) if ends else 1.0
    return (
        {"cmap": "inferno", "vmin": low - middle, "vmax": high + middle},
        {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest},
    )


def _show(axes, title, image, scale):
    axes.set_axis_on()
    axes.set(xticks=[], yticks=[], facecolor=_MISSING if title == "damaged" else "0.85")
    axes.set_title(title, fontsize="small")
    return axes.imshow(image, origin="lower", interpolation="nearest", **scale)


def _outline(axes, hole):
    axes.contour(hole, levels=[0.5], colors="white", linewidths=0.4)
