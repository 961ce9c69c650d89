"""`comfy.cli_args.args`: the arguments that packs look at, as this host means them."""

from __future__ import annotations

import argparse

from ..options import HostOptions
from ..sockets import MAX_UPLOAD_BYTES
from .lacking import lacks


def _names(text: str) -> list[str]:
    return text.split()


# Arguments of ComfyUI that nobody can give to this host: switches that are off, values that are not given.
OFF = _names("""
    auto_launch disable_auto_launch cuda_malloc disable_cuda_malloc force_fp32 force_fp16 fp32_unet
    fp64_unet bf16_unet fp16_unet fp8_e4m3fn_unet fp8_e5m2_unet fp8_e8m0fnu_unet fp16_vae fp32_vae
    bf16_vae cpu_vae fp8_e4m3fn_text_enc fp8_e5m2_text_enc fp16_text_enc fp32_text_enc bf16_text_enc
    fp16_intermediates force_channels_last supports_fp8_compute cache_classic cache_none high_ram
    use_split_cross_attention use_quad_cross_attention use_pytorch_cross_attention use_sage_attention
    use_flash_attention disable_xformers force_upcast_attention dont_upcast_attention gpu_only novram
    lowvram highvram disable_smart_memory deterministic debug_hang dont_print_server quick_test_for_ci
    windows_standalone_build log_stdout enable_compress_response_body enable_assets enable_manager
    disable_manager_ui enable_manager_legacy_ui disable_metadata disable_all_custom_nodes
    disable_pinned_memory disable_mmap mmap_torch_files force_non_blocking
""")
NOT_GIVEN = _names("""
    tls_keyfile tls_certfile enable_cors_header extra_model_paths_config cuda_device default_device
    directml oneapi_device_selector reserve_vram output_directory input_directory temp_directory
    user_directory models_directory async_offload
""")


class Arguments(argparse.Namespace):
    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(lacks(f"comfy.cli_args.args.{name}"))


def arguments(options: HostOptions) -> Arguments:
    return Arguments(
        **dict.fromkeys(OFF, False),
        **dict.fromkeys(NOT_GIVEN),
        listen=options.listen,
        port=options.port,
        base_directory=str(options.base_directory),
        front_end_root=None if options.front_end_root is None else str(options.front_end_root),
        multi_user=options.multi_user,
        max_upload_size=MAX_UPLOAD_BYTES / 1024**2,
        cpu=True,
        disable_api_nodes=True,
        whitelist_custom_nodes=[],
        default_hashing_function="sha256",
        preview_method="none",
        preview_size=512,
        cache_lru=0,
        cache_ram=[],
        fast=set(),
        verbose="INFO",
    )
