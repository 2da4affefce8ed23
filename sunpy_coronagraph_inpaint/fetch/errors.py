"""What can go wrong between an archive and the disk; each class asks the user for something else."""


class FetchError(OSError):
    """Base class of every error of this subpackage."""


class NoFramesError(FetchError):
    """The archive answered and has nothing that fits the query: ask for another time or detector."""


class OutageError(FetchError):
    """
    The archive did not answer, or answered that it cannot, as often as it was asked: try again later.

    Attributes
    ----------
    status : int or None
        HTTP status of the last answer, `None` where there was no answer.
    """

    status = None


class StaleFileError(FetchError):
    """The archive lists a file that it does not have (status 404 or 410): search again, or do without it."""


class ChangedAnswerError(FetchError):
    """The archive answered something that is not understood: look for a newer version of this package."""


class DamagedFileError(FetchError):
    """A file arrived cut off, is no FITS file, or is not the frame that was asked for: fetch it again."""
