"""A frame on its way from level 0.5 to level 1."""

from dataclasses import dataclass, field

import numpy as np

from sunpy_coronagraph_inpaint.calibrate.summing import fit_to_frame

__all__ = ["Frame"]


@dataclass(kw_only=True, eq=False)
class Frame:
    """A frame between two steps: its arrays, its header so far, and what was used for it."""

    smap: object
    settings: object
    store: object
    options: dict
    data: np.ndarray
    meta: dict
    lost: np.ndarray | None = None
    filled: np.ndarray | None = None
    spread: np.ndarray | None = None
    hidden: np.ndarray | None = None
    method: str = "none"
    nominal: list = field(default_factory=list)
    history: list = field(default_factory=list)

    def use(self, what, item):
        """Return the value of a piece of the calibration, and remember where it came from."""
        if item.nominal:
            self.nominal.append(what)
        return item.value

    def put(self, **cards):
        """Write into the header."""
        self.meta.update(cards)

    def scale(self, factor):
        """Multiply the uncertainty as the data were."""
        if self.spread is not None:
            self.spread = self.spread * factor

    def fit(self, image):
        """Cut and sum a calibration image like the frame."""
        settings = self.settings
        if np.ndim(image) == 0:
            return image
        # A sub-field was put into a full frame before.
        return fit_to_frame(image, origin=(0, 0), summing=settings.summing, shape=self.data.shape)
