"""Build a data set, go on after any interruption, and check it."""

import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import astropy.units as u
from astropy.table import QTable
from astropy.time import Time

from sunpy_coronagraph_inpaint.cli.dataset import dataset
from sunpy_coronagraph_inpaint.dataset import QualityCuts, build_dataset, read_manifest, split_of, verify_dataset
from sunpy_coronagraph_inpaint.dataset.build import group_events, group_times
from sunpy_coronagraph_inpaint.dataset.quality import measure
from sunpy_coronagraph_inpaint.fetch import CMECatalog, OutageError
from sunpy_coronagraph_inpaint.io import write_map
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe, plain_corona
from tests.fetch.servers import wait_until

EVENTS = """\
2002/01/08  02:30:05     90     80    500     500    500    500      0.0    1.0e+15    1.0e+30     90
2002/01/08  06:00:05    270     70    500     500    500    500      0.0    1.0e+15    1.0e+30    270
2002/01/08  08:00:05    270     20    500     500    500    500      0.0    1.0e+15    1.0e+30    270
2002/01/20  12:00:05    180     90    500     500    500    500      0.0    1.0e+15    1.0e+30    180
"""
WIDE = {"width": (60 * u.deg, None)}


@pytest.fixture
def events():
    """Parse four events and select the wide ones; the first two of them make one group."""
    return CMECatalog.parse(EVENTS).select(**WIDE)


@pytest.fixture
def archive(store):
    """Fill both archives: five good frames of the first group, one of the second, and one that is damaged."""
    for minute in range(5):
        store(f"3208204{minute}.fts", clock=f"02:{10 * minute:02d}:00.000")
    store("32082099.fts", day="2002/01/20", clock="12:30:00.000")
    return store


@pytest.fixture
def build(events, tmp_path, kept, options):
    """Build in a directory."""

    def run(**others):
        standard = {"catalog": events, "cache": kept, "options": options}
        return build_dataset(tmp_path / "set", **standard | others)

    return run


def _files(folder):
    return sorted(path.name for path in (folder / "frames").rglob("*") if path.is_file())


def test_built_from_archives(archive, build, tmp_path, nrl_server, vso_server):
    """Every frame of the windows is there, with its event and split; a second run asks for nothing."""
    table = build()
    assert table["accepted"].all()
    assert len(table) == 6
    assert _files(tmp_path / "set") == [*(f"3208204{i}.fts" for i in range(5)), "32082099.fts"]
    assert set(table["events"][:5]) == {"20020108T023005-90-80"}
    assert set(table["group"]) == {"20020108T023005-90-80", "20020120T120005-180-90"}
    assert list(table["split"]) == 5 * ["train"] + ["test"]
    assert set(table["compression"]) == {"XR"}
    assert table.meta["provenance"]["events"] == 3
    assert "ESA and NASA" in table.meta["license"]
    assert verify_dataset(tmp_path / "set") == []
    asked = len(nrl_server.asked), len(vso_server.asked)
    again = build()
    assert (len(nrl_server.asked), len(vso_server.asked)) == asked
    assert list(again["sha256"]) == list(table["sha256"])


def test_files_are_as_they_came(archive, build, tmp_path, nrl_server):
    """The frames are stored to the bit."""
    build()
    path = tmp_path / "set" / "frames" / "020108" / "c3" / "32082040.fts"
    assert path.read_bytes() == nrl_server.files["020108/c3/32082040.fts"]


def test_bad_frames_are_rejected_with_a_reason(archive, store, build, nrl_server, tmp_path):
    """A file that does not arrive whole, or is gone, is listed with the reason, and is not asked for again."""
    nrl_server.moods["vso/32082041.fts"] = nrl_server.moods["020108/c3/32082041.fts"] = ["short"]
    nrl_server.moods["vso/32082042.fts"] = nrl_server.moods["020108/c3/32082042.fts"] = [404]
    table = build()
    rejected = table[~table["accepted"]]
    reasons = sorted(reason.removeprefix(nrl_server.url) for reason in rejected["reason"])
    assert reasons[0].startswith("There is no file")
    assert reasons[1].startswith("vso/32082041.fts has 1054080 bytes, but its header implies 2108160")
    asked = len(nrl_server.asked)
    build()
    assert len(nrl_server.asked) == asked
    assert verify_dataset(tmp_path / "set") == []


