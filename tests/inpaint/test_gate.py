"""Trust in the camera's background in a hole."""

from dataclasses import replace

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
from sunpy_coronagraph_inpaint.inpaint.methods.kriging import kriging
from sunpy_coronagraph_inpaint.inpaint.methods.partial_conv import fill_with
from sunpy_coronagraph_inpaint.inpaint.network import patches
from sunpy_coronagraph_inpaint.inpaint.network.gate import parts_around, trust
from sunpy_coronagraph_inpaint.inpaint.network.patches import flatten, hole_patches
from sunpy_coronagraph_inpaint.inpaint.network.trained import load_network
from sunpy_coronagraph_inpaint.instruments import identify
from tests.inpaint.artificial import corona, frame_of, hole

SIDE = 1024
STREAK, WAVES = np.s_[736:768, 640:672], np.s_[224:256, 640:672]
ROWS, COLUMNS = np.indices((SIDE, SIDE))


def background(*, streak=0.0):
    """A background with waves of some 80 pixels in one quarter, a flat of 1 %, and a streak in another quarter."""
    template = 0.5 * np.sin(COLUMNS / 13) * np.cos(ROWS / 17) * (ROWS < 500) * (COLUMNS > 500)
    template += streak * (np.abs(ROWS - 755) < 8) * (COLUMNS > 600)
    flat = 0.01 * np.random.default_rng(5).normal(size=(SIDE, SIDE))
    flat[(np.abs(ROWS - 752) < 3) & (COLUMNS > 600)] += streak / 4
    small = template.reshape(256, 4, 256, 4).mean(axis=(1, 3))
    return Background(small.astype(np.float32), np.zeros((0, 256, 256)), flat.astype(np.float32))


@pytest.fixture(scope="module")
def camera():
    """The camera of C2."""
    from sunpy_coronagraph_inpaint.simulate import plain_corona

    return identify(plain_corona(detector="C2").meta)


def taken(camera, behind, block=STREAK):
    """A frame behind a background, with noise of half a per cent, and what it was before the hole."""
    level = behind.level(camera.grid)
    truth = corona((SIDE, SIDE), camera.center) * level
    data = truth * (1 + 0.005 * np.random.default_rng(1).normal(size=truth.shape)) + camera.bias
    frame = frame_of(data, hole((SIDE, SIDE), block), center=camera.center, truth=truth + camera.bias)
    frame = replace(
        frame, bias=camera.bias, camera=camera, neighbors=tuple(replace(n, bias=camera.bias) for n in frame.neighbors)
    )
    return frame, truth + camera.bias


def network(behind):
    """The bundled network with another background."""
    return replace(load_network("lasco_c2"), background=behind)


def error(fill, frame, truth):
    """Root mean square of a fill's deviation from the truth, relative to what is above the bias."""
    was = truth[frame.holes]
    return float(np.sqrt(np.mean(((fill.values - was) / (was - frame.bias)) ** 2)))


def test_left_out_is_prediction_without_the_part():
    """The residuals from one inverse are those of a prediction from the other parts alone, outliers included."""
    from sunpy_coronagraph_inpaint.inpaint.gaussian_process import fit_robust

    rng = np.random.default_rng(0)
    at, parts = tuple(rng.uniform(-50, 50, (2, 80))), np.arange(80) % 8
    value = 1e-3 * at[0] + rng.normal(0, 0.004, 80)
    value[7] += 0.5
    drift = rng.normal(0, 0.01, (80, 2))
    process = fit_robust(at, value, np.full(80, 16.0), 0.02, 1.0, drift)
    believed = process.cells.nugget < 1e-2
    assert len(process.weights) == np.count_nonzero(believed) < 80
    assert not believed[7]
    matrix = process.covariance(at, at) + drift @ drift.T + np.diag(process.cells.nugget)
    found = process.left_out(parts)
    for part in range(8):
        own, rest = parts == part, (parts != part) & believed
        expected = value[own] - matrix[np.ix_(own, rest)] @ np.linalg.solve(matrix[np.ix_(rest, rest)], value[rest])
        np.testing.assert_allclose(found[own], expected, atol=1e-4)
    assert found[7] == pytest.approx(0.5, abs=0.05)


def test_parts_around():
    """Sides and corners have numbers of their own; what lies between two parts of a hole belongs to a side."""
    holes = hole((60, 60), np.s_[20:40, 20:30])
    y, x = np.array([10, 10, 10, 30, 30, 50, 50, 50]), np.array([10, 25, 50, 10, 50, 10, 25, 50])
    np.testing.assert_array_equal(parts_around(y, x, holes), [0, 1, 2, 3, 5, 6, 7, 8])
    two = hole((60, 60), np.s_[10:20, 10:20], np.s_[40:50, 40:50])
    np.testing.assert_array_equal(parts_around(np.array([30, 12]), np.array([12, 30]), two), [3, 1])


