"""The archives on the loopback that frames are fetched from."""

from tests.fetch.conftest import frame, kept, nrl_server, options, store, vso_server

__all__ = ["frame", "kept", "nrl_server", "options", "store", "vso_server"]
