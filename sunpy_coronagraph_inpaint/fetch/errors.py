"""What can go wrong on the way from an archive to the disk, each with a name of its own."""

__all__ = [
    "ChangedAnswerError",
    "DamagedFileError",
    "FetchError",
    "NoFramesError",
    "OutageError",
    "StaleFileError",
]


class FetchError(OSError):
    """Base class of every error of this subpackage."""


class NoFramesError(FetchError):
    """The service answered, and has nothing that fits the question."""


class OutageError(FetchError):
    """The service did not answer, or answered that it cannot, as often as it was asked."""


class StaleFileError(FetchError):
    """The service names a file that it does not have (404 or 410)."""


class ChangedAnswerError(FetchError):
    """The service answered something that this version of the package does not understand."""


class DamagedFileError(FetchError):
    """A file arrived cut off, is no FITS file, or is not the frame that was asked for."""
