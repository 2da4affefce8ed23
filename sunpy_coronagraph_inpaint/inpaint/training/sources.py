"""Samples of the frames and scenes on which the bundled LASCO weights are trained."""

from pathlib import Path

import numpy as np

from astropy.io import fits
from astropy.time import Time

import sunpy.map
from sunpy import log

from sunpy_coronagraph_inpaint.dataset import open_dataset
from sunpy_coronagraph_inpaint.flatfield.estimate import fit_background, flattened, spoiled
from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.frames.frame import RadialProfile
from sunpy_coronagraph_inpaint.frames.neighbors import observation_time
from sunpy_coronagraph_inpaint.inpaint.training.samples import (
    damaged_frame,
    load_scene,
    sample_maps,
    sample_scene,
    write_samples,
)
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.instruments.lasco_facts import bias
from sunpy_coronagraph_inpaint.threads import single_threaded

#: A small image is rejected as hit by particles if more than this fraction of its pixels exceeds the limit.
_SPOILED, _LIMIT = 0.01, 20.0
#: Lowest value of saturated pixels in real frames, counts: below the full scale of the converter.
_SATURATED = {"C2": 15250.0, "C3": 12280.0}
#: Number of backgrounds fitted to artificial scenes, and scenes for each, which are not used as samples.
_BACKGROUNDS, _SCENES = 3, 8


class RealFrames:
    """
    Real level-0.5 frames of one detector, and backgrounds fitted to subsets of them.

    Test frames, see `~sunpy_coronagraph_inpaint.dataset.split_of`, are never used.

    Parameters
    ----------
    directory : path-like
        A data set, or any directory of frames: full unsummed ones, and small images without header keywords whose names
        hold detector and date, see `~sunpy_coronagraph_inpaint.dataset.open_dataset`.
    detector : str
        ``"C2"`` or ``"C3"``.

    Raises
    ------
    ValueError
        If there are fewer than two frames.
    """

    def __init__(self, directory, detector):
        table = open_dataset(directory)
        table = table[(table["detector"] == detector) & (table["split"] != "test")]
        full = table[(table["level"] == "0.5") & (table["nx"] == 1024) & (table["ny"] == 1024)]
        self.maps = [sunpy.map.Map(Path(directory) / name) for name in full["file"]]
        if len(self.maps) < 2:
            msg = f"{directory} has {len(self.maps)} full {detector} frames to learn from; give one with two or more."
            raise ValueError(msg)
        self.days = [_day(smap) for smap in self.maps]
        found = [find_dropouts(smap) for smap in self.maps]
        self.camera = found[0].camera
        self._parts = [
            self._flattened(smap.data.astype(float), ~dropouts.no_data, dropouts.camera)
            for smap, dropouts in zip(self.maps, found, strict=True)
        ]
        small = [(Path(directory) / row["file"], row["date"][:10]) for row in table[table["level"] == ""]]
        pictures = [(date.replace("-", ""), self._read_small(path, date)) for path, date in small]
        self._small = [(day, picture) for day, picture in pictures if picture is not None]

    def _flattened(self, data, valid, camera):
        bad = spoiled(data, camera.center, camera.occulter_radius, _SATURATED[camera.name[-2:]])
        return flattened(data, valid & ~bad, camera.center, camera.bias)

    def _read_small(self, path, date):
        if date.replace("-", "") in self.days:
            return None
        net = fits.getdata(path).astype(float)
        factor = 1024 // len(net)
        center, radius = tuple(axis / factor for axis in self.camera.center), self.camera.occulter_radius / factor
        bad = spoiled(net, center, radius, _SATURATED[self.camera.name[-2:]], factor=factor)
        valid = net > 0
        net -= bias(self.camera.name[-2:], int(Time(date).mjd))
        profile = RadialProfile(net, valid, center)(np.s_[:, :])
        ratio = np.where(valid, np.clip(net / profile, 1 / _LIMIT, _LIMIT), np.nan)
        if np.mean(ratio[valid] >= _LIMIT) > _SPOILED or np.std(ratio[valid]) > 1:
            log.info(f"{path.name} is hit by too many particles and not used.")
            return None
        return np.where(bad, np.nan, np.log(ratio))

    def background(self, without=None):
        """Fit a background to all frames, or to all except those of one day."""
        return fit_background(
            [part for part, day in zip(self._parts, self.days, strict=True) if day != without],
            center=self.camera.center,
            occulter_radius=self.camera.occulter_radius,
            coarse=[picture for day, picture in self._small if day != without],
        )

    def samples(self, *, rounds=24, holes=8, seed=100):
        """Yield the day and the samples of each frame, with a background that was not fitted to frames of its day."""
        backgrounds = {}
        for number, (smap, day) in enumerate(zip(self.maps, self.days, strict=True)):
            if day not in backgrounds:
                backgrounds[day] = self.background(day)
            fitted = backgrounds[day]
            with single_threaded():
                found = sample_maps(
                    [smap], rounds=rounds, holes=holes, seed=seed + number, backgrounds=lambda _, b=fitted: b
                )
            yield day, found

    def cases(self, *, rounds=3, seed=500):
        """Yield frames with holes, the truth, and a background that was not fitted to frames of their day."""
        rng = np.random.default_rng(seed)
        for day in dict.fromkeys(self.days):
            fitted = self.background(day)
            for smap in (smap for smap, its_day in zip(self.maps, self.days, strict=True) if its_day == day):
                for _ in range(rounds):
                    yield *damaged_frame(smap, rng, holes=12), fitted


