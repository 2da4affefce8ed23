"""Where calibration files come from: directories, a server on this machine, built-in values."""

import functools
import http.server
import struct
import threading

import numpy as np
import pytest
from click.testing import CliRunner

from astropy.time import Time

from sunpy_coronagraph_inpaint.calibrate import (
    CalibrationStore,
    calibrate_map,
    uncalibrate_map,
)
from sunpy_coronagraph_inpaint.calibrate.nominal import nominal_pointing
from sunpy_coronagraph_inpaint.cli.calibration import calibration
from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning

RAMP = "lasco/data/calib/C3ramp.fts"
DAY = 53286  # of the artificial frames
MIDDLE = 24135.0  # seconds of that day


def idl_save(**variables):
    """Write an IDL save file with arrays of doubles, as far as is needed here."""
    out = b"SR\x00\x04"
    for name, values in variables.items():
        values = np.asarray(values, dtype=">f8")
        label = name.upper().encode()
        body = struct.pack(">l", len(label)) + label + b"\0" * (-len(label) % 4)
        body += struct.pack(">ll", 5, 4)  # doubles, an array
        body += struct.pack(">llllllll", 8, 8, values.nbytes, values.size, 1, 0, 0, 8)
        body += struct.pack(">8l", values.size, *[1] * 7) + struct.pack(">l", 7) + values.tobytes()
        out += struct.pack(">lLLL", 2, len(out) + 16 + len(body), 0, 0) + body
    return out + struct.pack(">lLLL", 6, 0, 0, 0)


def exposure_table(meta):
    """Return the line of a table of exposure factors for a frame."""
    return f"{meta['filename']}  1.002000     380.0  041008  {meta['mid_time']:10.2f}  Clear  Clear  0  16  9.62E-04\n"


@pytest.fixture
def files(tmp_path, write_image, corona):
    """Directory with every calibration file that a C3 frame of 2004 needs, laid out like the archive."""
    folder = tmp_path / "archive"
    calib, idl, expfac = (folder / name for name in ("lasco/data/calib", "idl/data/calib", "lasco/expfac/data/0410"))
    for each in (calib, idl, expfac):
        each.mkdir(parents=True)
    y, x = np.mgrid[:1024, :1024]
    write_image(calib, "c3vig_postint_final.fts", 1 + 1e-6 * (x + 2 * y))
    write_image(calib, "C3ramp.fts", np.full((1024, 1024), 2e-12))
    write_image(calib, "c3_cl_mask_lvl1.fts", np.hypot(x - 518, y - 531) > 80)
    tai = Time("2004-10-08").unix_tai + 378691200
    (idl / "c3_post_recovery_adj_xyr_medv2.sav").write_bytes(
        idl_save(c_tai=[tai, tai + 86400], c_xmed=[518.0, 519.0], c_ymed=[532.0, 532.5], c_rmed=[-0.2, -0.3])
    )
    records = [[9, 0, 0, 0], *([DAY + day, 50_000, DAY + day, 0] for day in range(-4, 5))]
    (idl / "TIME_DIFF.DAT").write_bytes(np.array(records, dtype="<i4").tobytes())
    (expfac / "c3_expfactor_041008.dat").write_text(exposure_table(corona("C3").meta))
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server without a log."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server(files):
    """Serve the directory of files on this machine; the address."""
    handler = functools.partial(Quiet, directory=files)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()
        thread.join()


def test_directory_is_used(files, corona):
    """All files come from the directory, and the header names each."""
    store = CalibrationStore(files, download=False)
    smap = calibrate_map(corona("C3"), calibration=store)  # no warning: nothing is nominal
    meta = smap.meta
    assert meta["calnomin"] == "None"
    assert meta["calvig"].startswith("c3vig_postint_final.fts ")
    assert meta["calramp"].startswith("C3ramp.fts ")
    assert (meta["calbias"], meta["calexpf"]) == (380.0, 1.002)
    assert meta["calclock"] == 50.0
    assert smap.date.isot == "2004-10-08T06:41:15.439"
    assert meta["crpix1"] == pytest.approx(519 + 0.2786, abs=2e-3)
    assert meta["crota1"] == pytest.approx(-0.2279, abs=1e-3)
    assert np.isnan(smap.data[531, 518 + 79])
    assert np.isfinite(smap.data[531, 518 + 82])


def test_vignetting_of_c2_is_clipped(tmp_path, write_image):
    """The multiplier of C2 is clipped to 0 to 100, as in SolarSoft, and that of C3 is not."""
    image = np.ones((1024, 1024))
    image[0, :3] = -1, 5, 300
    for name in ("c2vig_final.fts", "c3vig_postint_final.fts"):
        write_image(tmp_path, name, image)
    store = CalibrationStore(tmp_path, download=False)
    assert store.vignetting("C2", DAY).value[0, :3].tolist() == [0, 5, 100]
    assert store.vignetting("C3", DAY).value[0, :3].tolist() == [-1, 5, 300]


