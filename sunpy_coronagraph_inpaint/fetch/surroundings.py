"""What surrounds a frame: the disk of the Sun and the corona close to it, at the same time."""

from typing import NamedTuple

import numpy as np

import astropy.units as u

from sunpy.map import GenericMap
from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.fetch.errors import FetchError, NoFramesError
from sunpy_coronagraph_inpaint.fetch.jsoc import aia_image
from sunpy_coronagraph_inpaint.fetch.retrieve import fetch_rows
from sunpy_coronagraph_inpaint.fetch.search import search_lasco
from sunpy_coronagraph_inpaint.io import read_map

__all__ = ["Context", "context"]


class Context(NamedTuple):
    """
    Images that go with a frame of C3.

    Attributes
    ----------
    aia : `~sunpy.map.sources.AIAMap`
        The disk.
    c2 : `~sunpy.map.sources.LASCOMap`
        The corona up to six solar radii.
    """

    aia: GenericMap
    c2: GenericMap


def context(time, *, wavelength=193 * u.angstrom, within=1 * u.hour, provider="auto", cache=None, network=None):
    """
    Fetch the AIA image and the C2 frame nearest to a time, for a composite.

    Parameters
    ----------
    time : `~astropy.time.Time` or str
        When; as of May 2010, when AIA began.
    wavelength : `~astropy.units.Quantity`, optional
        Channel of AIA.
    within : `~astropy.units.Quantity`, optional
        How far away in time the C2 frame may be.
    provider : {"auto", "VSO", "NRL"}, optional
        Where the C2 frame is looked for.
    cache : `~sunpy_coronagraph_inpaint.fetch.Cache`, optional
        Where files are kept.
    network : `~sunpy_coronagraph_inpaint.fetch.Network`, optional
        How patient to be.

    Returns
    -------
    Context

    Raises
    ------
    `~sunpy_coronagraph_inpaint.fetch.FetchError`
        If one of the two cannot be had.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.fetch import context
    >>> aia, c2 = context("2012-07-23 03:00")  # doctest: +SKIP
    """
    time = parse_time(time)
    found = search_lasco((time - within, time + within), "C2", provider=provider, network=network)
    order = np.argsort(np.abs((found["Start Time"] - time).to_value("s")))
    problem = NoFramesError(f"No C2 frame was found within {within} of {time.isot}.")
    for index in order[:3]:
        ((_, outcome),) = fetch_rows(found[[int(index)]], cache=cache, network=network)
        if not isinstance(outcome, FetchError):
            return Context(aia_image(time, wavelength=wavelength, cache=cache, network=network), read_map(outcome))
        problem = outcome
    raise problem
