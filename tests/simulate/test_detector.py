"""Detector, particles, compression and optics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astropy.io import fits
from astropy.time import Time

from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS
from sunpy_coronagraph_inpaint.simulate.compress import h_compress
from sunpy_coronagraph_inpaint.simulate.detector import expose, pixel_flat, spill
from sunpy_coronagraph_inpaint.simulate.header import Exposure
from sunpy_coronagraph_inpaint.simulate.optics import epoch, optics
from sunpy_coronagraph_inpaint.simulate.particles import add_particles


def exposure(detector="C2", seconds=25.0, **options):
    """Return an exposure of January 2010."""
    return Exposure(detector=detector, time=Time("2010-01-05"), seconds=seconds, **options)


@pytest.mark.parametrize("detector", ["C2", "C3"])
@pytest.mark.parametrize("level", [300.0, 3000.0])
def test_noise_is_that_of_the_photons_and_the_pixels(detector, level):
    """The variance of a flat field is that of photons, readout, rounding and the pixels' sensitivity."""
    rate = np.full((1024, 1024), level / 10, np.float32)
    data, _ = expose(rate, exposure(detector, 10.0), bias=400.0, year=2010.0, rng=np.random.default_rng(0))
    constants = DETECTORS[detector]
    expected = np.hypot(constants.noise(level), np.sqrt(1 / 12))
    measured = data[np.abs(data - np.median(data)) < 5 * expected].std()  # without particles
    assert measured == pytest.approx(expected, rel=0.04)
    assert np.median(data) == pytest.approx(level + 400, abs=2)


def test_pixels_keep_their_sensitivity():
    """The pattern has its size, is anticorrelated along rows, mostly lasts ten years, and differs by detector."""
    early, late, other = pixel_flat("C2", 2001.0) - 1, pixel_flat("C2", 2010.0) - 1, pixel_flat("C3", 2001.0) - 1
    assert early.std() == pytest.approx(0.0081, rel=0.02)
    along = np.corrcoef(early[:, 1:].ravel(), early[:, :-1].ravel())[0, 1]
    assert along == pytest.approx(-0.37, abs=0.02)
    lasting = np.sqrt(np.mean(early * late))
    assert lasting == pytest.approx(0.0077, rel=0.03)
    assert abs(np.corrcoef(early.ravel(), other.ravel())[0, 1]) < 0.01


@settings(max_examples=30, deadline=None)
@given(bright=st.lists(st.tuples(st.integers(0, 59), st.floats(0, 900)), max_size=4), background=st.floats(0, 15))
def test_spilled_charge_is_conserved(bright, background):
    """Charge that does not fit runs to both sides until it does; none is lost unless it leaves the detector."""
    row = np.full((3, 200), background)
    for place, amount in bright:
        row[1, 70 + place] += amount
    before = row.copy()
    spill(row, 20.0)
    assert row.max() <= 20.0 + 1e-9
    np.testing.assert_array_equal(row[[0, 2]], before[[0, 2]])
    room = (20.0 - before[1].clip(max=20)).sum() / 2
    if np.maximum(before[1] - 20, 0).sum() < room / 2 and background < 12:
        assert row.sum() == pytest.approx(before.sum())


def test_saturation_and_summing():
    """A very bright pixel stops at the converter's limit, four of them summed at four times that."""
    rate = np.full((1024, 1024), 1e5, np.float32)
    for binning, limit in ((1, 16383), (2, 65532)):
        data, _ = expose(rate, exposure(binning=binning), bias=600.0, year=2010.0, rng=np.random.default_rng(0))
        assert data.max() == limit
        assert data.shape == (1024 // binning, 1024 // binning)


def test_tracks_have_the_measured_sizes_and_amplitudes():
    """Clusters of a quiet 100 s are as many, as large and as bright as those of real C2 frames of January 2010."""
    from scipy.ndimage import label

    image = np.zeros((1024, 1024))
    hits = add_particles(image, seconds=100.0, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(hits, image > 0)
    groups, count = label(image > 240, np.ones((3, 3)))  # 8 sigma of such a frame
    sizes = np.bincount(groups.ravel())[1:]
    heights = np.bincount(groups.ravel(), image.ravel())[1:]
    assert 720 / 1.5 < count < 890 * 1.5
    assert np.median(sizes) <= 2
    assert 1.5 < sizes.mean() < 2.9
    assert 4 <= np.percentile(sizes, 95) <= 7
    assert 8 <= np.percentile(sizes, 99) <= 14
    for percent, low, high in ((10, 200, 420), (50, 600, 1300), (90, 2400, 9000), (99, 8000, 27000)):
        assert low < np.percentile(heights, percent) < high


@pytest.mark.parametrize(("snow", "low", "high"), [(100.0, 0.015, 0.12), (300.0, 0.04, 0.3)])
def test_snow_covers_as_much_as_in_great_events(snow, low, high):
    """Solar particles leave tracks over some per cent of a 25 s frame."""
    rate = np.full((1024, 1024), 80.0, np.float32)
    quiet, snowy = (
        expose(rate, exposure(), bias=600.0, year=2010.0, rng=np.random.default_rng(2), snow=s)[0] for s in (0.0, snow)
    )
    assert low < np.mean(snowy > quiet.mean() + 240) < high


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.sampled_from([32, 64]))
def test_compression_leaves_multiples_and_then_nothing(seed, scale):
    """Coefficients come back as multiples of the scale, so that a second loss changes nothing."""
    data = np.random.default_rng(seed).integers(400, 900, (64, 96))
    back = h_compress(data, scale)
    a, b, c, d = back[::2, ::2], back[::2, 1::2], back[1::2, ::2], back[1::2, 1::2]
    for sums in (a - b - c + d, a + b - c - d, a - b + c - d):
        assert not np.any(sums % scale)
    np.testing.assert_array_equal(h_compress(back, scale), back)
    assert np.abs(back - data).max() < 4 * scale


def test_real_frames_were_compressed_in_this_way(lasco_files):
    """Real frames with HCOMP_SF are what `h_compress` leaves: compressing them again changes no pixel."""
    tested = 0
    for path in lasco_files:
        header = fits.getheader(path)
        if "HCOMP_SF" in header:
            data = fits.getdata(path).astype(int)[256:800, 256:800]
            np.testing.assert_array_equal(h_compress(data, header["HCOMP_SF"]), data)
            tested += 1
    assert tested >= 8


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_optics_are_physical(detector):
    """Throughput lies between 0 and about 1, nothing is negative, the pylon is dark, and the ring is bright."""
    glass = optics(detector, 0)
    assert glass.throughput.min() >= 0
    assert glass.throughput.max() < 1.1
    assert glass.stray.min() >= 0
    y0, x0, ring = {"C2": (504, 511, 166), "C3": (531, 516, 67)}[detector]
    step = int(300 / np.sqrt(2))
    assert glass.throughput[y0 - step, x0 - step] < 0.6 * glass.throughput[y0 + step, x0 + step]
    assert glass.stray[y0, x0 + ring] > 3 * glass.stray[y0, x0 + 2 * ring]


def test_stray_light_changes_at_the_known_dates():
    """Frames before and after June 2002 have different stray light in C3, frames of 2004 and 2010 the same."""
    assert epoch("C3", 52443) != epoch("C3", 52445)
    assert epoch("C3", 53000) == epoch("C3", 55000)
    before, after = (optics("C3", epoch("C3", mjd)).stray[700:720, 900:920].mean() for mjd in (52000, 53000))
    assert after - before == pytest.approx(4.5, abs=1)
