"""Headers of level 0.5, keyword by keyword against those of real frames."""

import warnings

import numpy as np
import pytest

import sunpy.map
from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.simulate.header import Exposure, lasco_header, statistics

# What the ground system counts and remembers; an artificial header has values of its own there.
COUNTED = {"filename", "fileorig", "date", "imgctr", "image_ct", "os_num", "exp0", "exp1", "exp2", "history", "lp_num"}
STATISTICS = {"datamin", "datamax", "datazer", "datasat"} | {f"datap{p:02d}" for p in (1, 10, 25, 75, 90, 95, 98, 99)}


@pytest.fixture(scope="module")
def real(lasco_files):
    """All real level-0.5 frames."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [sunpy.map.Map(path) for path in lasco_files if "level_05" in str(path)]


def remake(smap):
    """Return an artificial header for a real frame's pixels and exposure."""
    meta = smap.meta
    exposure = Exposure(
        detector=meta["detector"], time=parse_time(f"{meta['date-obs']} {meta['time-obs']}".replace("/", "-")),
        seconds=meta["exptime"], filter=meta["filter"], polar=meta["polar"],
        binning=meta["lebxsum"], roll=meta["crota1"],
        compression="hcompress" if "hcomp_sf" in meta else "rice-full" if "Z" in meta["comprssn"] else "rice",
    )  # fmt: skip
    return lasco_header(smap.data, exposure, offset=meta["offset"])


def test_same_keywords_in_the_same_order(real):
    """An artificial header has every keyword of a real one, in its order, and no other."""
    for smap in real:
        assert list(remake(smap)) == [key for key in smap.meta if key not in ("comment", "keycomments")]


def test_same_types(real):
    """Numbers are numbers and texts are texts, and whole numbers are whole."""
    for smap in real:
        for key, value in remake(smap).items():
            kinds = ((int, float) if isinstance(value, int | float) else type(value),) * 2
            assert isinstance(smap.meta[key], kinds[0]), key


def test_same_values(real):
    """What follows from the exposure and the pixels is equal, percentiles and number of zeros to the unit."""
    for smap in real:
        made = remake(smap)
        for key in set(made) - COUNTED - {"dataavg", "datasig", "cdelt1", "cdelt2", "exp3", "expcmd"}:
            assert made[key] == smap.meta[key] or (key == "datasat" and made[key] == pytest.approx(smap.meta[key])), (
                smap.meta["filename"],
                key,
            )


@pytest.mark.parametrize(
    ("key", "tolerance"), [("dataavg", 1e-5), ("datasig", 1e-3), ("cdelt1", 1e-6), ("cdelt2", 1e-6)]
)
def test_rounded_values(real, key, tolerance):
    """Averages agree within the single precision of the ground system (its deviation is off by 0.04 % at the most)."""
    for smap in real:
        assert remake(smap)[key] == pytest.approx(smap.meta[key], rel=tolerance)


def test_history_has_its_tabulator(real):
    """The line of the bias is the one of a real C3 file, TAB and all."""
    smap = next(smap for smap in real if smap.meta["filename"] == "32130223.fts")
    assert remake(smap)["history"] == smap.meta["history"]
    assert "\t" in smap.meta["history"]


def test_file_numbers_grow_as_real_ones(real):
    """File names come within a few weeks of the counter of the real archive."""
    for smap in real:
        made, real_number = (int(meta["filename"][2:8]) for meta in (remake(smap), smap.meta))
        assert abs(made - real_number) < 300


def test_statistics_without_light():
    """A frame that was lost as a whole still has statistics."""
    result = statistics(np.zeros((32, 32), np.int16))
    assert result["DATAZER"] == 1024
    assert result["DATAMAX"] == 0


def test_saturated_pixels_do_not_count():
    """Percentiles leave saturated pixels out, and DATASAT counts them."""
    data = np.array([[100, 200, 300, 16383]])
    assert statistics(data)["DATASAT"] == 0.25
    assert statistics(data)["DATAMAX"] == 300
