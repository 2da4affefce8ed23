"""Scenes, and frames taken of them."""

import numpy as np
import pytest

import astropy.units as u
from astropy.io import fits
from astropy.time import Time

import sunpy.map
from sunpy.map.sources import LASCOMap

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate import Scene, observe
from sunpy_coronagraph_inpaint.simulate.sky import sky_brightness


@pytest.fixture(scope="module")
def scene():
    """Draw a C3 scene with a CME, compressed without loss."""
    return Scene.random(seed=7, detector="C3", cme=True, start="2001-06-15", compression="rice", seconds=19.1)


@pytest.fixture(scope="module")
def frame(scene):
    """Take the first frame of it."""
    return observe(scene, scene.times(1))[0]


@pytest.fixture(scope="module")
def truth(scene):
    """Return the truth behind it, with the sensitivity of the pixels."""
    return observe(scene, scene.times(1), perfect=True, flat=True)[0]


def test_frames_are_lasco_maps(frame, truth):
    """Frames are level-0.5 LASCO maps of integers, truths the same in floating point, both with null blocks of 0."""
    for smap, dtype in ((frame, np.int16), (truth, np.float32)):
        camera = identify(smap.meta)
        assert isinstance(smap, LASCOMap)
        assert smap.data.dtype == dtype
        assert camera.level == "0.5"
        np.testing.assert_array_equal(smap.data == 0, camera.grid.mask(camera.null_blocks))


def test_frame_scatters_about_its_truth(frame, truth):
    """Apart from stars and particles the frame is its truth plus photon and read noise."""
    good = truth.data > 0
    level = truth.data[good] - identify(truth.meta).bias
    pull = (frame.data[good] - truth.data[good]) / np.sqrt(np.maximum(level, 0) / 12.5 + 0.7**2 + 1 / 12)
    assert np.median(pull) == pytest.approx(0, abs=0.06)
    assert np.diff(np.percentile(pull, (15.865, 84.135)))[0] / 2 == pytest.approx(1, abs=0.06)
    assert (pull > 8).sum() > 50  # stars
    assert (pull < -8).sum() == 0


def test_truth_is_free_of_stars(scene):
    """Without the pixels' sensitivity the truth is smooth: no pixel in the field stands out of its neighbors."""
    (truth,) = observe(scene, scene.start, perfect=True)
    y, x = np.indices(truth.data.shape)
    field = (np.hypot(x - 517, y - 532) > 100) & (np.hypot(x - 517, y - 532) < 500)
    inner = truth.data[1:-1, 1:-1]
    around = (truth.data[:-2, 1:-1] + truth.data[2:, 1:-1] + truth.data[1:-1, :-2] + truth.data[1:-1, 2:]) / 4
    assert np.abs(inner / np.maximum(around, 1) - 1)[field[1:-1, 1:-1]].max() < 0.02


def test_same_frame_whatever_else_is_taken(scene, frame):
    """A frame depends on scene and time alone, to the bit, and differs from the next one."""
    again = observe(Scene.random(seed=7, detector="C3", cme=True, start="2001-06-15", compression="rice", seconds=19.1),
                    [scene.start + 12 * u.min, scene.start])  # fmt: skip
    np.testing.assert_array_equal(again[1].data, frame.data)
    assert again[1].meta == frame.meta
    assert (again[0].data != frame.data).mean() > 0.5


def test_cme_moves_outwards(scene):
    """The light that the CME adds moves away from the Sun."""
    distance = []
    for when in (scene.start, scene.start + 40 * u.min):
        light = sky_brightness(scene, when) - sky_brightness(scene, when, cmes=False)
        y, x = np.indices(light.shape)
        radius = np.hypot(x - 518.2, y - 532.5)
        light = np.where(radius > 80, light, 0) * radius**2
        bright = light > 0.3 * light.max()
        distance.append(np.average(radius[bright], weights=light[bright]))
    assert distance[1] > distance[0] + 3


def test_roll_turns_the_sky_and_not_the_camera():
    """With a roll of 180 degrees the pylon stays where it is, and the corona is turned."""
    upright = Scene.random(seed=2, detector="C3", start="2001-06-15", roll=0.0)
    smaps = [observe(scene, scene.start, perfect=True)[0] for scene in (upright, upright.but(roll=180.0))]
    pylon = [smap.data[300, 290] - identify(smap.meta).bias for smap in smaps]
    assert pylon[1] == pytest.approx(pylon[0], rel=0.3)
    assert smaps[1].meta["crota1"] == 180
    sky = [sky_brightness(scene, scene.start) for scene in (upright, upright.but(roll=180.0))]
    assert sky[1][532 + 200, 518 + 100] == pytest.approx(sky[0][533 - 200, 518 - 100], rel=0.03)


