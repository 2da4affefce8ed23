"""
Ablation study of the network and of its training.

Run as ``python benchmarks/ablation.py LIBRARY -o DIR [--scenes N] [--steps N]``, where LIBRARY holds the directories
C2_... and C3_... written by ``coronagraph-inpaint simulate``. Trains one short run for each variant, all on the same
holes in the same scenes with the same seed, and prints the mean absolute error of bins in the validation scenes, in %
of the radial profile relative to the noiseless truth, for small and for large holes without neighbors, and with both.
The runs are much shorter than that of the bundled weights and only rank the variants. Variants that are already in DIR
are not repeated.
"""

import argparse
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import torch
from ablation_losses import (
    gaussian_nll,
    nonnegative_loss,
    radial_decrease_loss,
    ring_flux_loss,
    total_variation_loss,
)
from threadpoolctl import threadpool_limits

from sunpy_coronagraph_inpaint.frames import polar_grid
from sunpy_coronagraph_inpaint.inpaint.training import InpaintRecipe, InpaintTask, sample_scene
from sunpy_coronagraph_inpaint.inpaint.training.samples import load_scene, read_samples, write_samples
from sunpy_coronagraph_inpaint.learning import train
from sunpy_coronagraph_inpaint.learning.features import train_features

#: One in this many scenes is for validation.
JUDGED = 5
BASE = {"diff": 1.0, "cells": 1.0, "likelihood": 0.3}
#: The loss weights of the CorKit paper, relative to that of the pixel error.
CORKIT = {"perceptual": 0.05 / 6, "style": 20.0, "style_composite": 20.0}
PHYSICS = {"nonnegative": 0.1, "radial": 0.1, "ring": 0.1}

VARIANTS = {
    "as it is (1 layer)": {},
    "2 layers": {"n_layers": 2, "losses": BASE | {"inner": 0.1}},
    "3 layers": {"n_layers": 3, "losses": BASE | {"inner": 0.1}},
    "pixel frame": {"frame": "pixel"},
    "harmonic the only candidate": {"change": "harmonic"},
    "never shown neighbors": {"change": "alone"},
    "no normalization": {"norm": None},
    "loss: diff alone": {"losses": {"diff": 1.0}},
    "loss: without cells": {"losses": {"diff": 1.0, "likelihood": 0.3}},
    "loss: without likelihood": {"losses": {"diff": 1.0, "cells": 1.0}},
    "loss: Gaussian likelihood": {"losses": {"diff": 1.0, "cells": 1.0, "gaussian": 0.3}},
    "loss: + perceptual, style": {"losses": BASE | CORKIT},
    "loss: + total variation": {"losses": BASE | {"total_variation": 0.1 / 6}},
    "loss: + physics": {"losses": BASE | PHYSICS},
}


@dataclass(frozen=True, kw_only=True)
class AblationRecipe(InpaintRecipe):
    """A recipe that also accepts the losses compared here."""

    LOSSES: ClassVar = (*InpaintRecipe.LOSSES, "total_variation", "gaussian", "nonnegative", "radial", "ring")


class AblationTask(InpaintTask):
    """The inpainting task with these losses."""

    recipe_class = AblationRecipe

    def other_terms(self, output, batch):
        """Return the terms by name."""
        known = output.masks[0]
        composite = torch.where(known, batch.images[:, :1], output.mean)
        brightness = composite + 1 / batch.scale
        return super().other_terms(output, batch) | {
            "total_variation": lambda: total_variation_loss(composite, known),
            "gaussian": lambda: gaussian_nll(output.mean, output.log_std, batch.truth, known, weight=batch.weight),
            "nonnegative": lambda: nonnegative_loss(brightness, known),
            "radial": lambda: radial_decrease_loss(brightness, known),
            "ring": lambda: ring_flux_loss(composite, known, weight=batch.weight),
        }


class _Plain(SimpleNamespace):
    """Rows and columns instead of the radial and tangential directions."""

    @classmethod
    def about(cls, center, y, x):
        return cls(y=float(np.mean(y)), x=float(np.mean(x)), radius=np.inf)

    def __call__(self, y, x):
        return y - self.y, x - self.x

    def inverse(self, along, across):
        return np.broadcast_arrays(along + self.y, across + self.x)


