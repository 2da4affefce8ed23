"""Vignetting of C2 and C3 against the distance from the occulter in unsummed pixels, measured in two ways."""

# Radii, and the multiplier that corrects the vignetting of a frame: medians on circles of a real level-1 frame over a
# level-0.5 frame (benchmarks/calibration_against_real.py prints such a table). C3: two frames of 2002-01-08, 23 minutes
# apart; beyond 220 pixels their ratio falls to 0.9 because of the ramp that level 1 has subtracted, which is not
# vignetting. C2: a polarized level-1 frame of 2010-12 and level-0.5 frames of 2010-01, so that changes of the corona
# between them are included.
MULTIPLIER = {
    "C2": (
        (166, 170, 175, 180, 190, 200, 210, 220, 240, 260, 280, 300, 330, 360, 400, 440, 480, 500, 520, 560, 600, 640),
        (100.0, 88.1, 33.8, 24.1, 14.2, 11.1, 8.79, 7.24, 5.19, 4.06, 3.28, 2.76, 2.25, 1.94, 1.68, 1.44, 1.29, 1.23,
         1.19, 1.24, 1.39, 1.65),
    ),
    "C3": (
        (72, 75, 78, 82, 86, 90, 95, 100, 110, 120, 130, 140, 150, 160, 180, 200, 220),
        (15.1, 10.96, 8.01, 5.87, 4.62, 3.93, 3.36, 2.94, 2.38, 1.97, 1.62, 1.37, 1.205, 1.094, 1.018, 1.01, 1.0),
    ),
}  # fmt: skip

# Radii, and the fraction of the light that reaches the detector of an artificial frame. C3: the inverse of the
# multiplier above to its end, then the edge of the field. C2: raw frames over the corona of `simulate`, so that tables
# and corona together give the counts of real frames; the multiplier above is 0.75 to 0.85 times their inverse beyond
# 180 pixels, because the corona of 2010-12 was brighter than that of 2010-01 and the artificial one differs.
THROUGHPUT = {
    "C2": (
        (150, 160, 170, 180, 190, 200, 210, 220, 230, 240, 250, 265, 280, 300, 330, 360, 400, 440, 480, 500, 520, 540,
         560, 580, 600, 620, 640, 652, 662, 690),
        (0, 0.008, 0.018, 0.034, 0.056, 0.076, 0.093, 0.111, 0.131, 0.153, 0.175, 0.206,
         0.237, 0.278, 0.339, 0.390, 0.453, 0.521, 0.586, 0.617, 0.636, 0.627, 0.610, 0.581,
         0.539, 0.495, 0.420, 0.339, 0.298, 0.269),
    ),
    "C3": (
        (64, 68, 72, 75, 78, 82, 86, 90, 95, 100, 110, 120, 130, 140, 150, 160, 180, 200, 220,
         500, 530, 556),
        (0, 0.02, 0.066, 0.091, 0.125, 0.169, 0.217, 0.256, 0.295, 0.333, 0.414, 0.508, 0.617, 0.730, 0.830, 0.914,
         0.982, 0.990, 1.0, 1.0, 0.94, 0.89),
    ),
}  # fmt: skip