def test_a_frame_just_after_midnight(frame, nrl_server, build):
    """Frames beyond a midnight at which the split changes are not searched for, nor taken when the index is late."""
    content, header = frame("32082050.fts", day="2002/01/05", clock="00:00:30.000")
    nrl_server.add("32082050.fts", content, header | {"date-obs": "2002/01/04", "time-obs": "23:59:59.000"})
    event = CMECatalog.parse(EVENTS.splitlines()[0].replace("2002/01/08  02:30", "2002/01/04  22:30"))
    (row,) = build(catalog=event, provider="NRL")
    assert (row["accepted"], row["reason"]) == (False, "too close in time to frames of another split")
    assert {path[:6] for _, path in nrl_server.asked} == {"020104"}


def test_an_outage_in_the_middle(archive, build, nrl_server, tmp_path):
    """What was had is kept and listed, and the next run fetches only what is missing."""
    bad = ["vso/32082043.fts", "020108/c3/32082043.fts"]
    for path in bad:
        nrl_server.moods[path] = [503]
    with pytest.raises(OutageError, match="1 frames cannot be downloaded at the moment"):
        build()
    assert len(read_manifest(tmp_path / "set")) == 5
    nrl_server.moods.clear()
    nrl_server.asked.clear()
    assert len(build()) == 6
    assert {path for method, path in nrl_server.asked if path.endswith(".fts")} == {bad[0]}


def test_both_archives_are_out(archive, build, vso_server, nrl_server):
    """The run stops, and goes on when one of them is back."""
    vso_server.fault = 500
    nrl_server.moods["020108/c3/img_hdr.txt"] = [503]
    with pytest.raises(OutageError):
        build()
    nrl_server.moods.clear()
    assert len(build()) == 6


def test_a_group_without_frames(store, build, tmp_path):
    """An event of which the archive has nothing is no error."""
    store()
    assert len(build()) == 1


def test_killed_at_any_point(archive, tmp_path, events, kept, options, nrl_server):
    """A run that is killed leaves no half file under a final name, and the next one goes on."""
    (tmp_path / "catalog.txt").write_text(EVENTS)
    program = f"""
import astropy.units as u
from sunpy_coronagraph_inpaint.fetch import Cache, CMECatalog, DownloadOptions, nrl
from sunpy_coronagraph_inpaint.dataset import build_dataset
nrl.ARCHIVE = {nrl_server.url!r}
events = CMECatalog.read({str(tmp_path / "catalog.txt")!r}).select(width=(60 * u.deg, None))
options = DownloadOptions(progress=False, pause=0.01 * u.s, timeout=1 * u.s, connections=1)
cache = Cache({str(kept.root)!r})
build_dataset({str(tmp_path / "set")!r}, catalog=events, provider="NRL", cache=cache, options=options)
"""
    whole = {path.rsplit("/", 1)[-1]: content for path, content in nrl_server.files.items() if path.endswith(".fts")}
    for count, name in enumerate(("32082041.fts", "32082043.fts", "32082099.fts"), start=1):
        nrl_server.moods[f"020108/c3/{name}"] = nrl_server.moods[f"020120/c3/{name}"] = ["slow"]
        process = subprocess.Popen([sys.executable, "-c", program], start_new_session=True)
        wait_until(lambda name=name: any(n == name for _, p in nrl_server.asked for n in [p[-12:]]), seconds=60)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        frames = tmp_path / "set" / "frames"
        found = [path for path in frames.rglob("*.fts") if not path.name.startswith(".")] if frames.is_dir() else []
        assert all(path.read_bytes() == whole[path.name] for path in found), count
        nrl_server.moods.clear()
        nrl_server.asked.clear()
    events = CMECatalog.read(tmp_path / "catalog.txt").select(**WIDE)
    table = build_dataset(tmp_path / "set", catalog=events, provider="NRL", cache=kept, options=options)
    assert len(table) == 6
    assert verify_dataset(tmp_path / "set") == []


