"""
Time the simulator.

Run as ``python benchmarks/simulation_speed.py [--frames N]``. Prints the seconds for a scene, for a first frame
including the scene and the tables that are computed once, for a later frame of the same sequence, for a truth, and for
a plain corona.
"""

from _common import parser, timed

from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe, plain_corona


def main():
    """Print the times."""
    options = parser(__doc__)
    options.add_argument("--frames", type=int, default=6)
    options = options.parse_args()
    for detector in ("C2", "C3"):
        alone, scene = timed(lambda detector=detector: Scene.random(seed=1, detector=detector, cme=True))
        first, _ = timed(lambda scene=scene: observe(scene, scene.start))
        times = scene.times(options.frames + 1)[1:]
        rest, frames = timed(lambda scene=scene, times=times: observe(scene, times))
        truths, _ = timed(lambda scene=scene, times=times: observe(scene, times, truth="clean"))
        losing, _ = timed(lambda frames=frames: damage(frames[0]))
        plain = min(timed(lambda detector=detector: plain_corona(detector=detector))[0] for _ in range(3))
        print(f"{detector}: scene {alone:.2f} s, first frame {first:.2f} s, together {alone + first:.2f} s")
        print(f"{detector}: each later frame {rest / options.frames:.2f} s, each truth {truths / options.frames:.2f} s")
        print(f"{detector}: losing 12 blocks {1000 * losing:.0f} ms, plain corona {1000 * plain:.0f} ms")


if __name__ == "__main__":
    main()
