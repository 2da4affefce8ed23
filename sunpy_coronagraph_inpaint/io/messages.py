"""One-line error messages: what is wrong with a file, and what to do about it."""

import errno

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
#: Raised for a broken or unsuitable file, with a message written for its user.
_EXPECTED = (OSError, ValueError, TypeError)


def describe_error(error):
    """Describe an error in one line, with what to do about it; its type is named only if it is unexpected."""
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


def first_line(error):
    """Return the first line of an error's message that gives the reason, for use in another sentence."""
    if isinstance(error, KeyError):
        return f"the header has no {str(error.args[0]).upper()}"
    # SunPy puts a line before it that names the file.
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("Failed to read")]
    return lines[0].strip().rstrip(".") if lines else type(error).__name__


def _flat(text):
    return " ".join(str(text).split())
