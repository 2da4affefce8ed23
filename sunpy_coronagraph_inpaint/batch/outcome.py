"""What became of one file, and what a run is to do with every file."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

__all__ = ["Outcome", "Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """
    What is done with every file of a run; small, since every process gets it.

    Attributes
    ----------
    out_dir : `pathlib.Path`
        Where results go.
    method : str or None
        How to fill; `None` chooses as `~sunpy_coronagraph_inpaint.inpaint_map` does.
    options : dict
        Keywords of the method, with the device.
    neighbors : str, tuple of `pathlib.Path` or None
        ``"auto"`` or paths: where frames before and after come from.
    within : float
        How far away in time neighbors that are looked for may be, seconds.
    overwrite, compress, copy : bool
        See `~sunpy_coronagraph_inpaint.inpaint_files`.
    batch : int
        How many frames are given to the method at once.
    run : str
        A name of the run.
    """

    out_dir: Path
    method: str | None = None
    options: dict = field(default_factory=dict)
    neighbors: object = None
    within: float = 7200.0
    overwrite: bool = False
    compress: bool = False
    copy: bool = True
    batch: int = 1
    run: str = ""

    @property
    def key(self):
        """A text that is the same for settings that write the same files."""
        near = self.neighbors if isinstance(self.neighbors, str | None) else [str(path) for path in self.neighbors]
        options = {name: str(value) for name, value in sorted(self.options.items()) if name != "device"}
        return repr((self.method, options, near, self.within if near == "auto" else None, self.compress, self.copy))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What became of one file.

    Attributes
    ----------
    source, target : str
        Paths; ``target`` is empty where nothing was written.
    status : str
        ``"filled"``, ``"copied"``, ``"sound"`` (nothing is missing, and copies are not wanted), ``"failed"``, or
        ``"exists"``: a file stands in the way; only on its way from the process that saw it to the one that knows
        whether this run wrote it.
    missing, filled : int
        How many blocks were missing and how many pixels were filled.
    method : str
        How they were filled.
    neighbors : int
        How many frames before or after helped.
    seconds : float
        How long reading, filling and writing took.
    message : str
        Why it failed.
    notes : tuple of str
        Warnings.
    part : str
        The file written, until it gets its name.
    """

    source: str
    target: str = ""
    status: str = "failed"
    missing: int = 0
    filled: int = 0
    method: str = ""
    neighbors: int = 0
    seconds: float = 0.0
    message: str = ""
    notes: tuple[str, ...] = ()
    part: str = ""

    @property
    def line(self):
        """One line for a terminal, without the name of the file."""
        where = f", {self.target}" if self.target else ""
        if self.status == "filled":
            blocks = "1 block" if self.missing == 1 else f"{self.missing} blocks"
            return f"{blocks} filled by {self.method}{where}"
        if self.status in ("copied", "sound"):
            return f"nothing missing{', copied' if self.status == 'copied' else ''}{where}"
        return f"failed: {self.message}"

    def record(self):
        """Return a dictionary of what is worth keeping."""
        return {name: value for name, value in asdict(self).items() if name != "part"}

    @classmethod
    def from_record(cls, record):
        """Return the outcome that `record` was made of."""
        return cls(**record | {"notes": tuple(record["notes"])})
