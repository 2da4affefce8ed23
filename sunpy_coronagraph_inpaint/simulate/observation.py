"""Observe a scene: level-0.5 frames as LASCO would have sent them, and the layers that make them up."""

import zlib
from typing import NamedTuple

import numpy as np

import astropy.units as u

import sunpy.map
from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, SATURATION, bias
from sunpy_coronagraph_inpaint.simulate.compress import h_compress
from sunpy_coronagraph_inpaint.simulate.detector import expose, pixel_flat
from sunpy_coronagraph_inpaint.simulate.header import Exposure, lasco_header
from sunpy_coronagraph_inpaint.simulate.optics import brightness_per_count, epoch, optics
from sunpy_coronagraph_inpaint.simulate.scene import Scene
from sunpy_coronagraph_inpaint.simulate.sky import point_sources, sky_brightness
from sunpy_coronagraph_inpaint.simulate.stars import point_spread

H_SCALES = {"C2": 64, "C3": 32}
LAYERS = ("sky", "clean", "optics", "stray", "stars", "psf", "flat", "particles", "telemetry")
_STRAY_PIXEL = (7, 1020)  # not 0 although in a null block, in every real H-compressed frame of 2001 to 2004


class Observation(NamedTuple):
    """
    A frame, and the requested layers of it.

    Attributes
    ----------
    map : `~sunpy.map.sources.LASCOMap`
        The frame as it was sent, level 0.5.
    truth : dict
        Layers by name, arrays of the shape of the frame; `~sunpy_coronagraph_inpaint.simulate.observe` lists them.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.simulate import Scene, observe
    >>> scene = Scene.random(seed=7, detector="C3", binning=4)
    >>> (observation,) = observe(scene, scene.start, truth="particles")
    >>> observation.map.data.shape, observation.truth["particles"].dtype
    ((256, 256), dtype('bool'))
    """

    map: sunpy.map.GenericMap
    truth: dict[str, np.ndarray]

    def layer(self, name):
        """
        Return a layer as a map with the header of the frame.

        Parameters
        ----------
        name : str
            One of the requested layers that have the shape of the frame.

        Returns
        -------
        `~sunpy.map.sources.LASCOMap`
        """
        return sunpy.map.Map(self.truth[name], self.map.meta)


class _Light:
    """The light that reaches the detector in one exposure, each part computed on request."""

    def __init__(self, scene, time):
        self.scene, self.time = scene, time
        self.year = float(time.decimalyear)
        self.offset = bias(scene.detector, int(time.mjd))
        self.exposure = Exposure(
            detector=scene.detector, time=time, seconds=float(scene.exposure.to_value(u.s)), filter=scene.color,
            polar=scene.polar, binning=scene.binning, roll=float(scene.roll.to_value(u.deg)),
            compression=scene.compression,
        )  # fmt: skip
        self.seconds = np.float32(self.exposure.seconds)
        self.glass = optics(scene.detector, epoch(scene.detector, time.mjd))
        color, mjd = DETECTORS[scene.detector].filter, time.mjd
        self.per_count = brightness_per_count(scene.detector, scene.color, scene.polar, mjd)
        # Filter and polarizer change the stray light by the same factor as the sky.
        self.dimmed = np.float32(brightness_per_count(scene.detector, color, "Clear", mjd) / self.per_count)
        self.sky = sky_brightness(scene, time)

    def stars(self):
        """Return the rate of stars, planets and comets before the optics, DN/s."""
        share = brightness_per_count(self.scene.detector, self.scene.color, "Clear", self.time.mjd) / self.per_count
        return point_sources(self.scene, self.time, share)

    def rate(self, stars=None):
        """Return the rate at the detector without its dust, DN/s."""
        rate = self.sky / np.float32(self.per_count)
        if stars is not None:
            rate = rate + stars
        return rate * self.glass.throughput + self.glass.stray * self.dimmed

    def clean(self):
        """Return the frame of a noiseless camera of equal pixels, DN."""
        counts = np.minimum(self.rate() * self.seconds, DETECTORS[self.scene.detector].full_well)
        data = np.minimum(counts + np.float32(self.offset), np.float32(SATURATION)).astype(np.float32)
        return _binned(data, self.scene.binning, np.sum)


def _binned(image, step, by):
    size = 1024 // step
    if step == 1:
        return image
    kind = {"dtype": image.dtype} if by is not np.any else {}
    return by(image.reshape(size, step, size, step), axis=(1, 3), **kind)


def _null_blocks(light):
    """Return the pixels of blocks that are never transmitted."""
    corner = np.zeros((32, 32), np.int16)
    ny, nx = light.exposure.shape
    camera = identify(lasco_header(corner, light.exposure, offset=light.offset) | {"naxis1": nx, "naxis2": ny})
    return camera.grid.mask(camera.null_blocks)


def _take(light):
    """Return the data of a frame, and the pixels that particles hit on the detector."""
    scene = light.scene
    rng = np.random.default_rng([scene.seed, zlib.crc32(light.time.isot.encode()), ord(scene.detector[1])])
    rate = light.rate(light.stars()) * light.glass.dust
    options = {"bias": light.offset, "year": light.year, "snow": scene.snow, "activity": scene.activity}
    data, hits = expose(rate, light.exposure, rng=rng, **options)
    lossy = scene.compression == "hcompress"
    if lossy:
        data = np.maximum(h_compress(data, H_SCALES[scene.detector]), 1)
    data = data.astype(np.int16 if scene.binning == 1 else np.int32)
    data[_null_blocks(light)] = 0
    if lossy and 2001 <= light.year < 2005:
        data[_STRAY_PIXEL] = 8192
    return data, hits