@contextmanager
def _frame(name):
    polar = polar_grid.Polar
    polar_grid.Polar = _Plain if name == "pixel" else polar
    try:
        yield
    finally:
        polar_grid.Polar = polar


def make_samples(library, out_dir, frame, scenes):
    """Return the training and the validation samples in one coordinate frame."""
    found = [], []
    for detector in ("C2", "C3"):
        paths = sorted(path for folder in library.glob(f"{detector}_*") for path in folder.glob("*.npz"))
        if len(paths) < scenes:
            msg = f"{library} has {len(paths)} scenes of {detector}. Render {scenes}, or give --scenes."
            raise SystemExit(msg)
        for number, path in enumerate(paths[:: len(paths) // scenes][:scenes]):
            target = out_dir / f"{frame}_{detector}_{number}.safetensors"
            if not target.exists():
                with _frame(frame), threadpool_limits(1, user_api="blas"):
                    write_samples(target, list(sample_scene(load_scene(path), np.random.default_rng([3, number]))))
            found[number % JUDGED == 0].extend(read_samples([target]))
    return found


def _harmonic(sample):
    candidates, usable = sample.candidates.copy(), np.zeros_like(sample.usable)
    candidates[0], usable[0] = candidates[1], True
    return sample._replace(candidates=candidates, usable=usable)


def _alone(sample):
    images, known, usable = sample.images.copy(), sample.known.copy(), sample.usable.copy()
    images[1:], known[1:], usable[4:] = 0, False, False
    return sample._replace(images=images, known=known, usable=usable)


#: Groups of validation samples and the widths of their columns.
_GROUPS = {"small": 7, "large": 7, "both": 15}
CHANGES = {"harmonic": _harmonic, "alone": _alone}


def run(name, variant, samples, recipe, out_dir):
    """Train and validate one variant, and return the errors."""
    target = out_dir / f"{''.join(c if c.isalnum() else '_' for c in name)}.json"
    if target.exists():
        return json.loads(target.read_text())
    variant = dict(variant)
    change, _ = CHANGES.get(variant.pop("change", None)), variant.pop("frame", None)
    learned, judged = ([change(s) for s in part] if change else part for part in samples)
    recipe = replace(recipe, **variant)
    features = None
    if recipe.losses.keys() & CORKIT.keys():
        crops = [s.truth[:32, :32] for s in learned if min(s.truth.shape) >= 32]
        crops = torch.from_numpy(np.clip(np.stack(crops).astype(np.float32), -10, 10))[:, None]
        features = train_features(crops)
    task = AblationTask(features=features)
    network = train(task, learned, recipe, target.with_suffix(""), checkpoint_interval=recipe.steps)
    errors = task.validate(network, judged)
    target.write_text(json.dumps(errors))
    return errors


def main():
    """Train every variant and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=25, help="of each detector")
    parser.add_argument("--steps", type=int, default=1200)
    settings = parser.parse_args()
    settings.output.mkdir(parents=True, exist_ok=True)
    recipe = replace(AblationRecipe.named("lasco"), steps=settings.steps, average=0.98, losses=BASE)
    samples = {}
    print(f"{'':30s} {'small':>7s} {'large':>7s} {'both neighbors':>15s}   % of the profile")
    for name, variant in VARIANTS.items():
        frame = variant.get("frame", "polar")
        if frame not in samples:
            samples[frame] = make_samples(settings.library, settings.output, frame, settings.scenes)
            task = AblationTask()
            errors = task.validate(task.untrained(recipe), samples[frame][1])
            print(f"{f'kriging, {frame} frame':30s} {_row(errors, 'kriging')}", flush=True)
        print(f"{name:30s} {_row(run(name, variant, samples[frame], recipe, settings.output), 'net')}", flush=True)


def _row(errors, name):
    return " ".join(f"{errors.get(f'{group} {name}', np.nan):{width}.3f}" for group, width in _GROUPS.items())


if __name__ == "__main__":
    main()
