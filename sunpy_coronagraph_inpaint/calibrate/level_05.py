"""A level-0.5 frame: its exposure, its pixels on the detector, and its state between the steps of the calibration."""

from dataclasses import dataclass, field

import numpy as np

from astropy.time import Time

from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.instruments.lasco_header import modified_julian_day, number, text

DETECTOR_SIZE = 1024
TRACE = 1e-6
"""Smallest weight with which a pixel counts as part of an interpolation."""
_DERIVED = {"PB", "TI", "UP", "JY", "JZ", "Qs", "Us", "Qt", "Jr", "Jt"}


@dataclass(frozen=True, kw_only=True, eq=False)
class ExposureInfo:
    """The exposure of a level-0.5 frame, from its header."""

    camera: object  # FrameInfo of the frame
    detector: str
    color: str
    polar: str
    time: Time  # start of the exposure, not corrected for the clock error
    exposure: float  # exposure time in seconds, not corrected
    middle: tuple[float, float]  # MID_DATE and MID_TIME, by which the tables of exposure factors list the frame
    crota: float  # nominal roll of the spacecraft, degrees
    derived: bool  # computed from other frames (e.g. polarized brightness); the bias is already subtracted
    monthly: bool  # a monthly background model; the bias is already subtracted

    @classmethod
    def from_header(cls, meta):
        """Read a header; `ValueError` if it is not that of a level-0.5 frame of LASCO C2 or C3."""
        camera = identify(meta)
        if text(meta, "instrume") != "LASCO" or camera.level != "0.5":
            msg = (
                f"Only level-0.5 frames of LASCO can be calibrated, but this is one of {camera.name}, level "
                f"{camera.level}. Level-1 frames are calibrated already: read them with read_level_1."
            )
            raise ValueError(msg)
        date, clock = (str(meta.get(key, "")).strip() for key in ("date-obs", "time-obs"))
        polar = str(meta.get("polar", "")).strip()
        return cls(
            camera=camera,
            detector=text(meta, "detector"),
            color=str(meta.get("filter", "")).strip(),
            polar=polar,
            time=parse_time(f"{date} {clock}".strip().replace("/", "-")),
            exposure=number(meta, "exptime", "nan"),
            middle=(number(meta, "mid_date", modified_julian_day(meta)), number(meta, "mid_time", "nan")),
            crota=number(meta, "crota1", 0),
            derived=polar in _DERIVED,
            monthly=str(meta.get("fileorig", "")).strip() == "0",
        )

    @property
    def day(self):
        """Modified Julian Day of ``DATE-OBS`` without the time of day, as SolarSoft uses it."""
        return int(self.time.mjd)

    @property
    def summing(self):
        """Detector pixels summed into one, in y and x."""
        return self.camera.grid.summing

    @property
    def is_full_frame(self):
        """Whether the frame covers the whole detector."""
        pixels = (n * s for n, s in zip(self.camera.grid.frame_shape, self.summing, strict=True))
        return all(n == DETECTOR_SIZE for n in pixels)

    @property
    def has_bias(self):
        """Whether the counts include the bias of the detector."""
        return not (self.derived or self.monthly)

    @property
    def has_ramp(self):
        """Whether the stray-light ramp of C3 has to be subtracted."""
        return self.detector == "C3" and (self.monthly or (self.color == "Clear" and not self.derived))

    @property
    def is_c3_clear(self):
        """Whether it is a C3 frame through the filter ``Clear``, which SolarSoft fills and stores differently."""
        return self.detector == "C3" and self.color == "Clear"