def test_other_settings_are_refused(archive, build, events):
    """One directory holds one data set."""
    build()
    with pytest.raises(ValueError, match=r"holds a data set with other settings \(after_h\)"):
        build(after=2 * u.hour)
    with pytest.raises(ValueError, match=r"holds a data set with other settings \(events\)"):
        build(catalog=events.select(speed=(None, 500 * u.km / u.s), time=("2002-01-09", None)))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"catalog": None}, "needs events or frames"),
        ({"catalog": CMECatalog.parse(EVENTS).select(width=(400 * u.deg, None))}, "has no event"),
    ],
)
def test_builds_that_make_no_sense(build, options, match):
    """A build without events is refused before anything is asked."""
    with pytest.raises(ValueError, match=match):
        build(**options)


@pytest.fixture
def at_hand(tmp_path):
    """Make a directory of frames: good ones and one of each kind that is not."""
    folder = tmp_path / "at_hand"
    (folder / "below").mkdir(parents=True)
    good = plain_corona()
    scene = Scene.random(seed=1, start="2003-10-28", snow=30.0, exposure=19.1 * u.s, comet=False)

    def put(name, smap, **header):
        smap = smap._new_instance(smap.data.copy(), smap.meta.copy())
        smap.meta.update(header)
        write_map(smap, folder / name)

    put("below/good.fts", good)
    put("holed.fts", damage(good, blocks=2), **{"time-obs": "07:00:00"})
    put("small.fts", plain_corona(size=512), **{"time-obs": "08:00:00"})
    put("short.fts", good, exptime=0.5)
    put("blue.fts", good, filter="Blue")
    put("rolled.fts", good, crota1=45.0)
    put("snow.fts", observe(scene, scene.times(1))[0])
    put("other.fts", plain_corona(detector="C2"))
    light = good.data.copy()
    light[200:400, 300:500] = 16383
    put("bright.fts", good._new_instance(light, good.meta))
    null = good.data.copy()
    null[:32, :32] = 400
    put("null.fts", good._new_instance(null, good.meta), datazer=98 * 1024)
    put("liar.fts", good, datazer=99 * 1024 + 5000)
    (folder / "copy.fts").write_bytes((folder / "below" / "good.fts").read_bytes())
    (folder / "cut.fts").write_bytes((folder / "holed.fts").read_bytes()[:1_000_000])
    (folder / "notes.txt").write_text("not a frame")
    return folder


def test_built_from_files(at_hand, tmp_path):
    """Each frame is taken, or rejected for what is wrong with it; the other camera's is left alone."""
    before = {path: path.read_bytes() for path in at_hand.rglob("*") if path.is_file()}
    table = build_dataset(tmp_path / "set", source=at_hand)
    reasons = {row["source"]: row["reason"] for row in table}
    assert reasons.pop("below/good.fts") == ""
    assert reasons.pop("cut.fts").startswith("cut.fts has 1000000 bytes")
    assert reasons.pop("snow.fts").startswith("snow 0.0")
    assert reasons.pop("rolled.fts")
    assert reasons.pop("liar.fts").startswith("Header and pixels disagree")
    assert reasons == {
        "holed.fts": "2 blocks missing",
        "small.fts": "512x512 pixels",
        "short.fts": "exposure 0.5 s",
        "blue.fts": "filter Blue",
        "bright.fts": "saturated 0.0381",
        "null.fts": "98 of 99 null blocks",
        "copy.fts": "same as frames/041008/c3/good.fts",
    }
    assert {path: path.read_bytes() for path in before} == before
    assert verify_dataset(tmp_path / "set") == []
    assert len(build_dataset(tmp_path / "set", source=at_hand)) == len(table)


