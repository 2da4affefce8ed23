"""Applying a network to patches."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from sunpy_coronagraph_inpaint.learning import pick_device, predict
from sunpy_coronagraph_inpaint.learning.inference import evaluating, single_thread

SIZES = [(30, 30), (31, 29), (24, 24), (40, 17), (32, 32), (30, 30), (9, 50)]


@pytest.fixture(scope="module")
def patches():
    """An image of two channels and a mask each, of several sizes, some of which are rounded up to the same."""
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(2, *shape)).astype(np.float32), rng.random((1, *shape)) > 0.2) for shape in SIZES]


@pytest.fixture(scope="module")
def function():
    """A network with a receptive field that depends on the mask."""
    convolution = torch.nn.Conv2d(2, 3, 5, padding=2, bias=False)
    return lambda image, mask: convolution(image * mask)


def test_many_are_as_one_by_one(function, patches):
    """What a patch gets does not depend on those it goes with, nor on the order."""
    together = predict(function, patches, device="cpu")
    back = predict(function, patches[::-1], device="cpu")[::-1]
    for patch, one, other in zip(patches, together, back, strict=True):
        (alone,) = predict(function, [patch], device="cpu")
        assert one.shape == (3, *patch[0].shape[1:])
        np.testing.assert_allclose(one, alone, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_in_several_parts(patches):
    """Batches have at most the largest number of patches."""
    sizes = []

    def count(image, mask):
        sizes.append(len(image))
        return image

    found = predict(count, patches, device="cpu", most=2)
    assert max(sizes) == 2
    assert sum(sizes) == len(patches)
    for patch, answer in zip(patches, found, strict=True):
        np.testing.assert_array_equal(answer, patch[0])


def test_nothing():
    """Without patches the result is empty."""
    assert predict(None, [], device="cpu") == []


def test_bfloat16(function, patches):
    """Convolutions in bfloat16 change the result only a little."""
    full, half = (predict(function, patches[:1], device="cpu", precision=p)[0] for p in ("float32", "bfloat16"))
    assert not np.array_equal(full, half)
    assert np.abs(full - half).max() < 0.05


def test_evaluating():
    """A network is evaluated without gradients, and comes back as it was."""
    for training in (True, False):
        network = torch.nn.BatchNorm1d(2).train(training)
        with evaluating(network) as same:
            assert same is network
            assert not network.training
            assert not network(torch.ones(2, 2)).requires_grad
        assert network.training == training


def test_limit_is_of_this_thread_alone():
    """While a thread is limited others are not, and what another one changes of BLAS meanwhile stays."""
    with threadpool_limits(4), ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(torch.get_num_threads).result()
        others = threadpool_limits(2, user_api="blas")
        with single_thread():
            assert torch.get_num_threads() == 1
            assert pool.submit(torch.get_num_threads).result() == elsewhere
            others.restore_original_limits()
        assert torch.get_num_threads() == 4
        assert {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"} == {4}


@pytest.mark.parametrize("device", ["toaster", "cuda:99", "xla"])
def test_unknown_device(device):
    """A device that torch does not have here is reported as such."""
    with pytest.raises(ValueError, match="torch cannot compute on"):
        pick_device(device)


def test_device_is_chosen():
    """The default is CUDA if available."""
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert pick_device().type == expected
    assert pick_device("cpu").type == "cpu"
