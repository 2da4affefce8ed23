"""Crops through the network."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from sunpy_coronagraph_inpaint.inpaint.network.candidates import CANDIDATES
from sunpy_coronagraph_inpaint.inpaint.network.crop import EXTRAS
from sunpy_coronagraph_inpaint.learning import inference as module
from sunpy_coronagraph_inpaint.learning.inference import one_torch_thread, pick_device, predict
from tests.learning.tiny import tiny_network

SIZES = [(30, 30), (31, 29), (24, 24), (40, 17), (32, 32), (30, 30), (9, 50)]


def crop_of(shape, seed):
    """A crop of random numbers with a hole in the middle."""
    rng = np.random.default_rng(seed)
    images, extras, candidates = (
        rng.normal(size=(n, *shape)).astype(np.float32) for n in (3, len(EXTRAS), len(CANDIDATES))
    )
    known = np.ones((3, *shape), bool)
    known[0, shape[0] // 3 : 2 * shape[0] // 3, shape[1] // 3 : 2 * shape[1] // 3] = False
    known[2] = seed % 2 == 0
    usable = np.ones((len(CANDIDATES), *shape), bool)
    usable[5:] = seed % 2 == 0
    return SimpleNamespace(images=images, known=known, extras=extras, candidates=candidates, usable=usable)


@pytest.fixture(scope="module")
def crops():
    """Crops of several sizes, some of which are rounded up to the same."""
    return [crop_of(shape, seed) for seed, shape in enumerate(SIZES)]


@pytest.fixture(scope="module")
def network():
    """An untrained network whose parameters are all at random."""
    return tiny_network()


def test_many_are_filled_as_one_by_one(network, crops):
    """What a crop gets does not depend on those it goes with."""
    together = predict(network, crops, device="cpu")
    for crop, (mean, std) in zip(crops, together, strict=True):
        ((alone, alone_std),) = predict(network, [crop], device="cpu")
        assert mean.shape == std.shape == crop.known.shape[1:]
        np.testing.assert_allclose(mean, alone, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(std, alone_std, rtol=1e-5, atol=1e-5)
        assert (std > 0).all()


def test_order_does_not_matter(network, crops):
    """Answers come in the order of the crops."""
    forth, back = predict(network, crops, device="cpu"), predict(network, crops[::-1], device="cpu")
    for one, other in zip(forth, back[::-1], strict=True):
        np.testing.assert_allclose(one[0], other[0], rtol=1e-5, atol=1e-5)


def test_in_several_parts(network, crops, monkeypatch):
    """More crops of a size than go together are filled in parts."""
    whole = predict(network, crops, device="cpu")
    monkeypatch.setattr(module, "_TOGETHER", 1)
    for one, other in zip(whole, predict(network, crops, device="cpu"), strict=True):
        np.testing.assert_allclose(one[0], other[0], rtol=1e-5, atol=1e-5)


def test_nothing_to_fill(network):
    """No crops, no answers."""
    assert predict(network, [], device="cpu") == []


def test_what_is_not_known_does_not_matter(network, crops):
    """Values of the frame in its hole, and of a neighbor that is missing, change nothing."""
    crop = crops[1]
    changed = SimpleNamespace(**vars(crop))
    changed.images = np.where(crop.known, crop.images, 1e6).astype(np.float32)
    ((mean, std),), ((other, other_std),) = (predict(network, [c], device="cpu") for c in (crop, changed))
    np.testing.assert_array_equal(mean, other)
    np.testing.assert_array_equal(std, other_std)


def test_crops_are_not_written_to(network, crops):
    """The arrays stay as they were."""
    before = {name: array.tobytes() for name, array in vars(crops[0]).items()}
    predict(network, crops[:1], device="cpu")
    assert {name: array.tobytes() for name, array in vars(crops[0]).items()} == before


def test_number_of_threads_does_not_matter(network, crops):
    """One thread and several answer the same to the bit."""
    answers = []
    for threads in (1, 4):
        with threadpool_limits(threads):
            answers.append(predict(network, crops, device="cpu"))
    np.testing.assert_equal(answers[0], answers[1])


def test_limit_is_of_this_thread_alone():
    """While a thread is limited others are not, and what another one changes of BLAS meanwhile stays."""
    with threadpool_limits(4), ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(torch.get_num_threads).result()
        others = threadpool_limits(2, user_api="blas")
        with one_torch_thread():
            assert torch.get_num_threads() == 1
            assert pool.submit(torch.get_num_threads).result() == elsewhere
            others.restore_original_limits()
        assert torch.get_num_threads() == 4
        assert {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"} == {4}


def test_bfloat16_is_near(network, crops):
    """Half of the digits in the convolutions change little, since candidates keep all of theirs."""
    full, half = (predict(network, crops[:1], device="cpu", precision=p)[0][0] for p in ("float32", "bfloat16"))
    assert not np.array_equal(full, half)
    assert np.abs(full - half).max() < 0.02


@pytest.mark.parametrize("device", ["toaster", "cuda:99", "xla"])
def test_unknown_device(device):
    """A device that torch does not have here is told as such."""
    with pytest.raises(ValueError, match="torch cannot compute on"):
        pick_device(device)


def test_device_is_chosen():
    """Without a wish it is CUDA where there is some."""
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert pick_device().type == expected
    assert pick_device("cpu").type == "cpu"