def test_cuts_are_a_choice(at_hand, tmp_path):
    """What is too bad for one purpose is good enough for another."""
    cuts = QualityCuts(max_missing=5, any_filter=True, full_size=False, max_saturated=0.1)
    table = build_dataset(tmp_path / "set", source=at_hand, cuts=cuts)
    assert table["accepted"].sum() == 5
    assert verify_dataset(tmp_path / "set") == []


def test_a_roll_without_a_unit():
    """Angles are quantities."""
    with pytest.raises(TypeError, match="max_roll must be an angle with a unit"):
        QualityCuts(max_roll=3.0)


def test_two_files_of_one_name(tmp_path):
    """The second of two different files of one name and day is rejected; the first one stays what it is."""
    for folder, seed in (("a", 1), ("b", 2)):
        (tmp_path / "in" / folder).mkdir(parents=True)
        write_map(plain_corona(seed=seed), tmp_path / "in" / folder / "frame.fts")
    table = build_dataset(tmp_path / "set", source=tmp_path / "in")
    reasons = {row["source"]: row["reason"] for row in table}
    assert reasons["a/frame.fts"] == ""
    assert "exists with different content" in reasons["b/frame.fts"]
    first = (tmp_path / "in" / "a" / "frame.fts").read_bytes()
    assert (tmp_path / "set" / "frames" / "041008" / "c3" / "frame.fts").read_bytes() == first
    assert verify_dataset(tmp_path / "set") == []


def test_files_and_events(at_hand, tmp_path):
    """With a catalog only the frames of its events are taken."""
    text = EVENTS.replace("2002/01/20  12:00:05", "2004/10/08  07:30:00")
    table = build_dataset(tmp_path / "set", catalog=CMECatalog.parse(text), source=at_hand)
    taken = table[table["accepted"]]
    assert list(taken["events"]) == ["20041008T073000-180-90"]
    reasons = {row["source"]: row["reason"] for row in table}
    assert reasons["snow.fts"] == "outside the windows of all events"


