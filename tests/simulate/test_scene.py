"""Scenes, and frames taken of them."""

import numpy as np
import pytest

import astropy.units as u
from astropy.io import fits
from astropy.time import Time

import sunpy.map
from sunpy.map.sources import LASCOMap

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS
from sunpy_coronagraph_inpaint.simulate import Scene, detector, observe
from sunpy_coronagraph_inpaint.simulate.observation import LAYERS, layers
from sunpy_coronagraph_inpaint.simulate.optics import brightness_per_count
from sunpy_coronagraph_inpaint.simulate.sky import sky_brightness
from sunpy_coronagraph_inpaint.simulate.stars import SPREAD, add_points


@pytest.fixture(scope="module")
def scene():
    """Draw a C3 scene with a CME, compressed without loss."""
    return Scene.random(seed=7, detector="C3", cme=True, start="2001-06-15", compression="rice", exposure=19.1 * u.s)


@pytest.fixture(scope="module")
def observation(scene):
    """Take the first frame of it with all its layers."""
    return observe(scene, scene.times(1), truth=LAYERS)[0]


@pytest.fixture(scope="module")
def frame(observation):
    """Return the frame alone."""
    return observation.map


def test_frames_are_lasco_maps(observation):
    """Frames are level-0.5 LASCO maps of integers, clean ones of floats, both with null blocks of 0."""
    for smap, dtype in ((observation.map, np.int16), (observation.layer("clean"), np.float32)):
        camera = identify(smap.meta)
        assert isinstance(smap, LASCOMap)
        assert smap.data.dtype == dtype
        assert camera.level == "0.5"
        np.testing.assert_array_equal(smap.data == 0, camera.grid.mask(camera.null_blocks))
        np.testing.assert_array_equal(smap.data == 0, observation.truth["telemetry"])


def composed(scene, observation):
    """Put the counts above the offset of a noiseless camera together from the layers, charge that spills left out."""
    truth = {name: layer.astype(float) for name, layer in observation.truth.items()}
    factor = brightness_per_count(scene.detector, scene.color, scene.polar, scene.start.mjd)
    corona = truth["sky"] / factor * scene.exposure.to_value(u.s) * truth["optics"] + truth["stray"]
    return corona, (corona + truth["stars"]) * truth["flat"]


def test_layers_compose_to_the_frame(scene, observation):
    """Sky, optics, stray light, stars and flat make the frame up to its noise; only particles stand out."""
    offset = identify(observation.map.meta).bias
    sent = ~observation.truth["telemetry"]
    corona, counts = composed(scene, observation)
    full = DETECTORS[scene.detector].full_well
    below = sent & (corona < full)
    np.testing.assert_allclose(observation.truth["clean"][below] - offset, corona[below], rtol=1e-4, atol=0.01)
    quiet = sent & ~observation.truth["particles"] & (counts.max(axis=1) < full)[:, None]
    pull = (observation.map.data - offset - counts)[quiet] / np.sqrt(
        np.maximum(counts[quiet], 0) / 12.5 + 0.7**2 + 1 / 12
    )
    assert pull.mean() == pytest.approx(0, abs=0.01)
    assert pull.std() == pytest.approx(1, abs=0.01)
    assert np.abs(pull).max() < 8
    hit = (observation.map.data - offset - counts)[sent & observation.truth["particles"]]
    assert np.median(hit) > 30


def test_particles_are_where_the_layer_has_them(scene, observation, monkeypatch):
    """The frame without particles differs in hit pixels alone, or in a row whose charge spills."""
    monkeypatch.setattr(detector, "RATE", 0.0)
    without = observe(scene, scene.start)[0]
    changed = without.data != observation.map.data
    spilled = (observation.map.data > DETECTORS[scene.detector].full_well).any(axis=1)
    assert not (changed & ~observation.truth["particles"] & ~spilled[:, None]).any()
    assert changed[observation.truth["particles"]].mean() > 0.8
    assert not layers(scene, scene.times(1)[0], ("particles",))["particles"].any()


def test_point_spread_is_that_of_the_stars(scene):
    """A star in the middle of a pixel leaves the point spread function."""
    image = np.zeros((64, 64))
    add_points(image, np.array([30.0]), np.array([20.0]), np.array([50.0]), spread=SPREAD[scene.detector])
    psf = observe(scene.replace(binning=4), scene.start, truth="psf")[0].truth["psf"]
    assert psf.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(image[16:25, 26:35], 50 * psf, rtol=1e-6)


