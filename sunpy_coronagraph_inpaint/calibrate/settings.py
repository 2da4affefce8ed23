"""What the header of a level-0.5 frame tells about its calibration."""

from dataclasses import dataclass

import numpy as np

from astropy.time import Time

from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.instruments import Camera, identify
from sunpy_coronagraph_inpaint.instruments.lasco_header import modified_julian_day, number, text

__all__ = ["Settings"]

_DERIVED = {"PB", "TI", "UP", "JY", "JZ", "Qs", "Us", "Qt", "Jr", "Jt"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Settings:
    """
    How a frame was taken, as far as its calibration depends on it.

    Parameters
    ----------
    camera : `~sunpy_coronagraph_inpaint.instruments.Camera`
        What is known of the camera.
    detector, color, polar : str
        Camera, filter and polarizer as in the header.
    time : `~astropy.time.Time`
        Start of the exposure, not corrected.
    exposure : float
        Exposure time in seconds, not corrected.
    middle : tuple of float
        ``MID_DATE`` and ``MID_TIME``, by which a frame is found in a table of exposure factors.
    crota : float
        Nominal roll of the spacecraft, degrees.
    bias : float
        Offset of the detector by its polynomial, in DN of a pixel of the frame.
    derived : bool
        Whether the frame was made from others (polarized brightness and the like), so that it has no offset any more.
    monthly : bool
        Whether it is a monthly model, which has none either.
    """

    camera: Camera
    detector: str
    color: str
    polar: str
    time: Time
    exposure: float
    middle: tuple[float, float]
    crota: float
    bias: float
    derived: bool
    monthly: bool

    @classmethod
    def read(cls, meta):
        """
        Read a header.

        Raises
        ------
        ValueError
            If it is not that of a level-0.5 frame of LASCO C2 or C3.

        Examples
        --------
        >>> from sunpy_coronagraph_inpaint.calibrate.settings import Settings
        >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
        >>> settings = Settings.read(plain_corona(detector="C2").meta)
        >>> settings.detector, settings.color, settings.day, settings.has_offset
        ('C2', 'Orange', 53286, True)
        """
        camera = identify(meta)
        if text(meta, "instrume") != "LASCO" or camera.level != "0.5":
            msg = (
                f"Only level-0.5 frames of LASCO can be calibrated, but this is one of {camera.name}, level "
                f"{camera.level}. Level-1 frames are calibrated already: read them with read_level_1."
            )
            raise ValueError(msg)
        date, clock = (str(meta.get(key, "")).strip() for key in ("date-obs", "time-obs"))
        time = parse_time(f"{date} {clock}".strip().replace("/", "-"))
        return cls(
            camera=camera,
            detector=text(meta, "detector"),
            color=str(meta.get("filter", "")).strip(),
            polar=str(meta.get("polar", "")).strip(),
            time=time,
            exposure=number(meta, "exptime", "nan"),
            middle=(number(meta, "mid_date", modified_julian_day(meta)), number(meta, "mid_time", "nan")),
            crota=number(meta, "crota1", 0),
            bias=camera.bias,
            derived=str(meta.get("polar", "")).strip() in _DERIVED,
            monthly=str(meta.get("fileorig", "")).strip() == "0",
        )

    @property
    def day(self):
        """Whole Modified Julian Day of ``DATE-OBS``, as SolarSoft takes it for the calibration factor."""
        return int(self.time.mjd)

    @property
    def summing(self):
        """Detector pixels summed into one, in y and x."""
        return self.camera.grid.summing

    @property
    def n_summed(self):
        """How many detector pixels were summed into one."""
        return int(np.prod(self.summing))

    @property
    def origin(self):
        """Row and column of the lower left pixel on the detector."""
        return self.camera.grid.origin

    @property
    def full(self):
        """Whether the frame covers the whole detector."""
        return tuple(n * s for n, s in zip(self.camera.grid.frame_shape, self.summing, strict=True)) == (1024, 1024)

    @property
    def has_offset(self):
        """Whether the counts have the offset of the detector."""
        return not (self.derived or self.monthly)

    @property
    def has_ramp(self):
        """Whether the ramp of C3 is subtracted."""
        return self.detector == "C3" and (self.monthly or (self.color == "Clear" and not self.derived))

    @property
    def filled_by_solarsoft(self):
        """Whether SolarSoft fills missing blocks of such a frame; of others it only masks them."""
        return self.detector == "C3" and self.color == "Clear"
