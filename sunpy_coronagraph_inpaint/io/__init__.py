"""Read and write maps, and record processing steps in their headers."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "provenance": ["record_step", "steps"],
        "reading": ["read_array", "read_map"],
        "writing": ["copy_file", "write_map"],
    },
)
