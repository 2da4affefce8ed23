"""Samples, patches around holes with the truth: how they are made and stored."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
from sunpy_coronagraph_inpaint.inpaint.network.patches import AUXILIARY_CHANNELS, HolePatch, flatten, hole_patches
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.io.writing import whole_file
from sunpy_coronagraph_inpaint.simulate.telemetry import draw_holes

#: Holes are made beyond this many occulter radii.
_INNERMOST = 1.05
#: A larger deviation in the flat is not the sensitivity of a pixel but an edge in the image that the template
#: cannot follow: the truth without the flat is unknown there.
_EDGE = 0.03
#: Channel with the noise of a pixel, and factor by which averaging over a bin reduces the noise.
_NOISE, _AVERAGED = AUXILIARY_CHANNELS.index("noise of a cell"), 3.3
#: File name prefixes of backgrounds, which are not samples, and of samples of real frames.
_BACKGROUND, _REAL = "background_", "real_"
#: One in this many artificial files is for validation; relative frequency of samples of real frames.
_ONE_IN, _REAL_WEIGHT = 10, 2.0


class Sample(NamedTuple):
    """
    A patch with the truth in its hole.

    Attributes
    ----------
    images, known, extras, candidates, usable : `numpy.ndarray`
        As in the network's patches, shape ``(C, h, w)``, ``float16`` and `bool`.
    truth : `numpy.ndarray`
        Shape ``(h, w)``, in units of ``scale``.
    weight : `numpy.ndarray`
        Shape ``(h, w)``, boolean: bins that count in the loss.
    noise : float
        Standard deviation of the noise of ``truth``, in units of ``scale``; 0 if it is free of noise.
    scale : float
        Unit of brightness, relative to the radial profile.
    """

    images: np.ndarray
    known: np.ndarray
    extras: np.ndarray
    candidates: np.ndarray
    usable: np.ndarray
    truth: np.ndarray
    weight: np.ndarray
    noise: float
    scale: float


def sample_frame(frame, truth, *, background=None, noisy=True):
    """
    Yield a `Sample` of every hole of a frame.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        With holes, in which its values are ignored.
    truth : `numpy.ndarray`
        Shape of the frame: the frame before damage, or free of noise; NaN where not known.
    background : `~sunpy_coronagraph_inpaint.flatfield.Background`, optional
        Of the camera.
    noisy : bool, optional
        Whether ``truth`` includes noise, stars and the sensitivity of single pixels.
    """
    flat, level = flatten(frame, background)
    if level is None:
        background = None
    elif not noisy:
        smooth = replace(background, flat=np.zeros_like(background.flat)).level(frame.camera.grid)
        truth = np.where(np.abs(level / smooth - 1) < _EDGE, truth, np.nan)
        level = smooth
    was = (truth - frame.bias) / (1.0 if level is None else level)
    for patch in hole_patches(flat, background):
        yield _sample(flat, patch, was, noisy)


def _sample(frame, patch: HolePatch, was, noisy):
    window = patch.region.window
    valid = np.isfinite(was[window])
    ratio = np.where(valid, was[window], 0.0)
    profile = frame.profile(window)
    ratio = ratio / profile - 1 if frame.profile.relative else ratio - profile
    if noisy:
        # A hole should not be filled with a star of the truth.
        smoothed, _ = patch.grid.average(ratio, valid)
        valid &= np.abs(ratio - _nearest(smoothed, patch, ratio.shape)) < 5 * patch.scatter
    truth, seen = patch.grid.average(ratio, valid)
    half = np.float16
    return Sample(
        patch.images.astype(half),
        patch.known,
        patch.extras.astype(half),
        patch.candidates.astype(half),
        patch.usable,
        (truth / patch.scale).astype(half),
        patch.target & seen,
        float(np.exp(patch.extras[_NOISE, 0, 0]) / _AVERAGED if noisy else 0.0),
        patch.scale,
    )


def _nearest(layer, patch, shape):
    """Interpolate a layer of bins to all pixels of the window that the grid covers."""
    everywhere = np.ones(shape, bool)
    return patch.grid.sample(layer, everywhere).reshape(shape)


def sample_scene(scene, rng, *, background=None, rounds=2, holes=8):
    """
    Make samples of an artificial scene.

    Parameters
    ----------
    scene : dict
        As `~sunpy_coronagraph_inpaint.simulate.load` returns it, full frames.
    rng : `numpy.random.Generator`
        Random number generator.
    background : `~sunpy_coronagraph_inpaint.flatfield.Background`, optional
        Fitted to other scenes of the same detector.
    rounds, holes : int, optional
        How often the frame is damaged, and the number of holes each time.

    Yields
    ------
    `Sample`
        Half of the holes are drawn preferably where the corona changes between the frames before and after.
    """
    camera = identify(scene["header"])
    middle = len(scene["frames"]) // 2
    valid = ~scene["null"]
    before, frame, after = (scene["frames"][middle + i].astype(float) for i in (-1, 0, 1))
    neighbors = tuple(
        CoronagraphFrame.from_camera(data, camera, valid=valid, time=lag, bias=0.0)
        for data, lag in ((before, -scene["cadence"]), (after, scene["cadence"]))
    )
    change = np.abs(scene["after"] - scene["before"]) if "after" in scene else np.abs(after - before)
    interest = change / np.maximum(scene["truth"], 1.0)
    usable = valid & _field(camera, valid.shape)
    truth = np.where(valid, scene["truth"].astype(float), np.nan)
    for _ in range(rounds):
        lost = draw_holes(camera, usable, rng, number=holes, interest=interest)
        damaged = CoronagraphFrame.from_camera(
            np.where(lost, 0.0, frame), camera, lost, valid=valid & ~lost, neighbors=neighbors, bias=0.0
        )
        yield from sample_frame(damaged, truth, background=background, noisy=False)


def _field(camera, shape):
    y, x = np.indices(shape)
    radius = np.hypot(x - camera.center[0], y - camera.center[1])
    return (radius > _INNERMOST * camera.occulter_radius) & (radius < 0.5 * max(shape))


def sample_maps(maps, *, rounds=10, holes=6, seed=0, backgrounds=None):
    """
    Make samples of maps by removing intact blocks.

    Parameters
    ----------
    maps : iterable of `~sunpy.map.GenericMap`
        Frames of a known coronagraph without missing blocks.
    rounds, holes : int, optional
        How often each map is damaged, and the number of holes each time.
    seed : int, optional
        Seed of the places of the holes.
    backgrounds : callable, optional
        Function of a map that returns a background that was not fitted to that map, or `None`.

    Returns
    -------
    list of `Sample`

    Raises
    ------
    TypeError
        If one is not a map of a known coronagraph.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> from sunpy_coronagraph_inpaint.inpaint.training import sample_maps
    >>> samples = sample_maps([plain_corona(detector="C2", seed=1)], rounds=1, holes=2)
    >>> len(samples), samples[0].candidates.shape[0]
    (2, 8)
    """
    rng = np.random.default_rng(seed)
    samples = []
    for smap in maps:
        background = None if backgrounds is None else backgrounds(smap)
        for number in range(rounds):
            # One in four without the background, as for cameras and levels without one.
            used = None if number % 4 == 3 else background
            samples += sample_frame(*damaged_frame(smap, rng, holes=holes), background=used)
    return samples


def damaged_frame(smap, rng, *, holes=6):
    """
    Remove blocks in ``holes`` places from a map without missing blocks.

    Returns a `CoronagraphFrame` with holes and the truth, the map's data, NaN where there are none.
    """
    dropouts = find_dropouts(smap)
    camera = dropouts.camera
    valid = ~dropouts.no_data & np.isfinite(smap.data)
    data = np.asarray(smap.data, dtype=float)
    lost = draw_holes(camera, valid & _field(camera, valid.shape), rng, number=holes)
    frame = CoronagraphFrame.from_camera(np.where(lost, 0.0, data), camera, lost, valid=valid & ~lost)
    return frame, np.where(valid, data, np.nan)


def load_scene(path):
    """Read a scene of a library, and the time between its exposures in seconds."""
    from sunpy_coronagraph_inpaint.simulate.library import load

    scene = load(path)
    settings = json.loads((path.parent / "library.json").read_text(encoding="utf-8"))
    scene["cadence"] = 60.0 * settings["cadence"]
    return scene


def write_samples(path, samples):
    """Write a sequence of `Sample` to a file."""
    path = Path(path)
    tensors = {f"{i}.{name}": getattr(sample, name) for i, sample in enumerate(samples) for name in Sample._fields[:7]}
    numbers = [[sample.noise, sample.scale] for sample in samples]
    with whole_file(path) as part:
        save_file(tensors, part, metadata={"numbers": json.dumps(numbers)})


def read_samples(paths):
    """Read a list of `Sample` from files that `write_samples` wrote."""
    samples = []
    for path in paths:
        with safe_open(path, "np") as file:
            for i, numbers in enumerate(json.loads(file.metadata()["numbers"])):
                samples.append(Sample(*(file.get_tensor(f"{i}.{name}") for name in Sample._fields[:7]), *numbers))
    return samples


def list_sample_files(directory):
    """
    List the files ``*.safetensors`` in a directory, except those that begin with ``background_``.

    Raises `ValueError` if there are none.
    """
    paths = sorted(path for path in Path(directory).glob("[!.]*.safetensors") if not path.name.startswith(_BACKGROUND))
    if not paths:
        msg = f"There are no samples in {directory}. Make some with 'train scenes' or 'train frames' first."
        raise ValueError(msg)
    return paths


def split_sample_files(paths):
    """
    Split sample files into training and validation by a hash of their names.

    Only artificial files are used for validation; files that begin with ``real_`` hold real frames, which are all for
    training.
    """
    training, validation = [], []
    for path in paths:
        name = Path(path).name
        chosen = int(hashlib.sha256(name.encode()).hexdigest(), 16) % _ONE_IN == 0 and not name.startswith(_REAL)
        (validation if chosen else training).append(path)
    return training, validation


def sample_weights(paths, counts):
    """
    Return the relative frequency of each sample: real ones are drawn more often than artificial ones.

    ``counts`` is the number of samples in each of ``paths``.
    """
    return [
        _REAL_WEIGHT if Path(path).name.startswith(_REAL) else 1.0
        for path, count in zip(paths, counts, strict=True)
        for _ in range(count)
    ]