def test_layers_of_binned_frames(scene, observation):
    """Layers have the shape of the frame: counts are sums, brightness and parts of it means, masks hold any pixel."""
    (binned,) = observe(scene.replace(binning=2), scene.start, truth=LAYERS)
    blocks = {name: layer.reshape(-1, 2, layer.shape[1] // 2, 2) for name, layer in observation.truth.items()
              if name != "psf"}  # fmt: skip
    for name, layer in blocks.items():
        if name == "telemetry":
            continue  # blocks of a binned frame are larger
        by = np.any if layer.dtype == bool else np.sum if name in ("clean", "stray", "stars") else np.mean
        both = ~binned.truth["telemetry"] & ~blocks["telemetry"].any(axis=(1, 3))
        np.testing.assert_allclose(binned.truth[name][both], by(layer, axis=(1, 3))[both], rtol=1e-5, err_msg=name)
    assert binned.truth["telemetry"].sum() == np.count_nonzero(binned.map.data == 0)


@pytest.mark.parametrize("names", ["clean", ("sky", "particles"), ()])
def test_truth_changes_no_frame(scene, frame, names):
    """The frame is the same whichever layers are asked for, and these and no others are there."""
    (taken,) = observe(scene, scene.start, truth=names)
    np.testing.assert_array_equal(taken.map.data, frame.data)
    assert tuple(taken.truth) == ((names,) if isinstance(names, str) else names)
    again = layers(scene, scene.times(1)[0], tuple(taken.truth))
    for name, layer in taken.truth.items():
        np.testing.assert_array_equal(layer, again[name])


def test_unknown_layer(scene):
    """A layer that does not exist is refused with those that do."""
    with pytest.raises(ValueError, match=r"no layer 'ghosts' of a frame. Choose among sky, clean"):
        observe(scene, scene.start, truth=("sky", "ghosts"))


def test_clean_layer_is_free_of_stars(observation):
    """No pixel of the clean layer stands out of its neighbors in the field."""
    truth = observation.truth["clean"]
    y, x = np.indices(truth.shape)
    field = (np.hypot(x - 517, y - 532) > 100) & (np.hypot(x - 517, y - 532) < 500)
    inner = truth[1:-1, 1:-1]
    around = (truth[:-2, 1:-1] + truth[2:, 1:-1] + truth[1:-1, :-2] + truth[1:-1, 2:]) / 4
    assert np.abs(inner / np.maximum(around, 1) - 1)[field[1:-1, 1:-1]].max() < 0.02


def test_same_frame_whatever_else_is_taken(scene, frame):
    """A frame depends on scene and time alone, to the bit, and differs from the next one."""
    same = Scene.random(seed=7, detector="C3", cme=True, start="2001-06-15", compression="rice", exposure=19.1 * u.s)
    again = observe(same, [scene.start + 12 * u.min, scene.start])
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
    upright = Scene.random(seed=2, detector="C3", start="2001-06-15", roll=0 * u.deg)
    smaps = [
        observe(scene, scene.start, truth="clean")[0].layer("clean")
        for scene in (upright, upright.replace(roll=180 * u.deg))
    ]
    pylon = [smap.data[300, 290] - identify(smap.meta).bias for smap in smaps]
    assert pylon[1] == pytest.approx(pylon[0], rel=0.3)
    assert smaps[1].meta["crota1"] == 180
    sky = [sky_brightness(scene, scene.start) for scene in (upright, upright.replace(roll=180 * u.deg))]
    assert sky[1][532 + 200, 518 + 100] == pytest.approx(sky[0][533 - 200, 518 - 100], rel=0.03)


def test_summed_frame_is_the_sum():
    """A frame summed on board is the sum of the whole one, offset and all."""
    scene = Scene.random(seed=2, detector="C2", start="2001-06-15", compression="rice", exposure=25.1 * u.s)
    whole, summed = (observe(s, s.start)[0] for s in (scene, scene.replace(binning=2)))
    expected = whole.data.astype(int).reshape(512, 2, 512, 2).sum(axis=(1, 3))
    sent = (summed.data > 0) & (whole.data.reshape(512, 2, 512, 2).min(axis=(1, 3)) > 0)
    np.testing.assert_array_equal(summed.data[sent], expected[sent])
    assert summed.data.dtype == np.int32
    assert summed.meta["datazer"] == 8192


def test_polarizers_see_different_light():
    """Through polarizers there is a quarter of the light, and streamers differ from one to the next."""
    scene = Scene.random(
        seed=2, detector="C2", start="2001-06-15", compression="rice", exposure=100.1 * u.s, color="DeepRd"
    )
    smaps = [
        observe(scene.replace(polar=p), scene.start, truth="clean")[0].layer("clean")
        for p in ("Clear", "+60 Deg", "0 Deg", "-60 Deg")
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
        ({"binning": 3}, "binning cannot be 3"),
        ({"roll": 90 * u.deg}, "roll cannot be 90"),
        ({"compression": "zip"}, "compression cannot be zip"),
        ({"color": "Green"}, "no filter 'Green'"),
        ({"polar": "90 Deg"}, "no polarizer"),
        ({"exposure": 0 * u.s}, "longer than 0 s"),
        ({"snow": -1.0}, "snow at least 0"),
    ],
)
def test_errors(options, match):
    """What the camera cannot do is refused."""
    with pytest.raises(ValueError, match=match):
        Scene.random(1, **options)


@pytest.mark.parametrize("options", [{"exposure": 25.0}, {"roll": 180.0}, {"exposure": 25 * u.m}, {"roll": 3 * u.s}])
def test_lengths_of_time_and_angles_are_quantities(options):
    """Bare numbers and other units are refused with how to give them."""
    with pytest.raises(TypeError, match=rf"{next(iter(options))} must be an astropy quantity such as"):
        Scene.random(1, **options)
    assert Scene.random(1, exposure=0.5 * u.min, roll=np.pi * u.rad).exposure.to_value(u.s) == 30


def test_observe_needs_a_scene():
    """Anything else is refused with a hint."""
    with pytest.raises(TypeError, match="needs a Scene, not str"):
        observe("corona", "2001-01-01")
