"""From level 0.5 to level 1 in mean solar brightness, as SolarSoft does it, and on to electrons and masses."""

from sunpy_coronagraph_inpaint.calibrate.brightness import apply_factor, subtract_ramp
from sunpy_coronagraph_inpaint.calibrate.catalog import exposure_file, remote_path
from sunpy_coronagraph_inpaint.calibrate.clock import clock_file, clock_offset, read_clock_table
from sunpy_coronagraph_inpaint.calibrate.counts import fix_wrap, normalize_exposure, standard_size, subtract_bias
from sunpy_coronagraph_inpaint.calibrate.distortion import correct_distortion, distortion_center, distortion_source
from sunpy_coronagraph_inpaint.calibrate.exposure import ExposureFactor, find_exposure_factor, read_exposure_factors
from sunpy_coronagraph_inpaint.calibrate.inverse import to_level_05
from sunpy_coronagraph_inpaint.calibrate.level_1 import calibrate_map
from sunpy_coronagraph_inpaint.calibrate.level_1_files import read_level_1, write_level_1
from sunpy_coronagraph_inpaint.calibrate.mask import apply_mask
from sunpy_coronagraph_inpaint.calibrate.missing import missing_cards
from sunpy_coronagraph_inpaint.calibrate.nominal import nominal_mask, nominal_pointing, nominal_vignetting
from sunpy_coronagraph_inpaint.calibrate.pointing import FramePointing, Pointing, frame_pointing, interpolate_pointing
from sunpy_coronagraph_inpaint.calibrate.rotation import rotate, turn
from sunpy_coronagraph_inpaint.calibrate.scaling import scale_level_1, unscale_level_1
from sunpy_coronagraph_inpaint.calibrate.statistics import level_1_statistics
from sunpy_coronagraph_inpaint.calibrate.store import CalibrationStore, Item
from sunpy_coronagraph_inpaint.calibrate.summing import fit_to_frame
from sunpy_coronagraph_inpaint.calibrate.undistortion import undistortion_source
from sunpy_coronagraph_inpaint.calibrate.vignetting import clip_vignetting, correct_vignetting, vignetting_file
from sunpy_coronagraph_inpaint.instruments.lasco_facts import bias, solar_radius
from sunpy_coronagraph_inpaint.instruments.lasco_photometry import calibration_factor

__all__ = [
    "CalibrationStore",
    "ExposureFactor",
    "FramePointing",
    "Item",
    "Pointing",
    "apply_factor",
    "apply_mask",
    "bias",
    "calibrate_map",
    "calibration_factor",
    "clip_vignetting",
    "clock_file",
    "clock_offset",
    "correct_distortion",
    "correct_vignetting",
    "distortion_center",
    "distortion_source",
    "exposure_file",
    "find_exposure_factor",
    "fit_to_frame",
    "fix_wrap",
    "frame_pointing",
    "interpolate_pointing",
    "level_1_statistics",
    "missing_cards",
    "nominal_mask",
    "nominal_pointing",
    "nominal_vignetting",
    "normalize_exposure",
    "read_clock_table",
    "read_exposure_factors",
    "read_level_1",
    "remote_path",
    "rotate",
    "scale_level_1",
    "solar_radius",
    "standard_size",
    "subtract_bias",
    "subtract_ramp",
    "to_level_05",
    "turn",
    "undistortion_source",
    "unscale_level_1",
    "vignetting_file",
    "write_level_1",
]