def _day(smap):
    return observation_time(smap.meta).strftime("%Y%m%d")


def scene_samples(library, out_dir, *, detector, background=None, seed=5, part=0, parts=1):
    """
    Make samples of libraries of artificial scenes, and yield each file once it is written.

    Parameters
    ----------
    library : path-like
        Directory of libraries ``<detector>_*``, as `~sunpy_coronagraph_inpaint.simulate.render` writes them.
    out_dir : path-like
        Directory for the samples; scenes whose samples exist are skipped.
    detector : str
        ``"C2"`` or ``"C3"``.
    background : `~sunpy_coronagraph_inpaint.flatfield.Background`, optional
        Of the real camera. Artificial frames are filled with it as well, although it does not fit them exactly.
    seed : int, optional
        Seed of the choice of scenes for the backgrounds.
    part, parts : int, optional
        Make one part of several, for separate processes.
    """
    out_dir = Path(out_dir)
    paths = sorted(path for folder in Path(library).glob(f"{detector}_*") for path in folder.glob("*.npz"))
    order = np.random.default_rng(seed).permutation(len(paths))
    backgrounds = [
        _scene_background([paths[i] for i in order[start : start + _SCENES]])
        for start in range(0, _BACKGROUNDS * _SCENES, _SCENES)
    ]
    for number, i in enumerate(order[_BACKGROUNDS * _SCENES :]):
        path = out_dir / f"{paths[i].parent.name}_{paths[i].stem}.safetensors"
        if number % parts != part or path.exists():
            continue
        scene, rng = load_scene(paths[i]), np.random.default_rng([7, i])
        with single_threaded():
            found = list(sample_scene(scene, rng, background=backgrounds[number % _BACKGROUNDS], rounds=2))
            if background is not None:
                found += sample_scene(scene, rng, background=background, rounds=2)
            found += sample_scene(scene, rng, rounds=1)
        write_samples(path, found)
        yield path


def _scene_background(paths):
    parts = []
    for path in paths:
        scene = load_scene(path)
        camera, middle = identify(scene["header"]), len(scene["frames"]) // 2
        parts.append(flattened(scene["frames"][middle].astype(float), ~scene["null"], camera.center, 0.0))
    return fit_background(parts, center=camera.center, occulter_radius=camera.occulter_radius)