@pytest.mark.parametrize(("name", "error"), [("nothing", FileNotFoundError), ("empty", ValueError)])
def test_no_files(tmp_path, name, error):
    """A directory without frames is refused."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(error):
        build_dataset(tmp_path / "set", source=tmp_path / name)


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (lambda path: path.unlink(), "the file is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes instead of"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x"), "the content has changed"),
        (lambda path: (path.parent / "stranger.fts").write_bytes(b""), "stranger.fts: not in the manifest"),
    ],
)
def test_check_finds_harm(archive, build, tmp_path, harm, problem):
    """Whatever was done to the files is found."""
    build()
    harm(tmp_path / "set" / "frames" / "020108" / "c3" / "32082040.fts")
    (found,) = verify_dataset(tmp_path / "set")
    assert problem in found


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("split", "test", "in test instead of train"),
        ("missing", 1, "missing is 0, not 1"),
        ("snow", 0.1, "snow is"),
    ],
)
def test_check_finds_a_false_manifest(archive, build, tmp_path, column, value, problem):
    """Whatever was done to the manifest is found."""
    table = build()
    assert table["split"][0] == "train"
    table[column][0] = value
    table.write(tmp_path / "set" / "manifest.ecsv", overwrite=True)
    assert any(problem in found for found in verify_dataset(tmp_path / "set"))


def test_no_manifest(tmp_path):
    """A directory without a manifest is no data set."""
    with pytest.raises(FileNotFoundError, match="There is no manifest"):
        verify_dataset(tmp_path)


def test_a_manifest_of_another_version(archive, build, tmp_path):
    """A manifest of a later version is not misread."""
    table = build()
    table.meta["schema"] = 99
    table.write(tmp_path / "set" / "manifest.ecsv", overwrite=True)
    with pytest.raises(ValueError, match="has format version 99"):
        read_manifest(tmp_path / "set")


@pytest.mark.parametrize(("before", "after"), [(2, 6), (0, 1), (20, 30)])
def test_no_event_is_in_two_splits(before, after):
    """Groups do not overlap, lie in days of one split, and no frame of one shows an event of another split."""
    rng = np.random.default_rng(0)
    times = Time("2001-01-01") + np.sort(rng.uniform(0, 100, 300)) * u.day
    table = QTable({"event": [f"e{i}" for i in range(300)], "time": times})
    before, after = before * u.hour, after * u.hour
    groups = group_events(table[rng.permutation(300)], before=before, after=after)
    for one, two in pairwise(groups):
        assert one.end < two.start
    split = {event: group.split for group in groups for event in group.events}
    assert len(split) == sum(len(group.events) for group in groups) > 100
    for group in groups:
        assert split_of(group.start) == split_of(group.end) == group.split
    for name, time in zip(table["event"], times, strict=True):
        seen = {g.split for g in groups if time - before < g.end and g.start < time + after}
        assert seen <= {split.get(name)}, name
    assert group_events(table[:0], before=before, after=after) == []


def test_a_window_over_midnight():
    """Where the split changes at midnight, the window ends, and the next one begins when the event is over."""
    times = Time(["2001-04-04T22:00", "2001-04-05T03:00", "2001-04-05T05:30", "2001-04-05T20:00"])
    table = QTable({"event": ["a", "b", "c", "d"], "time": times})
    first, second, third = group_events(table, before=2 * u.hour, after=6 * u.hour)
    assert (first.split, first.start.isot, first.end.isot) == (
        "train",
        "2001-04-04T20:00:00.000",
        "2001-04-04T23:59:59.999",
    )
    assert (second.split, second.events, second.start.isot) == ("test", ["b", "c"], "2001-04-05T04:00:00.000")
    assert (third.split, third.events, third.end.isot) == ("test", ["d"], "2001-04-05T23:59:59.999")
    assert not first.holds(Time("2001-04-05T00:10"))
    assert second.holds(Time("2001-04-05T04:10"))


def test_groups_of_times():
    """Without a catalog frames that follow each other are one group, as long as their split is one."""
    times = list(Time("2001-04-02") + [0, 1, 8, 20, 21] * u.hour)
    assert [group.name[9:11] for group in group_times(times, gap=6 * u.hour)] == ["00", "08", "20"]
    times = list(Time("2001-04-04T21:00") + [0, 2.9, 3.1, 8, 9, 20] * u.hour)
    groups = group_times(times, gap=6 * u.hour)
    assert [(group.split, group.start.isot[8:13]) for group in groups] == [
        ("train", "04T21"),
        ("test", "05T06"),
        ("test", "05T17"),
    ]
    assert [any(group.holds(time) for group in groups) for time in times] == [True, True, False, False, True, True]


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_snow_rises_with_particles(detector):
    """Quiet frames pass the cut, and ten times the quiet rate of particles does not."""
    seconds = {"C2": 25.1, "C3": 19.1}[detector]
    scene = Scene.random(seed=3, detector=detector, start="2003-10-28", comet=False, exposure=seconds * u.s)
    quiet, storm = (measure(observe(scene.replace(snow=snow), scene.start)[0]).snow for snow in (0.0, 10.0))
    assert quiet < 0.5 * QualityCuts().max_snow
    assert storm > 2 * QualityCuts().max_snow


def test_real_frames(data_dir, tmp_path):
    """Of the real frames those of level 0.5 are taken that are Orange or Clear, whole and not saturated."""
    for detector, taken in (("C3", 9), ("C2", 1)):
        table = build_dataset(tmp_path / detector, source=data_dir / "lasco", detector=detector)
        assert table["accepted"].sum() == taken
        assert verify_dataset(tmp_path / detector) == []


def test_torch_reads_it(archive, build, tmp_path):
    """A loader of PyTorch gets images in DN per second and the mask of their valid pixels."""
    torch = pytest.importorskip("torch")
    from sunpy_coronagraph_inpaint.dataset import FrameDataset

    table = build()
    frames = {name: FrameDataset(tmp_path / "set", split=name) for name in ("train", "validation", "test")}
    assert sum(map(len, frames.values())) == len(table)
    (some,) = (part for part in frames.values() if len(part) == 5)
    item = some[0]
    assert item["image"].shape == item["valid"].shape == (1, 1024, 1024)
    assert item["image"].dtype is torch.float32
    assert int((~item["valid"]).sum()) == 99 * 1024
    assert float(item["image"][~item["valid"]].abs().max()) == 0
    assert 10 < float(item["image"][item["valid"]].median()) < 200
    batch = next(iter(torch.utils.data.DataLoader(some, batch_size=2)))
    assert batch["image"].shape == (2, 1, 1024, 1024)
    small = FrameDataset(tmp_path / "set", split=some.split, transform=lambda item: item["image"][:, ::8, ::8])
    assert small[0].shape == (1, 128, 128)
    with pytest.raises(ValueError, match="There is no split 'all'"):
        FrameDataset(tmp_path / "set", split="all")


def test_importing_is_light():
    """Neither torch nor the clients of archives come with the rooms; the client of the NRL comes when asked for."""
    program = """
