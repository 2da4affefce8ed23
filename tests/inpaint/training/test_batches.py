"""Batches."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from sunpy_coronagraph_inpaint.inpaint.network.candidates import CANDIDATES
from sunpy_coronagraph_inpaint.inpaint.network.patches import AUXILIARY_CHANNELS
from sunpy_coronagraph_inpaint.inpaint.training import batches as module
from sunpy_coronagraph_inpaint.inpaint.training.batches import Batches, collate, drop_neighbors, network_inputs
from tests.inpaint.training.made import made, many

PLACE = [AUXILIARY_CHANNELS.index("place, horizontally"), AUXILIARY_CHANNELS.index("place, vertically")]


def equal(one, other):
    """Whether two batches are equal to the bit."""
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_put_together():
    """Padding is not known, has weight 0 and value 0; the first candidate is usable everywhere."""
    batch = collate([made(0, (14, 20)), made(1, (20, 16))], size=(24, 24))
    assert batch.images.shape == (2, 3, 24, 24)
    assert batch.truth.shape == batch.weight.shape == (2, 1, 24, 24)
    for name in ("images", "known", "extras", "candidates", "truth", "weight"):
        tensor = getattr(batch, name)
        assert not tensor[0, :, 14:].any(), name
        assert not tensor[0, :, :, 20:].any(), name
        assert not tensor[1, :, :, 16:].any(), name
    assert batch.usable[:, 0].all()
    assert not batch.usable[0, 1:, 14:].any()
    np.testing.assert_array_equal(batch.truth[0, 0, :14, :20], made(0, (14, 20)).truth.astype(np.float32))


def test_weight_of_structure():
    """Holes in strong structure count more, within limits."""
    scales = (1e-4, 0.005, 0.02, 0.08, 1.0)
    weights = [float(collate([made(scale=scale)]).weight.max()) for scale in scales]
    assert weights == pytest.approx([0.4, 0.5, 1.0, 2.0, 3.0])


def test_any_batch_at_any_time():
    """Batch number 5 is the same whatever was asked for before; other numbers, seeds and processes get others."""
    samples = many()
    fresh, used = (Batches(samples, cells=1000, seed=3) for _ in range(2))
    for step in (9, 0, 4):
        used(step)
    assert equal(fresh(5), used(5))
    assert not equal(fresh(5), fresh(6))
    assert not equal(fresh(5), fresh(5, rank=1))
    assert not equal(fresh(5), Batches(samples, cells=1000, seed=4)(5))


def test_samples_are_not_changed():
    """Taking neighbors away and turning are done on copies."""
    samples = many(4)
    before = [[np.array(part).tobytes() for part in sample] for sample in samples]
    for step in range(10):
        Batches(samples, cells=1000)(step)
    assert [[np.array(part).tobytes() for part in sample] for sample in samples] == before


def test_size_of_a_batch():
    """A batch of large holes has fewer of them, and never fewer than two."""
    small, large = (Batches([made(0, (side, side))], cells=4096)(0) for side in (16, 90))
    assert len(small.truth) == 16
    assert len(large.truth) == 2


def test_sample_weights():
    """Samples of likelihood 0 are never drawn, those of 2 twice as often as those of 1."""
    samples = [made(seed, scale=0.01 * (seed + 1)) for seed in range(3)]
    batches = Batches(samples, cells=24 * 24 * 16, sample_weights=[0, 1, 2])
    drawn = np.concatenate([batches(step).scale.flatten().numpy() for step in range(60)])
    counts = [np.count_nonzero(np.isclose(drawn, sample.scale)) for sample in samples]
    assert counts[0] == 0
    assert counts[2] / counts[1] == pytest.approx(2, rel=0.25)


def test_every_sample_is_shown_as_often():
    """However the sizes are grouped."""
    samples = [made(seed, (40, 40) if seed == 0 else (16, 16), scale=0.01 * (seed + 1)) for seed in range(5)]
    batches = Batches(samples, cells=4000)
    drawn = np.concatenate([batches(step).scale.flatten().numpy() for step in range(800)])
    counts = [np.count_nonzero(np.isclose(drawn, sample.scale)) for sample in samples]
    assert max(counts) / min(counts) < 1.35


def test_mirrored_together(monkeypatch):
    """All layers of a sample are mirrored, or none, and the signs of the place turn together."""
    monkeypatch.setattr(module, "_NEIGHBORS", (1, 0, 0, 0))
    columns = np.broadcast_to(np.arange(24.0), (24, 24)).astype(np.float16)
    sample = made(0, (24, 24))
    layered = [np.broadcast_to(columns, layers.shape).copy() for layers in sample[:5]]
    sample = sample._replace(
        images=layered[0], extras=layered[2], candidates=layered[3], truth=columns, weight=columns > 3,
        known=layered[0] > 3, usable=layered[3] > 3,
    )  # fmt: skip
    seen = set()
    for step in range(12):
        batch = Batches([sample], cells=2000)(step)
        for number in range(len(batch.truth)):
            truth = batch.truth[number, 0]
            mirrored = bool(truth[0, 0] > truth[0, 1])
            rolled = bool((batch.extras[number, PLACE] < 0).any())
            assert torch.equal(truth, torch.tensor(columns.astype(np.float32)).flip(-1) if mirrored else truth)
            assert (batch.images[number] == truth).all()
            assert (batch.candidates[number] == truth).all()
            assert torch.equal(batch.weight[number, 0] > 0, truth > 3)
            assert (batch.known[number] == (truth > 3)).all()
            assert (batch.usable[number, 1:] == (truth > 3)).all()
            signs = torch.ones(len(AUXILIARY_CHANNELS), 1, 1)
            signs[PLACE] = -1 if rolled else 1
            assert (batch.extras[number] == signs * truth).all()
            seen.add((mirrored, rolled))
    assert len(seen) == 4


@pytest.mark.parametrize("without", [(), (0,), (1,), (0, 1)])
def test_neighbors_taken_away(without):
    """Dropping a neighbor removes its pixels, mask, lag, and the candidates that need it."""
    batch = collate([made()] * 2)
    drop_neighbors(batch, 1, without)
    assert equal([tensor[:1] for tensor in batch], collate([made()]))
    for side in (0, 1):
        gone = side in without
        assert bool(batch.known[1, 1 + side].any()) != gone
        assert bool(batch.images[1, 1 + side].any()) != gone
        lag = AUXILIARY_CHANNELS.index(("lag of the frame before", "lag of the frame after")[side])
        assert bool(batch.extras[1, lag].any()) != gone
        assert bool(batch.usable[1, CANDIDATES.index(("before", "after")[side])].any()) != gone
    for name in ("time_interpolated", "motion_compensated"):
        assert bool(batch.usable[1, CANDIDATES.index(name)].any()) == (not without)
    assert batch.usable[1, :4].all()


def test_neighbors_are_taken_away_by_chance():
    """Of many samples some have both neighbors, some one, some none."""
    batches = Batches([made()], cells=24 * 24 * 40)
    known = torch.cat([batches(step).known[:, 1:].any((-1, -2)) for step in range(10)]).numpy()
    share = {pair: np.mean((known == pair).all(axis=1)) for pair in ((True, True), (True, False), (False, False))}
    assert share[True, True] == pytest.approx(0.4, abs=0.1)
    assert share[True, False] == pytest.approx(0.1, abs=0.06)
    assert share[False, False] == pytest.approx(0.4, abs=0.1)


def test_arguments_of_the_network():
    """The arguments are in the network's order."""
    batch = collate([made()])
    assert [a is b for a, b in zip(network_inputs(batch), batch[:5], strict=True)] == [True] * 5
    assert all(one is not other for one, other in pairwise(network_inputs(batch)))


def test_nothing_to_learn_from():
    """Without samples the error says what to do."""
    with pytest.raises(ValueError, match="no samples to learn from"):
        Batches([])