def test_ramp_is_subtracted_after_vignetting(files, corona):
    """The ramp is not vignetted: what it takes off is the same everywhere."""
    store = CalibrationStore(files, download=False)
    before, after = (calibrate_map(corona("C3"), calibration=store, until=step).data for step in ("factor", "ramp"))
    assert np.allclose(before.astype(float) - after, 2e-12, atol=1e-15)


def test_inverse_with_files(files, corona):
    """Counts come back with the same files, and other files are refused."""
    raw = corona("C3")
    store = CalibrationStore(files, download=False)
    done = calibrate_map(raw, calibration=store, until="ramp")
    np.testing.assert_allclose(uncalibrate_map(done, calibration=store).data, raw.data, rtol=1e-6)
    with pytest.raises(ValueError, match="Give the same calibration files"):
        uncalibrate_map(done, calibration="nominal")


def test_files_may_be_missing(files, corona):
    """What the directory does not have is nominal, and only that."""
    (files / RAMP).unlink()
    with pytest.warns(NominalCalibrationWarning, match="the files of: ramp\\."):
        smap = calibrate_map(corona("C3"), calibration=CalibrationStore(files, download=False))
    assert smap.meta["calramp"] == "nominal"


def test_flat_directory_and_variable(files, corona, monkeypatch, tmp_path):
    """Files may lie side by side, and LASCO_DATA names the directory."""
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in files.rglob("*.*"):
        (flat / path.name).write_bytes(path.read_bytes())
    monkeypatch.setenv("LASCO_DATA", str(flat))
    assert calibrate_map(corona("C3")).meta["calnomin"] == "None"
    monkeypatch.setenv("LASCO_DATA", str(tmp_path / "nothing"))
    with pytest.raises(NotADirectoryError, match="LASCO_DATA"):
        calibrate_map(corona("C3"))


def test_nominal_pointing_after_the_table(files):
    """A day after the end of the table the pointing is nominal, as in SolarSoft."""
    store = CalibrationStore(files, download=False)
    assert not store.pointing("C3", Time("2004-10-08T12:00"), 0.0).is_nominal
    assert store.pointing("C3", Time("2004-10-12"), 180.0).value == nominal_pointing("C3", 180.0)


@pytest.mark.parametrize(("name", "content"), [("C3ramp.fts", b"SIMPLE  = no"), ("c3vig_postint_final.fts", b"")])
def test_broken_file_is_an_error(files, corona, name, content):
    """A file that cannot be read is an error, not a reason for nominal values."""
    (files / "lasco/data/calib" / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} cannot be read"):
        calibrate_map(corona("C3"), calibration=CalibrationStore(files, download=False))


def test_download(server, corona, tmp_path):
    """Files are fetched, by the second mirror where the first has none, and once."""
    mirrors = [server + "nothing/here", server]
    store = CalibrationStore(cache=tmp_path / "cache", mirrors=mirrors)
    assert calibrate_map(corona("C3"), calibration=store).meta["calnomin"] == "None"
    again = CalibrationStore(cache=tmp_path / "cache", mirrors=mirrors)
    record = again.downloads.known(RAMP)
    assert record["url"] == server + RAMP
    assert len(record["file_hash"]) == 64
    assert again.path("C3ramp.fts") == tmp_path / "cache" / "C3ramp.fts"


def test_status_and_fetch(server, files, tmp_path):
    """The command lists where each file is, fetches what is missing, and refuses what changed."""
    runner, options = CliRunner(), ["--cache", str(tmp_path / "cache"), "--mirror", server, "--date", "2004-10-08"]
    before = runner.invoke(calibration, ["status", *options])
    assert before.exit_code == 0
    assert "C3ramp.fts                                  nominal" in before.output
    fetched = runner.invoke(calibration, ["fetch", *options])
    assert fetched.exit_code == 1  # the archive here has no files of C2
    assert "C3ramp.fts: " + str(tmp_path / "cache") in fetched.output
    assert "c2vig_final.fts: could not be fetched" in fetched.output
    assert "nominal values replace them" in fetched.output
    after = runner.invoke(calibration, ["status", *options]).output
    assert after.count("SHA-256") == 6
    local = runner.invoke(calibration, ["status", *options, "--directory", str(files)]).output
    assert local.count("directory  ") == 6
    with (files / RAMP).open("ab") as file:
        file.write(b"\0")
    changed = runner.invoke(calibration, ["fetch", *options, "--refresh"])
    assert changed.exit_code == 1
    assert "--forget C3ramp.fts" in changed.output
    accepted = runner.invoke(calibration, ["fetch", *options, "--forget", "C3ramp.fts"])
    assert "C3ramp.fts: " + str(tmp_path / "cache") in accepted.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["fetch", "--forget", "no.fts"], "no calibration file no.fts"), (["status", "--date", "soon"], "cannot be read")],
)
def test_command_errors(arguments, said, tmp_path):
    """Each wrong option has its sentence."""
    result = CliRunner().invoke(calibration, [*arguments, "--cache", str(tmp_path)])
    assert result.exit_code == 1
    assert said in result.output
