"""Calibrate many files: the operation, and its front end."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sunpy_coronagraph_inpaint.batch import Column, Operation, process_files
from sunpy_coronagraph_inpaint.calibrate.level_1 import calibrate_map
from sunpy_coronagraph_inpaint.calibrate.level_1_files import write_level_1
from sunpy_coronagraph_inpaint.calibrate.store import CalibrationStore
from sunpy_coronagraph_inpaint.inpaint.methods import get_method


@dataclass(frozen=True)
class Calibrate(Operation):
    """
    Calibrate every level-0.5 file of LASCO C2 or C3 to level 1.

    Attributes
    ----------
    calibration : str
        ``"auto"``, ``"nominal"`` or a directory, as for `~sunpy_coronagraph_inpaint.calibrate.calibrate_map`.
    fill : bool or str
        Frames whose missing blocks are filled: `True`, `False` or ``"all"``.
    method : str or None
        Method for filling them.
    uncertainty : bool
        Whether files keep the uncertainty of filled pixels, and hold floats.
    """

    calibration: str = "auto"
    fill: bool | str = True
    method: str | None = None
    uncertainty: bool = False

    name = "calibrate"
    status = "calibrated"
    columns: ClassVar = {
        "unit": Column(str),
        "bias": Column(float, "DN"),
        "exposure": Column(float, "s"),
        "missing": Column(int),
        "filled": Column(int),
        "method": Column(str),
        "nominal": Column(str),
    }

    def prepare(self, smap, path):
        """Return the map unchanged; `run` checks whether it can be calibrated."""
        return smap

    def run(self, works):
        """Calibrate frames."""
        options = {} if self.method is None else {"method": self.method}
        return [calibrate_map(smap, calibration=self.calibration, fill=self.fill, **options) for smap in works]

    def finish(self, work, result):
        """Return the calibrated map."""
        return result

    def made(self, header):
        """Return whether a header is that of a file calibrated by this package."""
        return "CALSTEPS" in header

    def write(self, smap, path):
        """Write a file as SolarSoft does, or one with the uncertainty."""
        if self.uncertainty:
            super().write(smap, path)
        else:
            write_level_1(smap, path)

    def values(self, work, smap):
        """Return unit, bias, corrected exposure time, missing blocks, filled pixels, method and nominal items."""
        meta = smap.meta
        nominal = str(meta["calnomin"])
        return {
            "unit": str(meta["bunit"]),
            "bias": float(meta["calbias"]),
            "exposure": float(meta["exptime"]),
            "missing": int(meta["nmissing"]),
            "filled": int(meta.get("nfilled", 0)),
            "method": str(meta.get("fillmeth", "")),
            "nominal": "" if nominal == "None" else nominal,
        }

    def describe(self, values):
        """Return a short description of what was done."""
        filled = f", {values['filled']} pixels filled by {values['method']}" if values["filled"] else ""
        nominal = f", nominal: {values['nominal']}" if values["nominal"] else ""
        return f"calibrated to {values['unit']}, {_blocks(values['missing'])} missing{filled}{nominal}"


def calibrate_files(
    paths,
    out_dir,
    *,
    calibration="auto",
    fill=True,
    method=None,
    uncertainty=False,
    jobs=1,
    client=None,
    overwrite=False,
    compress=False,
    report_file=None,
    on_result=None,
):
    """
    Calibrate many level-0.5 files of LASCO C2 or C3 to mean solar brightness.

    Parameters
    ----------
    paths : iterable of path-like
        The files. They are never changed. An iterator is consumed during the run.
    out_dir : path-like
        Directory for the results, each under the name of its file; it is created if it does not exist.
    calibration : {"auto", "nominal"} or path-like, optional
        Source of the calibration files, as for `~sunpy_coronagraph_inpaint.calibrate.calibrate_map`.
    fill : bool or {"all"}, optional
        `True` fills missing blocks like SolarSoft, only in C3 frames through the filter ``Clear``; ``"all"`` fills
        them in every frame.
    method : str, optional
        One of `~sunpy_coronagraph_inpaint.list_methods`; the default of `~sunpy_coronagraph_inpaint.inpaint_map` if not
        given.
    uncertainty : bool, optional
        Whether files keep the uncertainty of filled pixels, which
        `~sunpy_coronagraph_inpaint.calibrate.read_level_1` restores; they then hold floats. Otherwise they are written
        by `~sunpy_coronagraph_inpaint.calibrate.write_level_1`, as SolarSoft writes them.
    jobs, client, overwrite, compress, report_file, on_result : optional
        See `~sunpy_coronagraph_inpaint.batch.process_files`.

    Returns
    -------
    `~astropy.table.Table`
        One row per file: ``source``, ``target``, ``status`` (``"calibrated"`` or ``"failed"``), ``unit``, ``bias``
        (subtracted, DN), ``exposure`` (corrected, s), ``missing`` (blocks), ``filled`` (pixels), ``method``,
        ``nominal`` (items with built-in values), ``seconds``, ``resumed``, ``message``.

    Raises
    ------
    TypeError, ValueError, OSError, RuntimeError
        As `~sunpy_coronagraph_inpaint.batch.process_files`, and if ``calibration``, ``fill`` or ``method`` is not
        valid.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.calibrate.many_files import calibrate_files
    >>> from sunpy_coronagraph_inpaint.io import write_map
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_map(damage(plain_corona(), blocks=[163]), Path(folder) / "frame.fts")
    ...     table = calibrate_files([path], Path(folder) / "level_1", calibration="nominal")
    >>> table["status", "unit", "missing", "filled", "method"].pprint()
      status   unit missing filled    method
    ---------- ---- ------- ------ ------------
    calibrated  MSB       1   1026 partial_conv
    """
    if method is not None:
        get_method(method)
    if fill not in (True, False, "all"):
        msg = f"fill={fill!r} is not known. Choose True, False or 'all'."
        raise ValueError(msg)
    if not isinstance(calibration, str | os.PathLike):
        msg = f"calibration must be 'auto', 'nominal' or a directory, not a {type(calibration).__name__}."
        raise TypeError(msg)
    calibration = os.fspath(calibration)
    if calibration not in ("auto", "nominal"):
        calibration = str(Path(calibration).absolute())  # other processes may have a different working directory
    if calibration != "nominal":
        CalibrationStore(None if calibration == "auto" else calibration)  # a wrong directory fails here, and only once
    return process_files(
        paths,
        out_dir,
        Calibrate(calibration, fill, method, uncertainty),
        jobs=jobs,
        client=client,
        overwrite=overwrite,
        compress=compress,
        report_file=report_file,
        on_result=on_result,
    )


def _blocks(number):
    return "1 block" if number == 1 else f"{number or 'no'} blocks"
