"""
Artificial frames count like real ones.

Each real frame has an artificial twin: same detector, date, exposure, filter, roll and compression, another corona.
Tolerances are justified where they stand; where they come from differences among real frames, those are what
``python benchmarks/simulation_against_real.py`` prints.
"""

import warnings

import numpy as np
import pytest
from scipy.ndimage import median_filter

import astropy.units as u
from astropy.io import fits

import sunpy.map
from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.simulate import Scene, observe

FRAMES = ("32130223", "32082153", "32180009", "32219521", "22321894", "22322625", "22323065")
SEEDS = (5, 8)
OCCULTER = {"C3": np.arange(76, 100, 8), "C2": np.arange(150, 205, 10)}
FIELD = {"C3": np.arange(100, 530, 20), "C2": np.arange(210, 650, 20)}
CIRCLES = {"C3": (5, 10, 20), "C2": (2.8, 3.5, 5)}


@pytest.fixture(scope="module")
def statistics(script):
    """Return the script that measures frames."""
    return script("lasco_statistics")


@pytest.fixture(scope="module", params=FRAMES)
def pair(request, lasco_files):
    """Return a real frame, and artificial ones taken as it was."""
    path = next(path for path in lasco_files if path.stem == request.param)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        real = sunpy.map.Map(path)
    meta = real.meta
    options = {
        "start": parse_time(f"{meta['date-obs']} {meta['time-obs']}".replace("/", "-")),
        "exposure": meta["exptime"] * u.s, "color": meta["filter"], "polar": meta["polar"],
        "binning": meta["lebxsum"], "roll": meta["crota1"] * u.deg,
        "compression": "hcompress" if "hcomp_sf" in meta else "rice-full" if "Z" in meta["comprssn"] else "rice",
        "comet": False,
    }  # fmt: skip
    scenes = [Scene.random(seed, meta["detector"], **options) for seed in SEEDS]
    return real, [observe(scene, scene.start)[0] for scene in scenes]


def test_radial_profile(statistics, pair):
    """
    Rates on circles agree within 10 % in the field and 25 % around the occulter.

    Rates of real frames of the same season differ by up to 8 % from year to year in the field, and by 20 % beside the
    occulter, where the diffraction ring is steep and moves by a pixel.
    """
    real, artificial = pair
    for radii, tolerance in ((FIELD, 0.10), (OCCULTER, 0.25)):
        expected = statistics.radial_profile(real, radii[real.detector])
        made = np.mean([statistics.radial_profile(smap, radii[real.detector]) for smap in artificial], axis=0)
        np.testing.assert_allclose(made, expected, rtol=tolerance)


def test_noise_against_level(statistics, pair):
    """
    Noise agrees within 25 % at every level above 400 DN, and within a factor of 2.2 below.

    In lossless frames it agrees within 12 %. Lossy compression rounds it to steps of a quarter, and below 400 DN it
    leaves so little of it that a percentile falls on one step or on the next.
    """
    real, artificial = pair
    edges = np.array([120, 400, 700, 1100, 1700, 2600, 4000, 6000, 9000])
    level, expected = statistics.noise_against_level(real, edges)
    for smap in artificial:
        _, made = statistics.noise_against_level(smap, edges)
        both = np.isfinite(made) & np.isfinite(expected)
        assert both.sum() >= 2
        ratio = (made / expected)[both]
        tolerance = np.where(level[both] > 400, 1.25, 2.2)
        assert np.all(ratio < tolerance), ratio
        assert np.all(ratio > 1 / tolerance), ratio


@pytest.mark.parametrize("circle", [0, 1, 2])
def test_angular_spectrum(statistics, pair, circle):
    """
    Structure on circles agrees within a factor of 1.6 at 2 to 4 cycles, 2.5 at 4 to 8 and 3.5 at 8 to 32.

    Real quiet frames of one detector differ on the same circle by up to 1.4, 1.8 and 2.9 (the last at 8 to 16 cycles of
    C2 at 2.8 solar radii, within January 2010), because no two coronas have the same streamers.
    """
    real, artificial = pair
    radius = CIRCLES[real.detector][circle]
    expected = statistics.angular_spectrum(real, radius)[:4]
    made = np.exp(np.mean([np.log(statistics.angular_spectrum(smap, radius)[:4]) for smap in artificial], axis=0))
    ratio = made / expected
    assert np.all(np.maximum(ratio, 1 / ratio) < (1.6, 2.5, 3.5, 3.5)), ratio


