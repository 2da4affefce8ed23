"""What went wrong with a file, as one line that tells what to do."""

import errno

__all__ = ["one_line"]

_REMEDIES = {
    errno.ENOSPC: "Free some space, then start the same run again: what is done stays done.",
    errno.EDQUOT: "Free some of your quota, then start the same run again: what is done stays done.",
    errno.EFBIG: "The file system or a limit (ulimit -f) allows no larger file: raise it, or write elsewhere.",
    errno.EACCES: "You may not read or write there: change the permissions, or choose another directory.",
    errno.EPERM: "You may not do that there: change the permissions, or choose another directory.",
    errno.EROFS: "Choose a directory that can be written to.",
    errno.ELOOP: "A symbolic link leads back to itself: remove it.",
    errno.ENAMETOOLONG: "Give the file a shorter name.",
    errno.EMFILE: "Too many files are open: raise the limit (ulimit -n).",
    errno.EIO: "The disk or the network failed: look after it, then start the same run again.",
}
#: What a broken or unsuitable file raises, with a message written for its user.
_EXPECTED = (OSError, ValueError, TypeError)


def one_line(error):
    """
    Put an error into one line.

    Parameters
    ----------
    error : Exception
        What was raised.

    Returns
    -------
    str
        Of an error that was not foreseen it names the kind.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.io.messages import one_line
    >>> print(one_line(OSError(28, "No space left on device", "out/32082037.fts")))
    No space left on device: out/32082037.fts. Free some space, then start the same run again: what is done stays
    done.
    >>> one_line(KeyError("naxis1"))
    'The header has no NAXIS1: it was damaged or is not of a camera image. Fetch the file again.'
    """
    if isinstance(error, KeyError):
        key = str(error.args[0] if error.args else "?").upper()
        return _flat(f"The header has no {key}: it was damaged or is not of a camera image. Fetch the file again.")
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return _flat(f"{error.strerror}{where}. {_REMEDIES.get(error.errno, '')}")
    if isinstance(error, MemoryError):
        return "There is not enough memory. Use fewer jobs, or leave this file out."
    if isinstance(error, _EXPECTED) and str(error):
        return _flat(error)
    what = f"{type(error).__name__}: {error}"
    return _flat(f"What the file holds cannot be understood ({what}). Fetch it again; report it if it is sound.")


def _flat(text):
    return " ".join(str(text).split())