def test_trust_of_what_cannot_be_tried():
    """With one part alone, or without any residual, there is no evidence for a model."""
    one, several = np.zeros(9, int), np.arange(9)
    noise = np.random.default_rng(0).normal(size=9)
    assert trust((noise, one), (0.1 * noise, one)) == 0
    assert trust((0 * noise, several), (0 * noise, several)) == 0
    assert trust((noise, several), (0 * noise, several)) == 1


def test_one_star_decides_nothing():
    """A bin that neither predicts has the same effect on both."""
    parts, noise = np.arange(40) % 8, np.random.default_rng(0).normal(size=40)
    star = np.where(parts == 3, 1e3, 0.0) * (np.arange(40) == 3)
    assert trust((noise + star, parts), (0.3 * noise + star, parts)) > 0.9


def test_a_right_background_is_used(camera):
    """A frame behind its background is filled with it: waves that the hole hides come out, sensitivity included."""
    frame, truth = taken(camera, background(), WAVES)
    loaded, alone = network(background()), frame.with_neighbors(())
    (found,) = hole_patches(*_flat(alone, loaded))
    assert found.plain.trust > 0.9
    assert error(fill_with(alone, loaded), frame, truth) < 0.4 * error(kriging(alone), frame, truth)


def _flat(frame, loaded):
    flat, level = flatten(frame, loaded.background)
    assert level is not None
    return flat, loaded.background, level


@pytest.mark.parametrize("neighbors", [0, 2])
def test_a_streak_of_other_frames_is_not_printed(camera, monkeypatch, neighbors):
    """A streak in the background that the frame does not have is not added to the fill."""
    frame, truth = taken(camera, background())
    printed = network(background(streak=0.5))
    frame = frame.with_neighbors(frame.neighbors[:neighbors])
    (found,) = hole_patches(*_flat(frame, printed))
    assert found.plain.trust < 0.15
    gated = error(fill_with(frame, printed), frame, truth)
    plain = error(fill_with(frame, replace(printed, background=None)), frame, truth)
    assert gated < 3 * plain
    monkeypatch.setattr(patches, "trust", lambda *_: 1.0)
    assert gated < error(fill_with(frame, printed), frame, truth) / 3 or neighbors


def test_without_trust_it_is_kriging(camera, monkeypatch):
    """With a trust of 0, the fill is that of kriging."""
    monkeypatch.setattr(patches, "trust", lambda *_: 0.0)
    frame, _ = taken(camera, background(), WAVES)
    alone = frame.with_neighbors(())
    fill, plain = (result.values - camera.bias for result in (fill_with(alone, network(background())), kriging(alone)))
    assert np.median(np.abs(fill / plain - 1)) < 2e-3
    monkeypatch.setattr(patches, "trust", lambda *_: 1.0)
    fill = fill_with(alone, network(background())).values - camera.bias
    assert np.median(np.abs(fill / plain - 1)) > 5e-3


def test_a_flipped_background_is_refused(camera):
    """A frame is not divided by a mirrored background."""
    frame, _ = taken(camera, background())
    right = background()
    flipped = Background(right.template[:, ::-1], right.modes, right.flat[:, ::-1])
    assert flatten(frame, right)[1] is not None
    assert flatten(frame, flipped)[1] is None


@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_venus_is_not_printed(data_dir, real_map):
    """Blocks of a real frame where frames a week later, of which the background is, have Venus and its streak."""
    smap = real_map(data_dir / "lasco" / "level_05" / "c2" / "22321894.fts")
    camera = find_dropouts(smap).camera
    data, valid = np.asarray(smap.data, float), ~find_dropouts(smap).no_data
    for row, column in ((22, 20), (21, 20), (20, 20)):
        holes = camera.grid.mask([32 * row + column])
        frame = CoronagraphFrame(
            np.where(holes, 0.0, data), valid & ~holes, holes, camera.center, camera.solar_radius, camera.bias,
            camera.exposure, camera=camera,
        )  # fmt: skip
        ours, plain = (
            np.sqrt(np.mean((fill.values - data[holes]) ** 2))
            for fill in (fill_with(frame, load_network("lasco_c2")), kriging(frame))
        )
        assert ours < 1.25 * plain
