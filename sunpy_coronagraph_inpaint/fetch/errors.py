"""Download errors; each class has its own remedy."""


class FetchError(OSError):
    """Base class of the errors of this subpackage."""


class NoFramesError(FetchError):
    """The archive has no frame that matches the query: choose another time or detector."""


class OutageError(FetchError):
    """
    The archive did not respond, or responded with an error, in all attempts: try again later.

    Attributes
    ----------
    status : int or None
        HTTP status of the last response, `None` if there was none.
    """

    status = None


class StaleFileError(FetchError):
    """The archive lists a file that it does not have (status 404 or 410): search again, or skip the file."""


class ChangedAnswerError(FetchError):
    """The response of the archive has an unknown format: look for a newer version of this package."""


class DamagedFileError(FetchError):
    """A file is truncated, not FITS, or not the requested frame: fetch it again."""
