"""A sheet of examples: what the network makes of a few holes, for people who would rather look."""

import numpy as np
import torch

from sunpy_coronagraph_inpaint.inpaint.training.batches import collate, pair
from sunpy_coronagraph_inpaint.io.writing import whole_file

__all__ = ["plot_samples", "write_sheet"]

#: Quantiles of the truth between which brightness is drawn, of the standard deviation, and of the error of kriging.
_ENDS, _HIGHEST, _ERRORS = (0.01, 0.99), 0.99, 0.98
_COLUMNS = ("truth", "what was seen", "kriging", "answer", "standard deviation", "error of kriging", "error of answer")
_MISSING = "limegreen"


@torch.no_grad()
def plot_samples(network, samples, *, number=5, device="cpu"):
    """
    Draw a few holes: truth, what was seen, kriging, the network's answer, its standard deviation, and the errors.

    Parameters
    ----------
    network : `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`
        The network.
    samples : sequence of `~sunpy_coronagraph_inpaint.inpaint.training.Sample`
        Samples, of which a few are drawn, from the weakest structure to the strongest.
    number : int, optional
        How many.
    device : str, optional
        Of torch.

    Returns
    -------
    `matplotlib.figure.Figure`
        One row for each hole, on its polar grid, the Sun below. All in % of the radial profile. Brightnesses of a row
        share a scale, and so do errors. What was missing is green, cells on which nothing is judged are gray.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> from sunpy_coronagraph_inpaint.learning.recipe import Recipe
    >>> from sunpy_coronagraph_inpaint.inpaint.training.loop import build_network
    >>> from sunpy_coronagraph_inpaint.inpaint.training import sample_maps
    >>> from sunpy_coronagraph_inpaint.inpaint.training.sheet import plot_samples
    >>> samples = sample_maps([plain_corona(detector="C2", seed=1)], rounds=1, holes=3)
    >>> figure = plot_samples(build_network(Recipe(width=4, depth=1)), samples, number=2)
    >>> [axes.get_title() for axes in figure.axes[:4]]
    ['truth', 'what was seen', 'kriging', 'answer']
    """
    from matplotlib.figure import Figure

    chosen = _choose(samples, number)
    training = network.training
    batch = collate(chosen).to(device)
    answer = network.eval()(*pair(batch))
    network.train(training)
    figure = Figure(figsize=(1.7 * len(_COLUMNS) + 0.6, 1.8 * len(chosen) + 0.4), layout="constrained")
    rows = figure.subplots(len(chosen), len(_COLUMNS), squeeze=False)
    for place, (axes, sample) in enumerate(zip(rows, chosen, strict=True)):
        found = (layer[place, 0].cpu().numpy() for layer in (answer.mean, answer.log_std.exp()))
        _row(figure, axes, sample, *found)
    for axes, title in zip(rows[0], _COLUMNS, strict=True):
        axes.set_title(title, fontsize="small")
    return figure


def write_sheet(path, network, samples, *, device="cpu"):
    """
    Write a sheet of examples as PNG, under another name first.

    Parameters
    ----------
    path : `pathlib.Path`
        The file.
    network, samples, device
        See `plot_samples`.
    """
    with whole_file(path) as part:
        plot_samples(network, samples, device=device).savefig(part, format="png", dpi=80)


def _choose(samples, number):
    """Choose some that are judged anywhere, from the weakest structure to the strongest."""
    judged = sorted((sample for sample in samples if sample.weight.any()), key=lambda sample: sample.scale)
    if not judged:
        msg = "None of the samples has a cell on which an answer is judged. Give samples of other maps."
        raise ValueError(msg)
    places = np.linspace(0, len(judged) - 1, min(number, len(judged)))
    return [judged[round(place)] for place in places]


def _row(figure, axes, sample, mean, std):
    percent = 100 * sample.scale
    inside = tuple(slice(side) for side in sample.truth.shape)
    known, judged = sample.known[0], sample.weight
    shown = known | judged
    truth, image, kriging = (
        percent * layer.astype(float) for layer in (sample.truth, sample.images[0], sample.candidates[0])
    )
    mean, std = percent * mean[inside], np.where(judged, percent * std[inside], np.nan)
    low, high = np.quantile(truth[shown], _ENDS)
    light = {"cmap": "inferno", "vmin": low, "vmax": high}
    ends = np.quantile(np.abs(kriging - truth)[judged], _ERRORS)
    wrong = {"cmap": "RdBu_r", "vmin": -ends, "vmax": ends}
    layers = [
        (np.where(shown, truth, np.nan), light),
        (np.where(known, image, np.nan), light),
        (np.where(shown, np.where(known, image, kriging), np.nan), light),
        (np.where(shown, np.where(known, image, mean), np.nan), light),
        (std, {"cmap": "viridis", "vmin": 0, "vmax": np.nanquantile(std, _HIGHEST)}),
        (np.where(judged, kriging - truth, np.nan), wrong),
        (np.where(judged, mean - truth, np.nan), wrong),
    ]
    for place, (ax, (layer, scale)) in enumerate(zip(axes, layers, strict=True)):
        ax.set(xticks=[], yticks=[], facecolor=_MISSING if place == 1 else "0.85")
        drawn = ax.imshow(layer, origin="lower", interpolation="nearest", **scale)
        if place in (3, 4, 6):
            figure.colorbar(drawn, ax=ax, shrink=0.8, pad=0.02).ax.tick_params(labelsize="xx-small")
