"""Recipes."""

import pytest

from sunpy_coronagraph_inpaint.learning.recipe import Recipe


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"precision": "float8"}, "no precision 'float8'"),
        ({"losses": {"diff": 1.0, "beauty": 2.0}}, "no loss beauty"),
    ],
)
def test_errors(options, match):
    """What is not known is told at once, not after hours."""
    with pytest.raises(ValueError, match=match):
        Recipe(**options)


def test_read(tmp_path):
    """What a file names is set, the rest keeps its default."""
    path = tmp_path / "mine.toml"
    path.write_text("width = 7\n[losses]\ndiff = 2.0\n")
    recipe = Recipe.read(path)
    assert (recipe.width, recipe.depth) == (7, Recipe().depth)
    assert recipe.weights.active == {"diff": 2.0}
    assert Recipe(**recipe.as_dict()) == recipe


def test_unknown_settings(tmp_path):
    """A setting that does not exist is told with those that do."""
    path = tmp_path / "mine.toml"
    path.write_text("wdith = 7\n")
    with pytest.raises(ValueError, match=r"unknown settings: wdith. Choose among .*width"):
        Recipe.read(path)


def test_recipe_of_the_package():
    """The recipe of the bundled weights is there; an unknown name is told with those that there are."""
    assert Recipe.named("lasco").steps > 0
    with pytest.raises(ValueError, match=r"no recipe 'secret'. Choose one of .*lasco"):
        Recipe.named("secret")
