"""The measures of the machine."""

import pytest

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")


@pytest.fixture
def speed(script, monkeypatch):
    """Return the script, which starts no processes."""
    module = script("speed")
    monkeypatch.setattr(module, "run", lambda *arguments: "12.5")
    return module


def test_measures(speed):
    """Each measure has a positive value and a ratio to something of the same run."""
    measures = [
        *speed.measure_frame(blocks=1, repeat=1, methods=["harmonic"]),
        *speed.measure_start(repeat=1),
        *speed.measure_files(number=4, damaged=0.5),
    ]
    assert all(measure.value > 0 for measure in measures)
    assert all(measure.ratio > 0 for measure in measures)
    names = [measure.what for measure in measures]
    assert names[0] == "read FITS (sunpy.map.Map)"
    assert "1 blocks, harmonic" in names
    assert "peer skimage biharmonic" in names
    assert "4 files, 50 % damaged, 1 job" in names


def test_arithmetic(speed):
    """The network computes at a positive rate, not above that of a product of matrices by more than chance."""
    product, single, half, ratio = speed.measure_arithmetic(blocks=2, frames=2, repeat=2, device="cpu")
    assert product.what == "matrix product of 1024 x 1024, float32, cpu"
    assert single.what == "network, 2 frames of 2 blocks, float32"
    assert half.what == "network, 2 frames of 2 blocks, bfloat16"
    for measure in (single, half):
        assert measure.ratio == pytest.approx(measure.value / product.value)
        assert 0 < measure.ratio < 8
    assert ratio.ratio == pytest.approx(single.value / half.value)


@pytest.mark.parametrize(("seconds", "status"), [(0.05, 0), (0.2, 1), (float("nan"), 1)])
def test_targets(speed, monkeypatch, capsys, seconds, status):
    """A target that is missed stands in the table, and in the exit status."""
    measure = speed.Timing("5 blocks, harmonic", seconds, "s", 1.0, "reading")
    monkeypatch.setattr(speed, "measure_frame", lambda **options: [measure])
    for name in ("measure_arithmetic", "measure_start", "measure_files"):
        monkeypatch.setattr(speed, name, lambda **options: [])
    assert speed.main([]) == status
    assert ("target 0.1: missed" in capsys.readouterr().out) == bool(status)


def test_memory_of_a_process(script):
    """The peak of the process grows with what it holds for a moment."""
    import numpy as np

    common = script("_common")
    before = common.peak_memory()
    np.ones(int(1.5 * before) << 17)  # numbers of 8 bytes: one and a half times as many MiB as the peak
    assert common.peak_memory() > 1.4 * before
