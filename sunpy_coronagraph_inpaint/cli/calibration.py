"""The subcommand ``coronagraph-inpaint calibration``."""

from pathlib import Path

import click

_DIRECTORY = click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory with calibration files, instead of $LASCO_DATA.",
)
_CACHE = click.option("--cache", type=click.Path(file_okay=False, path_type=Path), help="Directory for fetched files.")
_DATES = click.option(
    "--date", "dates", multiple=True, help="Day whose tables of exposure factors are included: 2002-01-08."
)
_MIRRORS = click.option(
    "--mirror", "mirrors", multiple=True, help="Address of an archive, instead of those of SolarSoft."
)


@click.group()
def calibration():
    """Show and fetch the calibration files of LASCO."""


@calibration.command()
@_DIRECTORY
@_CACHE
@_DATES
@_MIRRORS
def status(directory, cache, dates, mirrors):
    """List where each calibration file comes from: a directory, a download, or nowhere (nominal values)."""
    from sunpy_coronagraph_inpaint.calibrate.files import remote_path

    store, names = _open_store(directory, cache, mirrors), _file_names(dates)
    width = max(map(len, names))
    click.echo(f"directory: {store.directory or 'none (LASCO_DATA is not set)'}")
    click.echo(f"fetched files: {store.downloads.folder}")
    for name in names:
        record = store.downloads.known(remote_path(name))
        local = store.local(name)
        if local is not None:
            where = f"directory  {local}"
        elif record is not None:
            where = f"fetched    {record['time'][:10]}  SHA-256 {record['file_hash'][:16]}"
        else:
            where = "nominal    not available"
        click.echo(f"{name:<{width}}  {where}")


@calibration.command()
@_DIRECTORY
@_CACHE
@_DATES
@_MIRRORS
@click.option("--refresh", is_flag=True, help="Fetch all files again, and compare them with those first used.")
@click.option("--forget", multiple=True, help="Forget the checksum of this file first, to accept a new version.")
def fetch(directory, cache, dates, mirrors, refresh, forget):
    """Fetch all calibration files that are not in the directory."""
    from sunpy_coronagraph_inpaint.calibrate.files import remote_path
    from sunpy_coronagraph_inpaint.fetch.checksummed import CalibrationFileChangedError

    store, names = _open_store(directory, cache, mirrors), _file_names(dates)
    unknown = sorted(set(forget) - set(names))
    if unknown:
        msg = f"There is no calibration file {unknown[0]}. Tables of exposure factors need their --date."
        raise click.ClickException(msg)
    for name in forget:
        store.downloads.forget(remote_path(name))
    failed = 0
    for name in names:
        if store.local(name) is not None:
            continue
        ask = store.downloads.refresh if refresh else store.downloads.get
        try:
            path = ask(remote_path(name))
        except (CalibrationFileChangedError, FileExistsError) as error:
            raise click.ClickException(str(error)) from error
        failed += path is None
        click.echo(f"{name}: {path or 'could not be fetched'}")
    if failed:
        msg = f"{failed} of {len(names)} files could not be fetched; nominal values replace them."
        raise click.ClickException(msg)


def _open_store(directory, cache, mirrors):
    from sunpy_coronagraph_inpaint.calibrate.store import CalibrationStore

    try:
        return CalibrationStore(directory, cache=cache, mirrors=mirrors or None)
    except NotADirectoryError as error:
        raise click.ClickException(str(error)) from error


def _file_names(dates):
    from sunpy.time import parse_time

    from sunpy_coronagraph_inpaint.calibrate.files import FILES, exposure_file

    try:
        days = [parse_time(date).mjd for date in dates]
    except ValueError as error:
        msg = f"A --date cannot be read: {error}"
        raise click.ClickException(msg) from error
    return [*FILES, *(exposure_file(detector, day) for day in days for detector in ("C2", "C3"))]
