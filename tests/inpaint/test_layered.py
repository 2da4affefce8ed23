"""Tests of the stack that closes holes from the boundary to the middle."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sunpy_coronagraph_inpaint.inpaint.network.layered import LayeredInpainter, closing_masks


def _network(n_layers=2, **options):
    """Small, with every parameter at random."""
    torch.manual_seed(1)
    sizes = {"n_images": 3, "n_extras": 2, "n_candidates": 3, "width": 4, "depth": 1}
    network = LayeredInpainter(n_layers=n_layers, **(sizes | options))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return network.eval()


def _inputs(seed=0, size=16):
    """Images, known, extras, candidates, usable: an 8x8 hole, and no second neighbor in the second sample."""
    generator = torch.Generator().manual_seed(seed)
    images, extras, candidates = (torch.randn(2, n, size, size, generator=generator) for n in (3, 2, 3))
    known = torch.ones(2, 3, size, size, dtype=torch.bool)
    known[:, 0, 4:12, 4:12] = False
    known[1, 2] = False
    usable = torch.tensor([[True, True, True], [True, False, True]]).reshape(2, 3, 1, 1)
    return images, known, extras, candidates, usable


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**16), layers=st.integers(1, 5), share=st.floats(0.02, 0.98))
def test_masks_grow_in_rings(seed, layers, share):
    """The masks are nested, start as known, end full, and follow the chessboard distance of SciPy, sample by sample."""
    rng = np.random.default_rng(seed)
    known = rng.random((3, 1, 13, 17)) < share
    known[0] = True
    known[2, 0, 3:11, 2:14] = False
    known[:, :, 0, 0] = True
    masks = closing_masks(torch.tensor(known), layers)
    assert len(masks) == layers + 1
    assert torch.equal(masks[0], torch.tensor(known))
    assert masks[-1].all()
    for before, after in itertools.pairwise(masks):
        assert (after | ~before).all()
    for sample in range(3):
        distance = ndimage.distance_transform_cdt(~known[sample, 0], "chessboard")
        for step in range(1, layers):
            expected = distance <= -(-step * distance.max() // layers)
            np.testing.assert_array_equal(masks[step][sample, 0].numpy(), expected)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_masks_of_nothing(layers):
    """With nothing known the first layer answers for all; with nothing missing all masks are full."""
    for value in (0, 1):
        masks = closing_masks(torch.full((1, 1, 5, 6), float(value)), layers)
        assert (masks[0] == bool(value)).all()
        assert all(mask.all() for mask in masks[1:])


@pytest.mark.parametrize("n_layers", [1, 2, 3])
def test_starts_as_its_prior(n_layers):
    """Before training the answer is the candidates weighted by the softmax of the prior, over the usable ones."""
    network = LayeredInpainter(
        n_extras=2, n_candidates=3, n_layers=n_layers, width=4, depth=1, prior=[0.0, 1.0, 2.0], log_std=-3
    )
    images, known, extras, candidates, usable = _inputs()
    answer = network(images, known, extras, candidates, usable)
    for sample, chosen in enumerate(([0, 1, 2], [0, 2])):
        weight = torch.tensor([0.0, 1.0, 2.0])[chosen].softmax(0).reshape(-1, 1, 1)
        torch.testing.assert_close(answer.mean[sample, 0], (candidates[sample, chosen] * weight).sum(0))
    assert (answer.log_std == -3).all()
    assert (answer.weights[1, 1] == 0).all()


@pytest.mark.parametrize("n_layers", [1, 2, 3])
def test_each_layer_answers_for_its_ring(n_layers):
    """Mean, standard deviation and weights of a ring come from its own layer."""
    network = _network(n_layers)
    inputs = _inputs()
    answer = network(*inputs)
    assert answer.mean.shape == answer.log_std.shape == (2, 1, 16, 16)
    assert answer.means.shape == (2, n_layers, 16, 16)
    assert answer.weights.shape == (2, 3, 16, 16)
    torch.testing.assert_close(answer.weights.sum(1), torch.ones(2, 16, 16))
    for layer in range(n_layers):
        ring = (answer.masks[layer + 1] & ~answer.masks[layer])[:, 0]
        assert ring.any()
        assert torch.equal(answer.mean[:, 0][ring], answer.means[:, layer][ring])
    assert torch.equal(answer.mean[:, 0][inputs[1][:, 0]], answer.means[:, 0][inputs[1][:, 0]])
    # Each one's own offset of the logarithm reaches its own ring only.
    with torch.no_grad():
        network.log_std[-1] += 1.0
    change = network(*inputs).log_std - answer.log_std
    ring = answer.masks[-1] & ~answer.masks[-2] if n_layers > 1 else torch.ones_like(answer.masks[0])
    torch.testing.assert_close(change, ring.float())


def test_what_is_missing_does_not_matter():
    """NaN in the hole, in a missing neighbor and in an unusable candidate change nothing."""
    network = _network()
    images, known, extras, candidates, usable = _inputs()
    answer = network(images, known, extras, candidates, usable)
    again = network(
        torch.where(known, images, torch.nan),
        known.float(),
        extras,
        torch.where(usable, candidates, torch.nan),
        usable.expand_as(candidates).float(),
    )
    assert torch.equal(answer.mean, again.mean)
    assert torch.equal(answer.log_std, again.log_std)


@pytest.mark.parametrize("teacher", [False, True])
def test_what_each_layer_is_given(teacher):
    """Images, candidates, fields and masks come in that order, each under its own mask."""
    network = _network()
    images, known, extras, candidates, usable = inputs = _inputs()
    given = []
    for layer in network.layers:
        layer.register_forward_pre_hook(lambda _, tensors: given.append(tensors))
    truth = torch.randn(2, 1, 16, 16) if teacher else None
    answer = network(*inputs, truth=truth)
    for (x, mask), seen in zip(given, answer.masks, strict=False):
        assert x.shape == mask.shape == (2, 11, 16, 16)
        source = torch.where(answer.masks[0], images[:, :1], truth if teacher else answer.mean)
        expected = [source, images[:, 1:], candidates, extras, seen, known[:, 1:]]
        certain = torch.ones(2, 2, 16, 16)
        masks = [seen, known[:, 1:], usable.expand_as(candidates), certain, certain, certain[:, :1]]
        expected, masks = (torch.cat([part.float() for part in parts], 1) for parts in (expected, masks))
        assert torch.equal(mask.float(), masks)
        assert torch.equal(x[mask], expected[mask])


def test_squashed_differences():
    """The inputs may be the first candidate and differences from it, through an inverse hyperbolic sine."""
    network = LayeredInpainter(n_images=3, n_extras=2, n_candidates=3, n_layers=1, width=4, depth=1, squash=True)
    images, known, extras, candidates, usable = _inputs()
    usable = torch.ones_like(usable)
    given = []
    network.layers[0].register_forward_pre_hook(lambda _, tensors: given.append(tensors))
    network(images, known, extras, candidates, usable)
    (x, mask), first = given[0], candidates[:, :1]
    expected = torch.cat([images - first, first, candidates[:, 1:] - first], 1).asinh()
    assert torch.equal(x[:, :6][mask[:, :6]], expected[mask[:, :6]])


def test_residual_alone():
    """Where a neighbor is known the answer may be made of candidates alone."""
    network = _network(1, residual="alone")
    images, known, extras, candidates, usable = _inputs()
    known[:, 1:, :, :8] = False
    answer = network(images, known, extras, candidates, usable)
    choice = (answer.weights * torch.where(usable, candidates, 0)).sum(1, keepdim=True)
    shown = known[:, 1:].any(1, keepdim=True)
    assert shown.any()
    assert (~shown).any()
    assert torch.equal(answer.mean[shown], choice[shown])
    assert (answer.mean[~shown] != choice[~shown]).any()
    with pytest.raises(ValueError, match="Choose 'always' or 'alone'"):
        _network(residual="never")


def test_unit_of_the_residual():
    """Residual and standard deviation are in units of the prior uncertainty."""
    network = LayeredInpainter(n_images=3, n_extras=2, n_candidates=3, n_layers=1, width=4, depth=1, unit=1)
    images, known, extras, candidates, usable = _inputs()
    with torch.no_grad():
        network.layers[0].head.bias[-2] = 1.0
    one, two = (
        network(images, known, torch.stack([extras[:, 0], torch.full_like(extras[:, 0], np.log(unit))], 1), *rest)
        for unit, rest in ((1.0, (candidates, usable)), (2.0, (candidates, usable)))
    )
    torch.testing.assert_close(two.mean - one.mean, torch.ones_like(one.mean))
    torch.testing.assert_close(two.log_std - one.log_std, torch.full_like(one.mean, np.log(2)))


def test_what_is_known_matters():
    """The frame, a neighbor, the fields, the candidates, and the mask of a neighbor all reach the answer."""
    network = _network()
    inputs = _inputs()
    answer = network(*inputs).mean
    for index in (0, 2, 3):
        changed = list(inputs)
        changed[index] = inputs[index].clone()
        changed[index][0, -1] += 1
        assert (network(*changed).mean[0] - answer[0]).abs().max() > 1e-4
    known = inputs[1].clone()
    known[0, 2] = False
    assert (network(inputs[0], known, *inputs[2:]).mean[0] - answer[0]).abs().max() > 1e-4


def test_layers_see_the_layers_before():
    """Without the truth the second layer depends on the first; with the truth it does not (teacher forcing)."""
    network = _network()
    inputs = _inputs()
    truth = torch.randn(2, 1, 16, 16)
    free, forced = network(*inputs), network(*inputs, truth=truth)
    assert torch.equal(free.means[:, :1], forced.means[:, :1])
    assert not torch.equal(free.means[:, 1:], forced.means[:, 1:])
    with torch.no_grad():
        network.layers[0].head.bias += 1.0
    assert not torch.equal(network(*inputs).means[:, 1:], free.means[:, 1:])
    assert torch.equal(network(*inputs, truth=truth).means[:, 1:], forced.means[:, 1:])


def test_truth_is_seen_only_under_the_mask():
    """The middle of the hole stays hidden from every layer, and the last layer does see the truth of the ring."""
    network = _network()
    inputs = _inputs()
    truth = torch.randn(2, 1, 16, 16)
    answer = network(*inputs, truth=truth)
    middle = ~answer.masks[1]
    hidden = network(*inputs, truth=torch.where(middle, torch.nan, truth))
    assert torch.equal(hidden.mean, answer.mean)
    ring = answer.masks[1] & ~answer.masks[0]
    shown = network(*inputs, truth=torch.where(ring, truth + 1, truth))
    assert not torch.equal(shown.means[:, 1:], answer.means[:, 1:])


def test_gradients_of_one_layer():
    """With the truth a loss on one layer moves that layer's parameters and no others."""
    network = _network(3)
    answer = network(*_inputs(), truth=torch.randn(2, 1, 16, 16))
    answer.means[:, 1].square().mean().backward()
    for layer in range(3):
        of_layer = [p for name, p in network.named_parameters() if name.split(".")[1] == str(layer)]
        assert of_layer
        assert any(p.grad is not None and bool(p.grad.any()) for p in of_layer) == (layer == 1)


