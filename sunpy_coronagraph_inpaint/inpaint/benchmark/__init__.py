"""The benchmark of filling: frames with blocks knocked out, methods and peers, measures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "frame": ["BenchmarkFrame"],
        "frame_sets": ["FrameSet"],
        "suite": ["InpaintSuite"],
    },
)
