"""Configuration of the documentation builder."""

import builtins
import os
import warnings
from datetime import UTC, datetime
from pathlib import Path

os.environ["PARFIVE_HIDE_PROGRESS"] = "True"
os.environ["MPLBACKEND"] = "agg"

from click.testing import CliRunner
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from astropy.utils.exceptions import AstropyDeprecationWarning

from sunpy import log
from sunpy.util.exceptions import (
    SunpyDeprecationWarning,
    SunpyMetadataWarning,
    SunpyPendingDeprecationWarning,
)

from sunpy_coronagraph_inpaint import __version__
from sunpy_coronagraph_inpaint.cli import main

HERE = Path(__file__).parent

# -- Project -----------------------------------------------------------------
project = "sunpy_coronagraph_inpaint"
author = "The sunpy_coronagraph_inpaint developers"
copyright = f"{datetime.now(tz=UTC).year}, {author}"
release = __version__
is_development = ".dev" in release

# The examples must not use deprecated interfaces.
for category in (SunpyDeprecationWarning, SunpyPendingDeprecationWarning, AstropyDeprecationWarning):
    warnings.filterwarnings("error", category=category)
# LASCO headers give neither observer nor solar radius. SunPy warns about this whenever a map is plotted, which would
# fill the gallery pages.
warnings.filterwarnings("ignore", "Missing metadata for observer", SunpyMetadataWarning)
log.setLevel("WARNING")

# -- General -----------------------------------------------------------------
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_automodapi.automodapi",
    "sphinx_automodapi.smart_resolver",
    "sphinx_changelog",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".rst": "restructuredtext"}
root_doc = "index"
default_role = "py:obj"
exclude_patterns = ["_build", "Thumbs.db", ".DS_Store"]

# numpydoc docstrings. Types are shown as written, with links where they are in backticks; as fields every word of a
# type ("optional", "array-like") would be taken for a class.
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_param = False
napoleon_use_rtype = False
autodoc_typehints = "none"
automodapi_toctreedirnm = "generated/api"
automodapi_inheritance_diagram = False
automodapi_writereprocessed = False

# Prompts and outputs are not copied.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# -- References --------------------------------------------------------------
# Every reference is checked. Those to other packages need the inventories on their sites, so they are checked only with
# a network connection (on Read the Docs, or with DOCS_INTERSPHINX=1). Otherwise references to these packages, and to
# nothing else, may stay unresolved, so that the build works offline and is still strict about this package.
nitpicky = True
nitpick_ignore = [
    tuple(line.split(None, 1))
    for line in (HERE / "nitpick-exceptions").read_text().splitlines()
    if line and not line.startswith("#")
]
intersphinx_mapping = {}
if os.environ.get("READTHEDOCS") == "True" or os.environ.get("DOCS_INTERSPHINX") == "1":
    intersphinx_mapping = {
        "asdf": ("https://asdf.readthedocs.io/en/stable/", None),
        "astropy": ("https://docs.astropy.org/en/stable/", None),
        "click": ("https://click.palletsprojects.com/en/stable/", None),
        "distributed": ("https://distributed.dask.org/en/stable/", None),
        "matplotlib": ("https://matplotlib.org/stable/", None),
        "numpy": ("https://numpy.org/doc/stable/", None),
        "parfive": ("https://parfive.readthedocs.io/en/stable/", None),
        "python": ("https://docs.python.org/3/", None),
        "scipy": ("https://docs.scipy.org/doc/scipy/", None),
        "skimage": ("https://scikit-image.org/docs/stable/", None),
        "sunpy": ("https://docs.sunpy.org/en/stable/", None),
        "torch": ("https://docs.pytorch.org/docs/stable/", None),
    }
else:
    standard = "abc|collections|functools|pathlib"
    external = "asdf|astropy|click|distributed|matplotlib|numpy|parfive|scipy|skimage|sunpy|torch"
    nitpick_ignore_regex = [
        ("py:.*", rf"({standard}|{external})(\..*)?"),
        ("py:.*", "|".join(name for name in dir(builtins) if not name.startswith("_"))),
    ]

# -- HTML --------------------------------------------------------------------
html_theme = "sunpy"
html_title = project
html_logo = "images/logo.svg"
html_favicon = "images/logo.svg"
html_static_path = ["_static"]
html_css_files = ["narrow.css"]
html_theme_options = {
    "sst_project_name": project,
    "navbar_links": [
        ["sunpy", "https://docs.sunpy.org/", 3],
        ["SunPy project", "https://sunpy.org/", 3],
    ],
    "footer_links": [],
    "goatcounter_analytics_url": False,
    "rtd_search": False,
    "show_toc_level": 2,
}

# -- Gallery -----------------------------------------------------------------
sphinx_gallery_conf = {
    "examples_dirs": HERE.parent / "examples",
    "gallery_dirs": "generated/gallery",
    "backreferences_dir": "generated/backreferences",
    # every example is run except those that need the network
    "filename_pattern": r"^((?!skip_).)*$",
    "ignore_pattern": r"__init__\.py",
    "doc_module": ("sunpy_coronagraph_inpaint",),
    "reference_url": {"sunpy_coronagraph_inpaint": None},
    "abort_on_example_error": True,
    "image_scrapers": ("matplotlib",),
    "default_thumb_file": str(HERE / "images" / "logo.svg"),
    "matplotlib_animations": True,
    "min_reported_time": 10,
    "plot_gallery": "True",
    "remove_config_comments": True,
    "show_memory": False,
    "within_subsection_order": "ExampleTitleSortKey",
}


# -- Command line ------------------------------------------------------------
class CommandOutput(SphinxDirective):
    """Show a call of ``coronagraph-inpaint`` and what it prints: ``.. command-output:: fill --help``."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        command = self.arguments[0]
        runner = CliRunner(env={"COLUMNS": "80"})
        done = runner.invoke(main, command.split(), prog_name="coronagraph-inpaint", catch_exceptions=False)
        if done.exit_code:
            msg = f"coronagraph-inpaint {command} failed: {done.output}"
            raise self.error(msg)
        text = f"$ coronagraph-inpaint {command}\n{done.output}"
        return [nodes.literal_block(text, text, language="text")]  # quotes in the help break the lexer of consoles


def setup(app):
    app.add_directive("command-output", CommandOutput)
    return {"parallel_read_safe": True}