def test_single_frame():
    """One image without neighbors and without extra fields works, with a candidate usable here and there."""
    network = _network(n_images=1, n_extras=0)
    images, known, _, candidates, _ = _inputs()
    usable = torch.ones_like(candidates, dtype=torch.bool)
    usable[:, 1, :8] = False
    answer = network(images[:, :1], known[:, :1], torch.zeros(2, 0, 16, 16), candidates, usable)
    assert torch.isfinite(answer.mean).all()
    assert (answer.weights[:, 1, :8] == 0).all()
    assert (answer.weights[:, 1, 8:] > 0).all()


def test_autocast():
    """In bfloat16 the answer stays float32 and close to that in float32."""
    network = _network()
    inputs = _inputs()
    expected = network(*inputs)
    with torch.autocast("cpu", torch.bfloat16):
        answer = network(*inputs)
    assert answer.mean.dtype is answer.log_std.dtype is torch.float32
    assert (answer.mean - expected.mean).abs().max() < 0.1 * expected.mean.abs().max()
    assert not torch.equal(answer.mean, expected.mean)


def test_samples_do_not_mix():
    """A batch gives what its samples give one by one."""
    network = _network()
    inputs = _inputs()
    together = network(*inputs).mean
    for sample in range(2):
        alone = network(*(tensor[sample : sample + 1] for tensor in inputs)).mean
        torch.testing.assert_close(alone, together[sample : sample + 1], rtol=1e-4, atol=1e-5)


def test_state_dict_comes_back():
    """A state loaded into another network gives the same answer."""
    network, other = _network(), LayeredInpainter(n_extras=2, n_candidates=3, width=4, depth=1)
    other.load_state_dict(network.state_dict())
    assert torch.equal(network(*_inputs()).mean, other(*_inputs()).mean)


def test_bad_input():
    """A prior of wrong length is refused, and a pixel without any usable candidate."""
    with pytest.raises(ValueError, match="one number for each of the 3 candidates"):
        LayeredInpainter(n_extras=0, n_candidates=3, prior=[1.0])
    images, known, extras, candidates, usable = _inputs()
    usable = usable.expand_as(candidates).clone()
    usable[1, :, 3, 3] = False
    with pytest.raises(ValueError, match="no candidate is usable"):
        _network()(images, known, extras, candidates, usable)
