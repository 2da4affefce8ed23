"""The subcommand ``coronagraph-inpaint methods``."""

import click


@click.command()
def methods():
    """List the filling methods."""
    from sunpy_coronagraph_inpaint.inpaint.maps import DEFAULT_METHOD
    from sunpy_coronagraph_inpaint.inpaint.methods import get_method, list_methods

    width = max(map(len, list_methods()))
    for name in list_methods():
        method = get_method(name)
        notes = " (default)" if name == DEFAULT_METHOD else " (needs neighbors)" if method.needs_neighbors else ""
        click.echo(f"{name:<{width}}  {method.summary}{notes}")