@dataclass(kw_only=True, eq=False)
class CalibrationState:
    """A frame between two steps: its arrays, its current header, and the calibration items used so far."""

    smap: object
    info: ExposureInfo
    store: object
    fill: bool | str
    """As for `calibrate_map`."""
    fill_options: dict
    """Method, neighbors and keywords of the method."""
    data: np.ndarray
    meta: dict
    mask: np.ndarray | None = None
    """The mask of the input map."""
    no_data: np.ndarray | None = None
    """`True` on pixels without data: missing and not filled, or never transmitted."""
    filled: np.ndarray | None = None
    uncertainty: np.ndarray | None = None
    """Standard deviation of filled pixels, in the unit of the data; NaN elsewhere."""
    method: str = "none"
    nominal: list = field(default_factory=list)
    history: list = field(default_factory=list)

    def use(self, name, item):
        """Return the value of a calibration item, and record it if it is nominal."""
        if item.is_nominal:
            self.nominal.append(name)
        return item.value

    def use_image(self, name, item):
        """Act like `use` for an image of the whole detector, which is rebinned like the frame."""
        return rebin_to_frame(self.use(name, item), self.info.summing)

    def put(self, **cards):
        """Write cards into the header."""
        self.meta.update(cards)

    def scale_uncertainty(self, factor):
        """Multiply the uncertainty by the factor of the data."""
        if self.uncertainty is not None:
            self.uncertainty = self.uncertainty * factor


def rebin_to_frame(image, summing):
    """
    Average an image of the whole detector over the pixels summed into one pixel of the frame.

    SolarSoft (``c2_calibrate.pro``, ``c3_calibrate.pro``) averages at most 2x2 pixels; here 4x4 pixels are averaged for
    4x4 summing. A number, which represents a uniform image, is returned unchanged.
    """
    if np.ndim(image) == 0:
        return image
    if image.shape != (DETECTOR_SIZE, DETECTOR_SIZE):
        msg = f"A calibration image must have 1024x1024 pixels, not the shape {image.shape}. Fetch the file again."
        raise ValueError(msg)
    sy, sx = summing
    if (sy, sx) == (1, 1):
        return image
    return image.reshape(DETECTOR_SIZE // sy, sy, DETECTOR_SIZE // sx, sx).mean(axis=(1, 3))


def embed_subfield(image, *, origin, summing, fill=0):
    """
    Embed a subfield at its position in an otherwise empty full frame.

    ``origin`` is the row and column of its lower left pixel on the detector, from 0, in unsummed pixels. SolarSoft's
    ``reduce_std_size.pro`` 1.15 also enlarges frames summed 4x4 to 512x512 pixels; here they keep their pixels.
    """
    (row, column), (ny, nx) = (start // step for start, step in zip(origin, summing, strict=True)), image.shape
    full = np.full([DETECTOR_SIZE // step for step in summing], fill, dtype=image.dtype)
    if row < 0 or column < 0 or row + ny > full.shape[0] or column + nx > full.shape[1]:
        msg = (
            f"A subfield of {nx}x{ny} pixels from column {origin[1]} and row {origin[0]} on reaches out of the frame. "
            "Check R1COL, R1ROW and the summing in its header."
        )
        raise ValueError(msg)
    full[row : row + ny, column : column + nx] = image
    return full


def unwrap_counts(state):
    """
    Undo the overflow of 16-bit integers in summed frames, as ``fixwrap.pro`` does.

    65535 (not 65536) is added to negative integers.
    """
    if state.data.dtype.kind == "i" and (state.data < 0).any():
        wide = state.data.astype(np.int32)
        state.data = np.where(wide < 0, wide + 65535, wide)


def embed_in_full_frame(state):
    """Embed all arrays of a subfield in a full frame, and shift the reference pixel with them."""
    if state.info.is_full_frame:
        return
    grid = state.info.camera.grid
    place = {"origin": grid.origin, "summing": grid.summing}
    state.data = embed_subfield(state.data, **place)
    state.no_data = embed_subfield(state.no_data, fill=True, **place)
    state.filled = embed_subfield(state.filled, **place)
    if state.mask is not None:
        state.mask = embed_subfield(np.asarray(state.mask), fill=True, **place)
    if state.uncertainty is not None:
        state.uncertainty = embed_subfield(state.uncertainty, fill=np.nan, **place)
    ny, nx = state.data.shape
    for key, axis in (("crpix1", 1), ("crpix2", 0)):
        state.meta[key] = float(state.meta[key]) + grid.origin[axis] / grid.summing[axis]
    state.put(r1col=20, r1row=1, r2col=1043, r2row=1024, naxis1=nx, naxis2=ny)
    state.history.append(f"sub-field from column {grid.origin[1]}, row {grid.origin[0]}")
