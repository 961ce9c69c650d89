"""`comfy.cli_args.args`: the arguments that packs look at, as this host means them."""

from __future__ import annotations

import argparse

from ..options import HostOptions
from ..sockets import MAX_UPLOAD_BYTES
from .lacking import lacks


class Arguments(argparse.Namespace):
    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(lacks(f"comfy.cli_args.args.{name}"))


def arguments(options: HostOptions) -> Arguments:
    return Arguments(
        listen=options.listen,
        port=options.port,
        base_directory=str(options.base_directory),
        front_end_root=None if options.front_end_root is None else str(options.front_end_root),
        multi_user=options.multi_user,
        max_upload_size=MAX_UPLOAD_BYTES / 1024**2,
        cpu=True,
        lowvram=False,
        highvram=False,
        disable_metadata=False,
        disable_api_nodes=True,
        disable_all_custom_nodes=False,
        whitelist_custom_nodes=[],
        enable_manager=False,
        default_hashing_function="sha256",
        preview_method="none",
        preview_size=512,
        verbose="INFO",
        output_directory=None,
        input_directory=None,
        temp_directory=None,
        user_directory=None,
    )
