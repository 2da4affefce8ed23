"""Data sets of frames: build, apply quality cuts, split, open and verify."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "build": ["build_dataset"],
        "frames": ["FrameDataset"],
        "manifest": ["open_dataset", "read_manifest"],
        "quality": ["QualityCuts"],
        "split": ["split_of"],
        "verify": ["verify_dataset"],
    },
)
