"""Store the uncertainty of filled pixels in a table extension of the file."""

import numpy as np

from astropy.io import fits

from sunpy_coronagraph_inpaint.io.provenance import filled_mask, is_filled

_TABLE = "FILLED"


def uncertainty_table(smap):
    """Return the table extension of a filled map, `None` if there is no uncertainty to store."""
    if smap.uncertainty is None or not is_filled(smap.meta):
        return None
    from astropy.nddata import StdDevUncertainty

    y, x = np.nonzero(filled_mask(smap))
    std = smap.uncertainty.represent_as(StdDevUncertainty).array[y, x]
    columns = [
        fits.Column("X", "I", unit="pix", array=x),
        fits.Column("Y", "I", unit="pix", array=y),
        fits.Column("STD", "E", unit=str(smap.meta.get("bunit", "")), array=std),
    ]
    return fits.BinTableHDU.from_columns(columns, name=_TABLE)


def with_uncertainty(smap, path):
    """Return a map with the uncertainty from the table extension of its file."""
    if not is_filled(smap.meta) or smap.uncertainty is not None:
        return smap
    with fits.open(path) as hdus:
        if _TABLE not in hdus:
            return smap
        table = hdus[_TABLE].data
        std = np.full(smap.data.shape, np.nan, dtype=np.float32)
        std[table["Y"], table["X"]] = table["STD"]
    from astropy.nddata import StdDevUncertainty

    return smap._new_instance(
        smap.data, smap.meta, plot_settings=smap.plot_settings, mask=smap.mask, uncertainty=StdDevUncertainty(std)
    )
