"""Recipes: read from files, refused with unknown settings."""

import pytest

from sunpy_coronagraph_inpaint.inpaint.training import CorKitRecipe, InpaintRecipe
from sunpy_coronagraph_inpaint.learning import Recipe
from tests.learning.denoise import DenoiseRecipe, recipe


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"precision": "float8"}, "no precision 'float8'"),
        ({"schedule": "never"}, "no schedule 'never'. Choose 'cosine' or 'constant'"),
        ({"losses": {"square": 1.0, "beauty": 2.0}}, "no loss beauty. Choose among square"),
        ({"first": {"losses": {"beauty": 2.0}}}, "no loss beauty"),
        ({"first": {"width": 2}}, "phase first has unknown settings: width"),
    ],
)
def test_errors(options, match):
    """Unknown settings are an error at once, not after hours."""
    with pytest.raises(ValueError, match=match):
        DenoiseRecipe(**({"first": {}, "second": {}} | options))


def test_phases():
    """Each phase is a recipe with its own settings, and the others of the whole."""
    first, second = recipe(3, 4, width=5).phases
    assert (first.steps, first.rate, first.freeze, first.width) == (3, 0.01, False, 5)
    assert (second.steps, second.rate, second.freeze) == (4, 0.003, True)
    assert recipe(3, 4).total_steps == 7
    plain = Recipe(steps=5)
    assert plain.phases == (plain,)


def test_read(tmp_path):
    """What a file names is set, the rest keeps its default."""
    path = tmp_path / "mine.toml"
    path.write_text("width = 7\n[losses]\ndiff = 2.0\ncells = 0.0\n")
    found = InpaintRecipe.read(path)
    assert (found.width, found.depth) == (7, InpaintRecipe().depth)
    assert found.active_losses == {"diff": 2.0}
    assert InpaintRecipe(**found.as_dict()) == found


@pytest.mark.parametrize(
    ("cls", "text", "match"),
    [
        (InpaintRecipe, "wdith = 3", "unknown settings: wdith. Choose among .*width"),
        (CorKitRecipe, "wdith = 3", "unknown settings: wdith. Choose among .*width"),
        (CorKitRecipe, "[finetuning]\nstep = 3", "unknown settings: step. Choose among .*steps"),
        (CorKitRecipe, "steps = 3", "unknown settings: steps"),
        (CorKitRecipe, "[pretraining.losses]\nlikelihood = 1.0", "no loss likelihood. Choose among inner"),
    ],
)
def test_wrong_files(tmp_path, cls, text, match):
    """A file with unknown settings is refused, and so are settings of phases outside them."""
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ValueError, match=match):
        cls.read(tmp_path / "mine.toml")


def test_named():
    """Bundled recipes can be read; the error for an unknown name lists them."""
    assert InpaintRecipe.named("lasco").steps > 0
    with pytest.raises(ValueError, match=r"no recipe 'secret'. Choose one of corkit, lasco"):
        InpaintRecipe.named("secret")