def test_spikes(statistics, pair):
    """
    Stars and particles above 8 sigma are as many within a factor of 1.6.

    The sky behind the Sun is not the same: its stars alone vary by 1.3 (square root of the number, and the Milky Way).
    """
    real, artificial = pair
    expected = statistics.count_spikes(real)[0]
    made = np.mean([statistics.count_spikes(smap)[0] for smap in artificial])
    assert expected / 1.6 < made < expected * 1.6


def test_sizes_and_heights_of_spikes(statistics, pair):
    """Sizes agree within two pixels at the 90th percentile, and median heights within a factor of 2.2 (another sky)."""
    real, artificial = pair
    _, sizes, heights = statistics.count_spikes(real)
    for smap in artificial:
        _, made_sizes, made_heights = statistics.count_spikes(smap)
        assert abs(np.percentile(made_sizes, 90) - np.percentile(sizes, 90)) <= 2
        assert 1 / 2.2 < np.median(made_heights) / np.median(heights) < 2.2


def test_percentiles_of_the_header(pair):
    """
    Percentiles above the offset agree within 20 %, the mean within 6 %.

    A percentile where the histogram is steep moves with the edge of a shadow: those under 10 % count only to 30 DN.
    """
    real, artificial = pair
    offset = real.meta["offset"]
    for smap in artificial:
        for key in ("datap01", "datap10", "datap25", "datap75", "datap90", "datap95", "datap98", "datap99", "dataavg"):
            made, expected = smap.meta[key] - offset, real.meta[key] - offset
            tolerance = 0.06 if key == "dataavg" else 0.20
            assert made == pytest.approx(expected, rel=tolerance, abs=30), key
        assert smap.meta["datazer"] == real.meta["datazer"]


def test_compressed_coefficients(pair):
    """Lossy frames have as many zero coefficients as real ones, within 0.07, in a field of 200 by 400 pixels."""
    real, artificial = pair
    scale = real.meta.get("hcomp_sf")
    if scale is None:
        pytest.skip("this frame was not compressed with loss")

    def zeros(smap):
        data = smap.data[256:448, 576:992].astype(int)
        return np.mean((data[::2, ::2] - data[::2, 1::2] - data[1::2, ::2] + data[1::2, 1::2]) == 0)

    for smap in artificial:
        assert zeros(smap) == pytest.approx(zeros(real), abs=0.07)


def test_planet_is_where_it_was(pair):
    """
    Charge spills from Mercury and Venus in the rows in which it did, within 2 pixels of C3 and 8 of C2.

    The orbit of SOHO about the Lagrangian point is left out. It moves a planet by up to 0.1 degrees against the Sun.
    """
    real, artificial = pair
    if real.meta["filename"] in ("32180009.fts", "32219521.fts"):
        pytest.skip("no planet spilled charge far from the occulter")
    far = np.abs(np.arange(1024) - 510) > 200 if real.detector == "C2" else np.abs(np.arange(1024) - 531) > 40
    rows = [((smap.data > 11000).sum(axis=1) * far).argmax() for smap in (real, artificial[0])]
    assert abs(int(rows[0]) - int(rows[1])) <= (8 if real.detector == "C2" else 2)


def covered(data):
    """Return how much of the field of a frame sampled every 8 pixels stands out by 10, 20, 50 and 100 %."""
    y, x = np.mgrid[:128, :128]
    radius = np.hypot(x - 64, y - 63)
    field = (radius > 28) & (radius < 60)
    light = np.asarray(data, float) - 580
    smooth = median_filter(light, 5)
    excess = (light - smooth) / np.maximum(smooth, 1)
    return np.array([np.mean(excess[field] > limit) for limit in (0.1, 0.2, 0.5, 1.0)])


def test_snow(data_dir):
    """
    Snow of 600 to 1000 times the quiet rate covers as much as that of the great events of 2000 and 2003, within 1.5.

    The events themselves differ by a factor of 1.3 to 1.8.
    """
    folder = data_dir / "lasco" / "level_05_128px"
    real = np.mean([covered(fits.getdata(path)) for path in folder.glob("CR_snow_*C2*")], axis=0)
    scene = Scene.random(1, "C2", start="2000-07-15T13:44", exposure=25.1 * u.s, compression="hcompress")
    made = [covered(observe(scene.replace(snow=snow), scene.start)[0].data[::8, ::8]) for snow in (600.0, 1000.0)]
    ratio = np.mean(made, axis=0) / real
    assert np.all(np.maximum(ratio, 1 / ratio) < 1.5), ratio