import sys
import sunpy_coronagraph_inpaint.fetch
import sunpy_coronagraph_inpaint.dataset
assert not {"torch", "sunpy.net", "zeep", "parfive", "sunpy.map"} & set(sys.modules)
from sunpy_coronagraph_inpaint.dataset import open_dataset
assert not {"torch", "sunpy.net", "zeep", "parfive", "sunpy.map"} & set(sys.modules)
from sunpy.net import Fido
assert not any("NRL" in client.__name__ for client in Fido.registry)
from sunpy_coronagraph_inpaint.fetch import NRLClient
assert sum("NRL" in client.__name__ for client in Fido.registry) == 1
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.fixture
def run():
    """Run the command."""
    return lambda *arguments: CliRunner().invoke(dataset, [str(argument) for argument in arguments])


def test_command(at_hand, tmp_path, run):
    """The command builds, tells what it took and why not, and checks."""
    result = run("build", "--from", at_hand, "-o", tmp_path / "set", "--quiet")
    assert result.exit_code == 0, result.output
    assert "1 of 12 frames accepted" in result.output
    assert "rejected holed.fts: 2 blocks missing" in result.output
    result = run("check", tmp_path / "set", "--quiet")
    assert result.exit_code == 0, result.output
    assert "1 frames, all as the manifest says." in result.output
    next((tmp_path / "set" / "frames").rglob("*.fts")).write_bytes(b"")
    result = run("check", tmp_path / "set", "--quiet")
    assert result.exit_code == 1
    assert "0 bytes instead of" in result.output


def test_command_with_a_catalog(at_hand, tmp_path, run):
    """Events are selected by options."""
    (tmp_path / "catalog.txt").write_text(EVENTS.replace("2002/01/20  12:00:05", "2004/10/08  07:30:00"))
    arguments = ["build", "--catalog", tmp_path / "catalog.txt", "--min-width", "60deg", "--detector", "C3"]
    result = run(
        *arguments, "--before", "2h", "--after", "360min", "--from", at_hand, "-o", tmp_path / "set", "--quiet"
    )
    assert result.exit_code == 0, result.output
    assert "1 of 12 frames accepted" in result.output


@pytest.mark.parametrize(
    ("arguments", "code", "match"),
    [
        (("build", "-o", "set"), 1, "needs events or frames"),
        (("build", "-o", "set", "--catalog", "nothing.txt"), 1, "nothing.txt"),
        (("build", "-o", "set", "--before", "2 km"), 2, "is not in a unit of h"),
        (("build", "-o", "set", "--min-speed", "fast"), 2, "Write 500km/s"),
        (("check", "nothing"), 1, "There is no manifest"),
    ],
)
def test_command_errors(run, arguments, code, match, tmp_path, monkeypatch):
    """A wrong option is one sentence and no traceback."""
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == code
    assert match in result.output
    assert not Path("set").exists()
