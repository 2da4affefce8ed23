"""Process many files by any operation, on one machine or many, resuming after any interruption."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "engine": ["process_files"],
        "operation": ["Column", "Operation"],
        "outcome": ["Outcome"],
    },
)
