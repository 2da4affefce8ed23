"""Look at a scene: level-0.5 frames as LASCO would have sent them, and the truth behind them."""

import zlib

import numpy as np

import sunpy.map
from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.instruments.lasco_facts import bias
from sunpy_coronagraph_inpaint.simulate.camera import DETECTORS, expose, pixel_flat
from sunpy_coronagraph_inpaint.simulate.compress import h_compress
from sunpy_coronagraph_inpaint.simulate.header import Exposure, lasco_header
from sunpy_coronagraph_inpaint.simulate.scene import Scene
from sunpy_coronagraph_inpaint.simulate.sky import count_rate
from sunpy_coronagraph_inpaint.simulate.statistics import SATURATION

__all__ = ["H_SCALES", "observe"]

H_SCALES = {"C2": 64, "C3": 32}
_STRAY_PIXEL = (7, 1020)  # not 0 although in a null block, in every real H-compressed frame of 2001 to 2004


def _sum(values, step):
    size = 1024 // step
    return values.reshape(size, step, size, step).sum(axis=(1, 3), dtype=values.dtype)


def _frame(scene, time, *, perfect, flat):
    exposure = Exposure(
        detector=scene.detector, time=time, seconds=scene.seconds, filter=scene.color, polar=scene.polar,
        summed=scene.summed, roll=scene.roll, compression=scene.compression,
    )  # fmt: skip
    offset = bias(scene.detector, int(time.mjd))
    year = float(time.decimalyear)
    rate = count_rate(scene, time, stars=not perfect, dust=flat or not perfect)
    if perfect:
        if flat:
            rate = rate * pixel_flat(scene.detector, year)
        counts = np.minimum(rate * np.float32(scene.seconds), DETECTORS[scene.detector].full_well)
        data = np.minimum(counts + np.float32(offset), np.float32(SATURATION)).astype(np.float32)
        data = _sum(data, scene.summed)
    else:
        rng = np.random.default_rng([scene.seed, zlib.crc32(time.isot.encode()), ord(scene.detector[1])])
        data = expose(rate, exposure, bias=offset, year=year, rng=rng, snow=scene.snow, activity=scene.activity)
        if scene.compression == "hcompress":
            data = np.maximum(h_compress(data, H_SCALES[scene.detector]), 1)
        data = data.astype(np.int16 if scene.summed == 1 else np.int32)
    camera = identify(lasco_header(data[:32, :32], exposure, offset=offset) | _size(data))
    data[camera.grid.mask(camera.null_blocks)] = 0
    if not perfect and scene.compression == "hcompress" and 2001 <= year < 2005:
        data[_STRAY_PIXEL] = 8192
    return sunpy.map.Map(data, lasco_header(data, exposure, offset=offset))


def _size(data):
    return {"naxis1": data.shape[1], "naxis2": data.shape[0]}


def observe(scene, times, *, perfect=False, flat=False):
    """
    Take frames of a scene.

    Parameters
    ----------
    scene : Scene
        What there is, and how it is looked at.
    times : `~astropy.time.Time`, str, or a list of them
        When: the start of each exposure.
    perfect : bool, optional
        `True` for the truth: without noise, stars, planets, comets, particles, loss of compression, dust and the
        sensitivity of single pixels, but in the same units and with the same offset, vignetting and stray light, as
        ``float32``.
    flat : bool, optional
        With ``perfect``, keep dust and the sensitivity of single pixels, which are fixed in the camera and can be
        known.

    Returns
    -------
    list of `~sunpy.map.sources.LASCOMap`
        Level-0.5 frames in DN, ``int16`` (``int32`` where summed), with the header of a real one. Null blocks are 0.

    Raises
    ------
    TypeError
        If ``scene`` is not a `Scene`.

    Notes
    -----
    The noise of a frame depends on the seed of the scene and the time of the frame alone: the same frame comes out
    whatever others are taken with it.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.simulate import Scene, observe
    >>> scene = Scene.random(seed=7, detector="C3", cme=True)
    >>> (frame,) = observe(scene, scene.times(1))
    >>> (truth,) = observe(scene, scene.times(1), perfect=True)
    >>> frame.data.dtype, truth.data.dtype, frame.meta["detector"]
    (dtype('int16'), dtype('float32'), 'C3')
    """
    if not isinstance(scene, Scene):
        msg = f"observe needs a Scene, not {type(scene).__name__}. Make one with Scene.random(seed=...)."
        raise TypeError(msg)
    times = np.atleast_1d(parse_time(times))
    return [_frame(scene, time, perfect=perfect, flat=flat) for time in times]
