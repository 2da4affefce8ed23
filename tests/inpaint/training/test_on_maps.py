"""A network of one's own."""

import numpy as np
import pytest
from scipy import ndimage

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.inpaint.network.trained import save_network
from sunpy_coronagraph_inpaint.inpaint.training import InpaintRecipe, InpaintTask, train_on_maps
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")

RECIPE = InpaintRecipe(n_layers=1, width=8, depth=2, steps=150, rate=3e-3, cells=2048, average=0.97, prior=1.0)
TINY = InpaintRecipe(width=4, depth=1, steps=2, cells=2048)


def corona(seed):
    """A frame of C3, summed to 512 pixels."""
    return plain_corona(detector="C3", seed=seed, size=512)


def error(filled, truth, mask):
    """Mean absolute error of means of 4x4 pixels, % of the brightness; noise and stars aside."""
    difference = np.where(mask, (filled.data - truth.data) / np.maximum(truth.data, 1), 0.0)
    return 100 * np.mean(np.abs(ndimage.uniform_filter(ndimage.median_filter(difference, 3), 4)[mask]))


def test_better_than_harmonic(tmp_path):
    """A tiny network learns in less than a minute, and fills frames that it has never seen much better than that."""
    weights = train_on_maps([corona(seed) for seed in range(5)], tmp_path, recipe=RECIPE, rounds=5, device="cpu")
    untrained = tmp_path / "untrained.safetensors"
    save_network(untrained, InpaintTask().untrained(RECIPE), settings=RECIPE.network_settings)
    errors = {"trained": [], "untrained": [], "harmonic": []}
    for seed in (100, 101):
        truth = corona(seed)
        damaged = damage(truth, blocks=40, seed=seed)
        mask = find_dropouts(damaged).mask
        for name, options in {
            "trained": {"method": "partial_conv", "weights": weights},
            "untrained": {"method": "partial_conv", "weights": untrained},
            "harmonic": {"method": "harmonic"},
        }.items():
            errors[name].append(error(inpaint_map(damaged, **options), truth, mask))
    found = {name: np.mean(values) for name, values in errors.items()}
    assert found["trained"] < 0.7 * found["harmonic"], found
    assert found["trained"] < 0.93 * found["untrained"], found


def test_again_gives_the_same(tmp_path):
    """The same lines run again give the same weights at once; a directory of another training is refused."""
    maps = [corona(0)]
    path = train_on_maps(maps, tmp_path, recipe=TINY, rounds=1, device="cpu")
    content = path.read_bytes()
    assert train_on_maps(iter(maps), tmp_path, recipe=TINY, rounds=1, device="cpu").read_bytes() == content
    with pytest.raises(ValueError, match="other maps"):
        train_on_maps([corona(1)], tmp_path, recipe=TINY, rounds=1, device="cpu")
    with pytest.raises(ValueError, match="another recipe"):
        train_on_maps(maps, tmp_path, recipe=InpaintRecipe(width=8, depth=1, steps=2), rounds=1, device="cpu")


def test_validation(tmp_path):
    """Frames to judge by give errors in the log, and sheets."""
    train_on_maps([corona(0)], tmp_path, recipe=TINY, rounds=1, validation=[corona(1)], device="cpu")
    assert "small net" in (tmp_path / "log.csv").read_text()
    assert (tmp_path / "sheet_000002.png").exists()


@pytest.mark.parametrize(
    ("maps", "device", "error", "match"),
    [
        ([], "cpu", ValueError, "no samples"),
        ([np.zeros((4, 4))], "cpu", TypeError, "ndarray"),
        ([], "toaster", ValueError, "torch"),
    ],
)
def test_errors(tmp_path, maps, device, error, match):
    """Input that cannot be used for training is an error."""
    with pytest.raises(error, match=match):
        train_on_maps(maps, tmp_path, device=device)
