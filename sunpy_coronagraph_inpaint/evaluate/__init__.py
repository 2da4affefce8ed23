"""Compare methods side by side on cases with a known answer, for any task."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "contact_sheet": ["Sheet"],
        "runner": ["run"],
        "suite": ["Entry", "Measure", "Suite"],
    },
)
