"""Fill missing blocks of coronagraph maps: the map front, the methods and their registry, figures."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "figures": ["plot_fill"],
        "files": ["Inpaint", "inpaint_files"],
        "maps": ["inpaint_map"],
        "methods": ["Fill", "Method", "get_method", "list_methods", "register_method"],
    },
)
