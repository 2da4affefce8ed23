"""Lossy H-compress, as on board."""

import numpy as np


def h_compress(data, scale, *, block=32):
    """
    Return an integer image, ``(ny, nx)`` in multiples of ``block``, after lossy H-compress and decompression.

    ``scale`` is ``HCOMP_SF`` of the header (32 for C3, 64 for C2); blocks of ``block`` pixels on a side are compressed
    independently. Each block is Haar-transformed down to one coefficient, and all coefficients are rounded to multiples
    of ``scale / 2`` in the orthonormal scaling (White, Postman & Lattanzi 1992, in Digitised Optical Sky Surveys, 167,
    https://doi.org/10.1007/978-94-011-2472-0_23). The frames of the archive confirm it: in those with ``HCOMP_SF`` the
    sum ``a - b - c + d`` of every aligned 2x2 square is a multiple of ``HCOMP_SF``, and likewise at the next scales.
    """
    levels = int(np.log2(block))
    current = np.asarray(data, dtype=np.int64)
    details = []
    for level in range(levels):
        a, b = current[::2, ::2], current[::2, 1::2]
        c, d = current[1::2, ::2], current[1::2, 1::2]
        step = scale << level
        details.append(tuple(_round(value, step) for value in (a + b - c - d, a - b + c - d, a - b - c + d)))
        current = a + b + c + d
    current = _round(current, scale << (levels - 1))
    for across, along, both in reversed(details):
        finer = np.empty((2 * current.shape[0], 2 * current.shape[1]), np.int64)
        finer[::2, ::2] = current + across + along + both
        finer[::2, 1::2] = current + across - along - both
        finer[1::2, ::2] = current - across + along - both
        finer[1::2, 1::2] = current - across - along + both
        current = finer // 4
    return current


def _round(values, step):
    return (values + step // 2) // step * step