def test_summed_frame_is_the_sum():
    """A frame summed on board is the sum of the whole one, offset and all."""
    scene = Scene.random(seed=2, detector="C2", start="2001-06-15", compression="rice", seconds=25.1)
    whole, summed = (observe(s, s.start)[0] for s in (scene, scene.but(summed=2)))
    expected = whole.data.astype(int).reshape(512, 2, 512, 2).sum(axis=(1, 3))
    sent = (summed.data > 0) & (whole.data.reshape(512, 2, 512, 2).min(axis=(1, 3)) > 0)
    np.testing.assert_array_equal(summed.data[sent], expected[sent])
    assert summed.data.dtype == np.int32
    assert summed.meta["datazer"] == 8192


def test_polarizers_see_different_light():
    """Through polarizers there is a quarter of the light, and streamers differ from one to the next."""
    scene = Scene.random(seed=2, detector="C2", start="2001-06-15", compression="rice", seconds=100.1, color="DeepRd")
    smaps = [
        observe(scene.but(polar=p), scene.start, perfect=True)[0] for p in ("Clear", "+60 Deg", "0 Deg", "-60 Deg")
    ]
    clear, *three = (smap.data - identify(smap.meta).bias for smap in smaps)
    field = (slice(720, 900), slice(300, 700))
    assert np.median(np.mean(three, axis=0)[field] / clear[field]) == pytest.approx(0.25256, rel=0.02)
    assert np.abs(three[0][field] / three[1][field] - 1).max() > 0.05


@pytest.mark.parametrize(("start", "stray"), [("2002-01-08", 8192), ("2010-01-05", 0)])
def test_stray_pixel_of_early_compressed_frames(start, stray):
    """H-compressed frames of 2001 to 2004 have one pixel in a null block that is not 0, later ones have none."""
    scene = Scene.random(seed=1, detector="C3", start=start, compression="hcompress", comet=False)
    smap = observe(scene, scene.start)[0]
    assert smap.data[7, 1020] == stray
    assert smap.meta["datazer"] == 101376 - bool(stray)


@pytest.mark.filterwarnings("ignore:.*Unprintable string.*", "ignore:Verification reported", "ignore:Card is too long")
@pytest.mark.filterwarnings("ignore:.*:astropy.io.fits.verify.VerifyWarning")
def test_file_reads_back(frame, tmp_path):
    """A frame written to a file reads back as a LASCO map with the same pixels."""
    clean = {key: value for key, value in frame.meta.items() if key not in ("history", "keycomments")}
    path = tmp_path / "artificial.fts"
    fits.PrimaryHDU(frame.data, fits.Header({k: v for k, v in clean.items() if k not in ("simple", "bitpix")})).writeto(
        path
    )
    again = sunpy.map.Map(path)
    assert isinstance(again, LASCOMap)
    np.testing.assert_array_equal(again.data, frame.data)


def test_random_scenes_differ_and_repeat():
    """The same seed draws the same scene, another one another."""
    first, again, other = (Scene.random(seed=s, detector="C2", cme=True) for s in (1, 1, 2))
    assert first.start == again.start
    assert first.cmes == again.cmes
    assert first.start != other.start


def test_times():
    """Times follow one another from the start."""
    scene = Scene.random(seed=1, start=Time("2001-01-01"))
    assert scene.times(3, cadence=30 * u.min)[-1].isot == "2001-01-01T01:00:00.000"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"detector": "C1"}, "no detector 'C1'"),
        ({"summed": 3}, "summed cannot be 3"),
        ({"roll": 90}, "roll cannot be 90"),
        ({"compression": "zip"}, "compression cannot be 'zip'"),
        ({"color": "Green"}, "no filter 'Green'"),
        ({"polar": "90 Deg"}, "no polarizer"),
        ({"seconds": 0.0}, "longer than 0 s"),
        ({"snow": -1.0}, "snow at least 0"),
    ],
)
def test_errors(options, match):
    """What the camera cannot do is refused."""
    with pytest.raises(ValueError, match=match):
        Scene.random(1, **options)


def test_observe_needs_a_scene():
    """Anything else is refused with a hint."""
    with pytest.raises(TypeError, match="needs a Scene, not str"):
        observe("corona", "2001-01-01")
