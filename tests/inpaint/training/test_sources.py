"""Samples of real frames and of libraries."""

import pytest

from sunpy_coronagraph_inpaint.dataset import split_of
from sunpy_coronagraph_inpaint.frames.neighbors import observation_time
from sunpy_coronagraph_inpaint.inpaint.training import sample_scene, sources
from sunpy_coronagraph_inpaint.inpaint.training.samples import read_samples
from sunpy_coronagraph_inpaint.inpaint.training.sources import RealFrames, scene_samples
from sunpy_coronagraph_inpaint.io import write_map
from sunpy_coronagraph_inpaint.simulate import plain_corona
from tests.inpaint.training.made import same
from tests.inpaint.training.scenes import write_library

pytestmark = [
    pytest.mark.filterwarnings("ignore:Missing metadata for observer"),
    pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Three scenes."""
    return write_library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def small(monkeypatch):
    """Fit one background to two scenes, and make few samples of the third."""
    monkeypatch.setattr(sources, "_BACKGROUNDS", 1)
    monkeypatch.setattr(sources, "_SCENES", 2)
    monkeypatch.setattr(sources, "sample_scene", lambda *args, rounds, **options: sample_scene(
        *args, rounds=1, holes=2, **options))  # fmt: skip


def test_held_out_frames_are_never_used(data_dir, monkeypatch):
    """Neither real frames nor small images of held-out days are used for training."""
    from astropy.io import fits

    opened = []
    original = fits.getdata
    monkeypatch.setattr(sources.fits, "getdata", lambda path: opened.append(path) or original(path))
    monkeypatch.setattr(sources, "flattened", lambda *_: None)
    for detector in ("C2", "C3"):
        real = RealFrames(data_dir, detector)
        assert len(real.maps) >= 2
        for smap, day in zip(real.maps, real.days, strict=True):
            assert split_of(observation_time(smap.meta)) != "test"
            assert int(day[-2:]) % 5 != 0
        days = [day for day, _ in real._small]
        assert days
        assert not any(split_of(f"{day[:4]}-{day[4:6]}-{day[6:]}") == "test" for day in days)
        assert not set(days) & set(real.days)
    read = [path.stem.split("_")[-2] for path in opened]
    assert not any(int(day[6:8]) % 5 == 0 for day in read)


def test_no_frames(tmp_path):
    """A directory without frames is reported as such."""
    with pytest.raises(ValueError, match="0 full C2 frames"):
        RealFrames(tmp_path, "C2")


def test_any_layout(tmp_path, monkeypatch):
    """Frames may lie anywhere below the directory; frames for test and summed ones are not used."""
    monkeypatch.setattr(sources, "flattened", lambda *_: None)
    (tmp_path / "some" / "where").mkdir(parents=True)
    for name, day, size in (("a", "12", 1024), ("some/b", "13", 1024), ("some/where/c", "15", 1024), ("d", "12", 512)):
        smap = plain_corona(detector="C2", size=size)
        smap.meta["date-obs"] = f"2010/01/{day}"
        write_map(smap, tmp_path / f"{name}.fts")
    assert RealFrames(tmp_path, "C2").days == ["20100112", "20100113"]


def test_a_frame_is_not_in_its_own_background(monkeypatch):
    """The background for the samples of a day is fitted to frames of other days alone."""
    fitted = []
    monkeypatch.setattr(sources, "fit_background", lambda parts, **_: fitted.append(tuple(parts)) or parts)
    monkeypatch.setattr(sources, "sample_maps", lambda maps, backgrounds, **_: (maps[0], backgrounds(None)))
    real = object.__new__(RealFrames)
    real.maps, real.days, real._parts = list("abc"), ["1", "2", "2"], ["pa", "pb", "pc"]
    real._small, real.camera = [], type("Camera", (), {"center": (0, 0), "occulter_radius": 1})
    found = {smap: background for _, (smap, background) in real.samples()}
    assert found == {"a": ["pb", "pc"], "b": ["pa"], "c": ["pa"]}
    assert len(fitted) == 2


@pytest.mark.usefixtures("small")
def test_scenes(library, tmp_path):
    """Scenes that made a background give no samples; what is there is not made again; the same comes out again."""
    (path,) = scene_samples(library, tmp_path, detector="C3")
    samples = read_samples([path])
    assert samples
    assert all(sample.noise == 0 for sample in samples)
    assert list(scene_samples(library, tmp_path, detector="C3")) == []
    other = tmp_path / "other"
    other.mkdir()
    (again,) = scene_samples(library, other, detector="C3")
    assert again.name == path.name
    assert all(same(one, two) for one, two in zip(samples, read_samples([again]), strict=True))


def test_background_of_the_real_camera(library, tmp_path, small, monkeypatch):
    """Where one is given, scenes are damaged behind it as well, behind that of other scenes, and behind none."""
    asked = []
    monkeypatch.setattr(sources, "_scene_background", lambda paths: "of scenes")
    monkeypatch.setattr(
        sources, "sample_scene", lambda *_, rounds, background=None: asked.append((background, rounds)) or []
    )
    list(scene_samples(library, tmp_path, detector="C3", background="real"))
    assert asked == [("of scenes", 2), ("real", 2), (None, 1)]


@pytest.mark.usefixtures("small")
def test_parts(library, tmp_path, monkeypatch):
    """Parts share the scenes, none is done twice."""
    monkeypatch.setattr(sources, "_SCENES", 1)
    monkeypatch.setattr(sources, "_scene_background", lambda paths: None)
    monkeypatch.setattr(sources, "sample_scene", lambda *_, **__: [])
    names = [[path.name for path in scene_samples(library, tmp_path, detector="C3", part=i, parts=2)] for i in (0, 1)]
    assert [len(part) for part in names] == [1, 1]
    assert names[0] != names[1]
