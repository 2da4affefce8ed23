"""Search and download coronagraph frames, the CME catalog, and context images."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "cache": ["Cache"],
        "cme_catalog": ["CMECatalog"],
        "context": ["aia_image", "context_images"],
        "download": ["DownloadOptions"],
        "errors": [
            "ChangedAnswerError",
            "DamagedFileError",
            "FetchError",
            "NoFramesError",
            "OutageError",
            "StaleFileError",
        ],
        "nrl": ["NRLClient"],
        "retrieve": ["fetch"],
        "search": ["search_lasco"],
    },
)
