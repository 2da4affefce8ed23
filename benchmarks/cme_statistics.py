"""
Print the distributions of CMEs that ``simulate/catalog.py`` draws from.

They are derived from the SOHO LASCO CME catalog of the CDAW Data Center (Yashiro et al. 2004, Gopalswamy et al. 2009),
which is not part of this package. Run as ``python benchmarks/cme_statistics.py univ_all.txt``.
"""

import sys

import numpy as np

from sunpy_coronagraph_inpaint.fetch import CMECatalog

COLUMNS = ("central_pa", "width", "speed", "acceleration", "mass")


def rows(path):
    """Return year, position angle, width, speed, acceleration and mass; NaN where the catalog gives none."""
    table = CMECatalog.read(path).select(exclude_remark="poor").table
    columns = [np.where(table[name].mask, np.nan, table[name].unmasked.value) for name in COLUMNS]
    start = table["time"].datetime64.astype("datetime64[M]").astype(int)
    return np.stack([1970 + (start + 0.5) / 12, *columns])


def main(path):
    """Print the numbers."""
    year, angle, width, speed, acceleration, mass = rows(path)
    print(f"{len(year)} events that are not marked poor, {int(year.min())} to {int(year.max())}")
    known = np.isfinite(speed) & (speed > 20)
    wide = known & (width >= 20) & (width < 360)
    print(f"halos (width 360): {np.mean(width[known] == 360):.4f} of the events")
    logs = np.log(speed[wide])
    log_width = np.log(width[wide])
    print(f"ln speed (km/s): mean {logs.mean():.3f}, deviation {logs.std():.3f}")
    print(f"ln speed of halos: mean {np.log(speed[known & (width == 360)]).mean():.3f}")
    print(f"ln width (deg, 20 or more): mean {log_width.mean():.3f}, deviation {log_width.std():.3f}")
    print(f"correlation of ln speed and ln width: {np.corrcoef(logs, log_width)[0, 1]:.3f}")
    driven = wide & np.isfinite(acceleration) & (np.abs(acceleration) < 200)
    slope, intercept = np.polyfit(speed[driven], acceleration[driven], 1)
    scatter = np.std(acceleration[driven] - slope * speed[driven] - intercept)
    print(f"acceleration (m/s^2): {intercept:.2f} + {slope:.5f} * speed, scatter {scatter:.1f}")
    heavy = wide & np.isfinite(mass) & (mass > 0)
    slope, intercept = np.polyfit(np.log10(width[heavy]), np.log10(mass[heavy]), 1)
    scatter = np.std(np.log10(mass[heavy]) - slope * np.log10(width[heavy]) - intercept)
    print(f"log10 mass (g): {intercept:.2f} + {slope:.3f} * log10 width, scatter {scatter:.3f}")
    latitude = 90 - np.abs((angle + 360) % 360 - 180)
    for name, first, last in (("minimum", 1996, 1997.5), ("minimum", 2008, 2009.9), ("maximum", 2000, 2002.9)):
        some = wide & (year >= first) & (year < last)
        print(f"latitude at {name} {first} to {last}: deviation {np.std(latitude[some]):.1f} deg")
    for y in range(1997, 2019):
        print(f"events in {y}: {np.sum((year >= y) & (year < y + 1) & wide)}", end="; ")
    print()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
