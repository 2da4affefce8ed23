"""Which frames are kept for the benchmark and never trained on; imports nothing heavy, so that training can ask it."""

import re

__all__ = ["ARTIFICIAL_SEED", "TRAINING_SEEDS", "held_out", "may_train"]

#: Seeds of artificial scenes that training may draw.
TRAINING_SEEDS = range(100_000)
#: The first seed of artificial scenes for the benchmark, far from those.
ARTIFICIAL_SEED = 900_000
#: A frame is held out when the day of the month is a multiple of this.
_EVERY = 5


def held_out(date):
    """
    Tell whether a real frame is kept for the benchmark: its day of the month is a multiple of 5.

    The rule looks at the day alone, so that frames of the same day, which resemble each other, are never on both
    sides, and frames that are added later need no list.

    Parameters
    ----------
    date : str or ``datetime.date`` or `~astropy.time.Time`
        Day of the observation, a string beginning with ``2010-01-05`` or ``2010/01/05``.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If the string does not begin with a date.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.dataset.protocol import held_out
    >>> held_out("2010/01/05"), held_out("2002-01-08T02:18:05")
    (True, False)
    """
    if hasattr(date, "strftime"):
        date = date.strftime("%Y-%m-%d")
    found = re.match(r"\d{4}[-/](\d\d)[-/](\d\d)(?!\d)", str(date).strip())
    if not found or not (1 <= int(found[1]) <= 12 and 1 <= int(found[2]) <= 31):
        msg = f"{date!r} does not begin with a date. Give the day of the observation as 2010-01-05."
        raise ValueError(msg)
    return int(found[2]) % _EVERY == 0


def may_train(date, *, level="0.5"):
    """
    Tell whether a real frame may be trained on: level 0.5, and not held out.

    Parameters
    ----------
    date : str or ``datetime.date`` or `~astropy.time.Time`
        As in `held_out`.
    level : str, optional
        Processing level as in `~sunpy_coronagraph_inpaint.instruments.Camera`. Level-1 frames and pictures of the
        Helioviewer Project are never trained on.

    Returns
    -------
    bool

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.dataset.protocol import may_train
    >>> may_train("2010-01-12"), may_train("2010-01-15"), may_train("2002-01-08", level="1")
    (True, False, False)
    """
    return level == "0.5" and not held_out(date)
