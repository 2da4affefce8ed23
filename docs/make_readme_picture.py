"""Draw ``docs/images/before_after.png``, the picture of the README, from an artificial frame."""

from pathlib import Path

from sunpy_coronagraph_inpaint import inpaint_map
from sunpy_coronagraph_inpaint.inpaint.figures import plot_fill
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona


def main():
    """Remove single blocks and a burst of eight across two streamers, fill them, and plot the result."""
    truth = plain_corona(detector="C3", seed=0)
    burst = [32 * row + 10 for row in range(14, 22)]
    damaged = damage(damage(truth, blocks=burst), blocks=20, seed=3)
    figure = plot_fill(damaged, inpaint_map(damaged), truth=truth)
    figure.savefig(Path(__file__).parent / "images" / "before_after.png", dpi=100)


if __name__ == "__main__":
    main()
