"""Split of frames and scenes into training, validation and test; imports nothing heavy."""

import hashlib
import re

SPLITS = ("train", "validation", "test")
#: Seeds of artificial scenes for training.
TRAINING_SEEDS = range(100_000)
#: First seed of artificial scenes for the benchmark, disjoint from those.
ARTIFICIAL_SEED = 900_000
_DATE = re.compile(r"(\d{4})[-/](0[1-9]|1[0-2])[-/](0[1-9]|[12]\d|3[01])(?!\d)")
_SALT = "sunpy_coronagraph_inpaint"
_TEST_DAY = 5  # days of the month that are multiples of this are for test
_VALIDATION_SHARE = 10  # one in this many of the other days is for validation


def split_of(date, *, level="0.5"):
    """
    Return the split of a real frame, which depends on the day of its observation.

    Days of the month that are multiples of 5 are for test, that is, for the benchmark; the bundled weights were trained
    without them. One in ten of the other days is for validation, by a hash of the date. Frames of one day, which
    resemble each other, are thus in one split on every machine, and new frames need not be listed.

    Parameters
    ----------
    date : str or ``datetime.date`` or `~astropy.time.Time`
        Day of the observation in UTC; a string begins with ``2010-01-05`` or ``2010/01/05``.
    level : str, optional
        Processing level. Frames of levels other than 0.5 are for test, whatever their day, and never used for training.

    Returns
    -------
    str
        ``"train"``, ``"validation"`` or ``"test"``.

    Raises
    ------
    ValueError
        If the string does not begin with a date.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.dataset import split_of
    >>> split_of("2010/01/05"), split_of("2002-01-08T02:18:05"), split_of("2002-01-04")
    ('test', 'train', 'validation')
    >>> split_of("2002-01-08", level="1")
    'test'
    """
    text = date.strftime("%Y-%m-%d") if hasattr(date, "strftime") else str(date).strip()
    found = _DATE.match(text)
    if not found:
        msg = f"{date!r} does not begin with a date. Give the day of the observation as 2010-01-05."
        raise ValueError(msg)
    if level != "0.5" or int(found[3]) % _TEST_DAY == 0:
        return "test"
    digest = hashlib.sha256(f"{_SALT}:{'-'.join(found.groups())}".encode()).digest()
    return "validation" if int.from_bytes(digest, "big") % _VALIDATION_SHARE == 0 else "train"
