"""A library of training scenes on disk."""

import json
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from tqdm import tqdm

import astropy.units as u

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.io.writing import whole_file
from sunpy_coronagraph_inpaint.simulate.observation import layers, observe
from sunpy_coronagraph_inpaint.simulate.scene import Scene, quantity

_SETTINGS = "library.json"


def render_scene(seed, *, detector="C3", frames=3, cadence=12 * u.min, snow=False, crop=None):
    """
    Render one scene of a library: a short sequence and the truth of its middle frame.

    ``frames`` is the odd number of exposures, ``cadence`` the time between them; with ``snow`` one scene in ten has a
    solar particle event; ``crop`` is the side of a square cut out of the open field at random, `None` for the whole
    frame.

    Returns a dictionary: ``frames``, shape ``(frames, ny, nx)``, and ``truth``, shape ``(ny, nx)``, as ``float16``
    square roots of the DN above the offset, which makes photon noise uniform and rounds by less than a quarter of it
    (`load` undoes it); ``null`` (boolean, never transmitted), ``origin`` (row and column of the crop) and ``header``
    (of the middle frame, as JSON).
    """
    rng = np.random.default_rng([seed, 16])
    great = snow and rng.random() < 0.1
    scene = Scene.random(
        seed, detector, cme=int(rng.random() < 0.6) + int(rng.random() < 0.1), snow=10 ** rng.uniform(1, 2.8) * great
    )
    times = scene.times(frames, cadence=cadence)
    middle = frames // 2
    maps = observe(scene, times)
    truth = layers(scene, times[middle], ("clean",))["clean"]
    camera = identify(maps[middle].meta)
    corner = _corner(camera, maps[middle].data.shape, crop, rng)
    window = tuple(slice(start, None if crop is None else start + crop) for start in corner)
    header = {key: value for key, value in maps[middle].meta.items() if key != "keycomments"}
    return {
        "frames": np.stack([_pack(smap.data[window], camera.bias) for smap in maps]),
        "truth": _pack(truth[window], camera.bias),
        "null": camera.grid.mask(camera.null_blocks)[window],
        "origin": np.array(corner),
        "header": json.dumps(header),
    }


def _corner(camera, shape, crop, rng):
    if crop is None:
        return (0, 0)
    for _ in range(100):
        corner = tuple(int(rng.integers(0, side - crop + 1)) for side in shape)
        middle = np.array(corner) + crop / 2 - np.array(camera.center[::-1])
        if 1.2 * camera.occulter_radius < np.hypot(*middle) < shape[0] / 2:
            break
    return corner


def _pack(data, bias):
    return np.sqrt(np.maximum(data - bias, 0)).astype(np.float16)


def _write(path, arrays):
    with whole_file(path) as part, part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def _begin():
    """Compute on one thread, so that parallel processes do not compete for the processors."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def _one(path, seed, options):
    _write(path, render_scene(seed, **options))
    return path


def _agree(folder, settings):
    """Store the settings of a library, or raise `ValueError` if it was rendered with others."""
    note = folder / _SETTINGS
    if note.exists():
        there = json.loads(note.read_text(encoding="utf-8"))
        if there != settings:
            msg = f"{folder} holds a library with other settings ({there}). Choose another directory."
            raise ValueError(msg)
        return
    with whole_file(note) as part:
        part.write_text(json.dumps(settings), encoding="utf-8")


def render(
    n, out_dir, *, seed=0, jobs=1, detector="C3", frames=3, cadence=12 * u.min, snow=False, crop=None, progress=True
):
    """
    Render a library of scenes to disk, keeping those that exist: a run can be resumed or extended.

    Parameters
    ----------
    n : int
        Number of scenes.
    out_dir : path-like
        Directory of the library; it is created if it does not exist.
    seed : int, optional
        Scene ``i`` has the seed ``seed + i``.
    jobs : int, optional
        Number of parallel processes.
    detector : str, optional
        ``"C2"`` or ``"C3"``.
    frames : int, optional
        Exposures per scene; odd, so that there is a middle one.
    cadence : `~astropy.units.Quantity`, optional
        Time between exposures.
    snow : bool, optional
        Whether one scene in ten has a solar particle event.
    crop : int or None, optional
        Side in pixels of a square cut out of the open field at random, instead of the whole frame.
    progress : bool, optional
        Whether to show a progress bar.

    Returns
    -------
    list of `pathlib.Path`
        The files ``scene_<detector>_<seed>.npz``, in the order of the seeds.

    Raises
    ------
    ValueError
        If the directory holds a library with other settings, ``n`` or ``jobs`` is below 1, or ``frames`` is even.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sunpy_coronagraph_inpaint.simulate.library import load, render
    >>> with TemporaryDirectory() as folder:
    ...     paths = render(1, folder, frames=1, crop=128, progress=False)
    ...     load(paths[0])["truth"].shape
    (128, 128)
    """
    if n < 1 or jobs < 1 or frames < 1 or frames % 2 == 0:
        msg = f"Ask for at least one scene, one job and an odd number of frames, not {n}, {jobs} and {frames}."
        raise ValueError(msg)
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    options = {"detector": detector, "frames": frames, "cadence": cadence, "snow": snow, "crop": crop}
    _agree(folder, options | {"cadence": quantity(cadence, u.min, "cadence").value})
    paths = {seed + i: folder / f"scene_{detector}_{seed + i:07d}.npz" for i in range(n)}
    missing = {key: path for key, path in paths.items() if not path.exists()}
    with tqdm(total=n, initial=n - len(missing), unit="scene", disable=not progress) as bar:
        if jobs == 1:
            for key, path in missing.items():
                _one(path, key, options)
                bar.update()
        elif missing:
            with ProcessPoolExecutor(jobs, initializer=_begin) as pool:
                for done in as_completed([pool.submit(_one, path, key, options) for key, path in missing.items()]):
                    done.result()
                    bar.update()
    return list(paths.values())


def load(path):
    """
    Read a scene of a library.

    Parameters
    ----------
    path : path-like
        A file that `render` wrote.

    Returns
    -------
    dict
        ``frames`` (shape ``(frames, ny, nx)``) and ``truth`` (of the middle frame, shape ``(ny, nx)``), ``float32`` DN
        above the offset; ``null`` (boolean, blocks that are never transmitted), ``origin`` (row and column of the crop)
        and ``header`` (of the middle frame, a dictionary).

    See Also
    --------
    render : Write a library; its example reads a scene.
    """
    with np.load(path) as file:
        arrays = dict(file)
    for name in ("frames", "truth"):
        arrays[name] = arrays[name].astype(np.float32) ** 2
    arrays["header"] = json.loads(str(arrays["header"]))
    return arrays
