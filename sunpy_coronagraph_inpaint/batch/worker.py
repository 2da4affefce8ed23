"""Read, fill and write files; each to an outcome, whatever happens."""

import time
import uuid
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

from sunpy_coronagraph_inpaint.batch.item import Item
from sunpy_coronagraph_inpaint.batch.outcome import Outcome
from sunpy_coronagraph_inpaint.batch.targets import fits_name, in_the_way, packed_name
from sunpy_coronagraph_inpaint.frames.neighbors import align
from sunpy_coronagraph_inpaint.inpaint.maps import choose_method, finish, prepare
from sunpy_coronagraph_inpaint.inpaint.methods import get_method
from sunpy_coronagraph_inpaint.inpaint.nearby import Nearby
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.io.messages import one_line
from sunpy_coronagraph_inpaint.io.originals import same_content
from sunpy_coronagraph_inpaint.io.writing import pack, save

__all__ = ["Worker"]


class Worker:
    """Does the work of one process, and keeps the neighbors that several files share."""

    def __init__(self, settings):
        self.settings = settings
        self.nearby = Nearby(settings.within) if settings.neighbors == "auto" else None
        self.given = () if isinstance(settings.neighbors, str | None) else settings.neighbors
        self._given_maps = None

    def do(self, group):
        """Yield, for each file, a function without arguments that does what is left and returns its outcome."""
        items = [self._open(path) for path in group]
        self._fill_together([item for item in items if isinstance(item, Item) and item.task is not None])
        for item in items:
            yield self._close(item) if isinstance(item, Item) else (lambda outcome=item: outcome)

    def _open(self, path):
        """Read a file; return it with what is to be filled, or the outcome where there is nothing more to do."""
        item, settings = Item(Path(path)), self.settings
        target = ""
        try:
            with item.step():
                item.task = prepare(read_map(item.path))
                target = self._target(item)
                there = item.task is None and target and settings.overwrite and _copied(item.path, target)
                if target and not there and (reason := in_the_way(item.path, target, overwrite=settings.overwrite)):
                    status, error = reason
                    return item.failed(FileExistsError(error), status, target)
                if item.task is not None:
                    self._choose(item)
        except Exception as error:  # noqa: BLE001 (one file never ends a run)
            return item.failed(error)
        return self._sound(item, target) if there else item

    def _target(self, item):
        if item.task is not None:
            name = fits_name(item.path)
        elif self.settings.copy:
            name = item.path.name
        else:
            return ""
        return self.settings.out_dir / (packed_name(name) if self.settings.compress else name)

    def _choose(self, item):
        """Lay the neighbors over the frame, and choose the method."""
        task, wanted = item.task, self.settings.method
        frames = ()
        if self.nearby is not None:
            frames = self.nearby.frames(item.path, task.smap, task.frame)
            helpful = any((frame.valid & task.frame.holes).any() for frame in frames)
            if not helpful:
                frames = ()
                alone = "" if wanted and get_method(wanted).needs_neighbors else ": it is filled by itself"
                item.notes.append(f"No frame before or after was found that can help{alone}.")
        elif self.given:
            if self._given_maps is None:
                self._given_maps = [read_map(path) for path in self.given]
            frames = align(task.smap, task.frame, self._given_maps)
        item.task = task._replace(frame=task.frame.with_neighbors(frames) if frames else task.frame)
        item.method = wanted or choose_method(item.task.frame).name

    def _options(self, name):
        """Return the options of a method; one that a frame has in place of the default may take no device."""
        options = self.settings.options
        if not get_method(name).takes_device:
            return {key: value for key, value in options.items() if key != "device"}
        return options

    def _fill_together(self, items):
        """Fill frames of one method at once where the method can."""
        for name in {item.method for item in items}:
            mine = [item for item in items if item.method == name]
            batched = get_method(name).batched
            if batched is None:
                continue
            begun = time.perf_counter()
            try:
                fills = list(batched([item.task.frame for item in mine], **self._options(name)))
            except Exception as error:  # noqa: BLE001 (one frame has spoiled it for all: each is filled by itself)
                for item in mine:
                    item.notes.append(f"Not filled together with others: {one_line(error)}")
                continue
            each = (time.perf_counter() - begun) / len(mine)
            for item, fill in zip(mine, fills, strict=True):
                item.fill, item.seconds = fill, item.seconds + each

    def _close(self, item):
        """Fill and save one file under a temporary name; return what is left to do."""
        target = self._target(item)
        if item.task is None:
            outcome = self._sound(item, target)
            return self._guarded(item, outcome, lambda: self._copy(item.path, target) if target else "")
        part = self._part(target)
        try:
            with item.step():
                method = get_method(item.method)
                fill = item.fill or method.function(item.task.frame, **self._options(item.method))
                filled = finish(item.task, method, fill)
                save(filled, part)
        except Exception as error:  # noqa: BLE001
            part.unlink(missing_ok=True)
            outcome = item.failed(error)
            return lambda: outcome
        outcome = Outcome(
            source=str(item.path),
            target=str(target),
            status="filled",
            missing=int(filled.meta.get("nmissing", 0)),
            filled=int(filled.meta["nfilled"]),
            method=item.method,
            neighbors=len(item.task.frame.neighbors),
        )
        item.task = item.fill = None
        return self._guarded(item, outcome, lambda: self._packed(part))

    def _sound(self, item, target):
        """Return the outcome of a file that misses nothing."""
        status = "copied" if target else "sound"
        notes = tuple(item.notes)
        return Outcome(source=str(item.path), target=str(target), status=status, notes=notes, seconds=item.seconds)

    def _guarded(self, item, outcome, last):
        """Return a function that does the last step, without warnings, and tells what became of the file."""

        def run():
            begun = time.perf_counter()
            try:
                part = last()
            except Exception as error:  # noqa: BLE001
                return item.failed(error)
            seconds = item.seconds + time.perf_counter() - begun
            return replace(outcome, part=str(part), seconds=seconds, notes=tuple(item.notes))

        return run

    def _copy(self, path, target):
        part = self._part(target)
        write = pack if target.name != path.name else copyfile
        return _or_nothing(part, lambda: write(path, part))

    def _part(self, target):
        """Return a name beside the target, of which the end tells the run."""
        return target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.{self.settings.run}.part")

    def _packed(self, part):
        if not self.settings.compress:
            return part
        packed = part.with_name(f".{part.name}")
        try:
            return _or_nothing(packed, lambda: pack(part, packed))
        finally:
            part.unlink(missing_ok=True)


def _copied(path, target):
    """Tell whether a copy is there already, which is neither the original itself nor needs to be written again."""
    return target.is_file() and not target.samefile(path) and same_content(path, target)


def _or_nothing(part, write):
    try:
        write()
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part