def _layer(name, light, hits):
    glass, step = light.glass, light.scene.binning
    if name == "clean":
        return np.where(_null_blocks(light), np.float32(0), light.clean())
    if name == "telemetry":
        return _null_blocks(light)
    if name == "psf":
        return point_spread(light.scene.detector)
    if name == "particles":
        return _binned(hits, step, np.any)
    summed = {
        "stray": lambda: glass.stray * light.dimmed * light.seconds,
        "stars": lambda: light.stars() * glass.throughput * light.seconds,
    }
    if name in summed:
        return _binned(summed[name]().astype(np.float32), step, np.sum)
    image = {
        "sky": lambda: light.sky,
        "optics": lambda: glass.throughput,
        "flat": lambda: glass.dust * pixel_flat(light.scene.detector, light.year),
    }[name]()
    return _binned(image.astype(np.float32), step, np.mean)


def layers(scene, time, names):
    """Return layers of one frame as `observe` does, in two thirds of the time if none of them needs the frame."""
    light = _Light(scene, time)
    hits = _take(light)[1] if "particles" in names else None
    return {name: _layer(name, light, hits) for name in names}


def observe(scene, times, *, truth=None):
    """
    Take frames of a scene.

    Parameters
    ----------
    scene : Scene
        The sky and the camera.
    times : `~astropy.time.Time`, str, or a list of them
        Start of each exposure.
    truth : str or iterable of str, optional
        Layers to return with each frame, see below.

    Returns
    -------
    list of `~sunpy.map.sources.LASCOMap`, or of `Observation` where ``truth`` is given
        Level-0.5 frames in DN, ``int16`` (``int32`` where pixels were binned), with the header of a real one. Null
        blocks are 0.

    Raises
    ------
    TypeError
        If ``scene`` is not a `Scene`.
    ValueError
        If there is no layer of that name.

    Notes
    -----
    The noise of a frame depends only on the seed of the scene and the time of the frame: it does not matter which other
    frames or layers are taken with it.

    The layers, each the truth of one task, are arrays of the shape of the frame, ``float32`` unless stated otherwise:

    ``"sky"``
        Brightness of corona and CMEs in front of the telescope, mean solar brightness (MSB); without stars.
    ``"clean"``
        The frame of a noiseless camera of equal pixels, DN: sky through the optics with stray light, offset and
        saturation, without stars, dust, pixel sensitivity, noise, particles and loss of compression. Null blocks are 0.
    ``"optics"``
        Fraction of the light from each direction that reaches the detector: vignetting, pylon, field stop; from 0 to 1.
    ``"stray"``
        Stray light and light diffracted at the occulter, DN of this exposure.
    ``"stars"``
        Light of stars, planets and comets through the optics, DN of this exposure.
    ``"psf"``
        The point spread function, shape (9, 9), sum 1: the image of a point source in the middle of an unbinned pixel.
        Planets also have a glare, comets are blurred by twice its width, and the diffuse light is not blurred.
    ``"flat"``
        Sensitivity of the pixels relative to their mean, with the dust on the detector.
    ``"particles"``
        Boolean, `True` on pixels in which a cosmic ray or a solar particle left charge, however little. Pixels along
        the row that receive charge above the full well, or that compression changes around a hit, are not marked.
    ``"telemetry"``
        Boolean, `True` on the blocks that are never transmitted.

    For an unbinned frame, before charge spills and values are digitized, ``(sky / factor * exposure * optics + stray +
    stars) * flat + noise`` are the counts above the offset where no particle hit, with the calibration factor of the
    filter. Binned frames are sums, and so are the layers in DN; the others are means, or `True` where any pixel is.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.simulate import Scene, observe
    >>> scene = Scene.random(seed=7, detector="C3", cme=True)
    >>> (frame,) = observe(scene, scene.start)
    >>> frame.data.dtype, frame.meta["detector"]
    (dtype('int16'), 'C3')
    >>> (observation,) = observe(scene, scene.start, truth=("clean", "particles"))
    >>> bool((observation.map.data == frame.data).all()), sorted(observation.truth)
    (True, ['clean', 'particles'])
    """
    if not isinstance(scene, Scene):
        msg = f"observe needs a Scene, not {type(scene).__name__}. Make one with Scene.random(seed=...)."
        raise TypeError(msg)
    names = () if truth is None else (truth,) if isinstance(truth, str) else tuple(truth)
    if unknown := [name for name in names if name not in LAYERS]:
        msg = f"There is no layer {unknown[0]!r} of a frame. Choose among {', '.join(LAYERS)}."
        raise ValueError(msg)
    taken = []
    for time in np.atleast_1d(parse_time(times)):
        light = _Light(scene, time)
        data, hits = _take(light)
        smap = sunpy.map.Map(data, lasco_header(data, light.exposure, offset=light.offset))
        taken.append(smap if truth is None else Observation(smap, {name: _layer(name, light, hits) for name in names}))
    return taken
