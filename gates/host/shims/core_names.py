"""Names of ComfyUI 0.29.0 that the host has nothing behind: modules, what is in them, choices."""

from __future__ import annotations


def _rows(text: str) -> dict[str, list[str]]:
    """`parent: name name ...`, a row going on where the next line has no colon."""
    rows: dict[str, list[str]] = {}
    parent = ""
    for word in text.split():
        if word.endswith(":"):
            parent = word[:-1]
            rows[parent] = []
        else:
            rows[parent].append(word)
    return rows


# Modules by their package; `.` has those in none.
TREE = _rows("""
    .: api_server app comfy comfy_api comfy_config comfy_execution comfy_extras comfyui_version
        cuda_malloc execution folder_paths latent_preview middleware node_helpers nodes protocol server
        utils
    api_server: routes services utils
    api_server.routes: internal
    api_server.routes.internal: internal_routes
    api_server.services: terminal_service
    api_server.utils: file_operations
    app: app_settings assets custom_node_manager database frontend_management logger model_manager
        node_replace_manager subgraph_manager user_manager
    app.assets: api database helpers scanner seeder services
    app.assets.api: routes schemas_in schemas_out upload
    app.assets.database: models queries
    app.assets.database.queries: asset asset_reference common tags
    app.assets.services: asset_management bulk_ingest cursor file_utils hashing image_dimensions ingest
        metadata_extract path_utils schemas tagging
    app.database: db models
    comfy: audio_encoders background_removal bg_removal_model cldm cli_args clip_model clip_vision
        comfy_api_env comfy_types conds context_windows controlnet deploy_environment diffusers_convert
        diffusers_load extra_samplers float gligen hooks image_encoders k_diffusion latent_formats ldm
        logging lora lora_convert memory_management model_base model_detection model_management
        model_patcher model_prefetch model_sampling multigpu nested_tensor ops options patcher_extension
        pinned_memory pixel_space_convert quant_ops rmsnorm sample sampler_helpers samplers sd sd1_clip
        sdxl_clip supported_models supported_models_base t2i_adapter taesd text_encoders utils
        weight_adapter
    comfy.audio_encoders: audio_encoders wav2vec2 whisper
    comfy.background_removal: birefnet
    comfy.cldm: cldm control_types dit_embedder mmdit
    comfy.comfy_types: node_typing
    comfy.extra_samplers: uni_pc
    comfy.image_encoders: dino2 dino3
    comfy.k_diffusion: deis sa_solver sampling utils
    comfy.ldm: ace anima audio aura boogu cascade chroma chroma_radiance cogvideo colormap common_dit
        cosmos depth_anything_3 ernie flux genmo hidream hidream_o1 hunyuan3d hunyuan3dv2_1
        hunyuan_video hydit ideogram4 joyimage kandinsky5 krea2 lens lightricks lumina mage_flow mmaudio
        models modules moge omnigen pixart pixeldit qwen_image rt_detr sam3 seedvr supir triposplat util
        wan
    comfy.ldm.ace: ace_step15 attention lyric_encoder model vae
    comfy.ldm.ace.vae: autoencoder_dc music_dcae_pipeline music_log_mel music_vocoder
    comfy.ldm.anima: lllite model
    comfy.ldm.audio: autoencoder dit embedders vae_sa3
    comfy.ldm.aura: mmdit
    comfy.ldm.boogu: model
    comfy.ldm.cascade: common controlnet stage_a stage_b stage_c stage_c_coder
    comfy.ldm.chroma: layers model
    comfy.ldm.chroma_radiance: layers model
    comfy.ldm.cogvideo: model vae
    comfy.ldm.cosmos: blocks cosmos_tokenizer model position_embedding predict2 vae
    comfy.ldm.cosmos.cosmos_tokenizer: layers3d patching utils
    comfy.ldm.depth_anything_3: camera dpt model preprocess ray_pose reference_view_selector transform
    comfy.ldm.ernie: model
    comfy.ldm.flux: controlnet layers math model redux
    comfy.ldm.genmo: joint_model vae
    comfy.ldm.genmo.joint_model: asymm_models_joint layers rope_mixed temporal_rope utils
    comfy.ldm.genmo.vae: model
    comfy.ldm.hidream: model
    comfy.ldm.hidream_o1: attention conditioning model utils
    comfy.ldm.hunyuan3d: model vae
    comfy.ldm.hunyuan3dv2_1: hunyuandit
    comfy.ldm.hunyuan_video: model upsampler vae vae_refiner
    comfy.ldm.hydit: attn_layers controlnet models poolers posemb_layers
    comfy.ldm.ideogram4: model
    comfy.ldm.joyimage: model
    comfy.ldm.kandinsky5: model
    comfy.ldm.krea2: model
    comfy.ldm.lens: model
    comfy.ldm.lightricks: av_model embeddings_connector latent_upsampler model symmetric_patchifier vae
        vocoders
    comfy.ldm.lightricks.vae: audio_vae causal_audio_autoencoder causal_conv3d causal_video_autoencoder
        conv_nd_factory dual_conv3d pixel_norm
    comfy.ldm.lightricks.vocoders: vocoder
    comfy.ldm.lumina: controlnet model
    comfy.ldm.mage_flow: model vae
    comfy.ldm.mmaudio: vae
    comfy.ldm.mmaudio.vae: activations alias_free_torch autoencoder bigvgan distributions vae
        vae_modules
    comfy.ldm.models: autoencoder
    comfy.ldm.modules: attention diffusionmodules distributions ema encoders sdpose
        sub_quadratic_attention temporal_ae
    comfy.ldm.modules.diffusionmodules: mmdit model openaimodel upscaling util
    comfy.ldm.modules.distributions: distributions
    comfy.ldm.modules.encoders: noise_aug_modules
    comfy.ldm.moge: geometry model modules panorama
    comfy.ldm.omnigen: omnigen2
    comfy.ldm.pixart: blocks pixartms
    comfy.ldm.pixeldit: model modules pid
    comfy.ldm.qwen_image: controlnet model
    comfy.ldm.rt_detr: rtdetr_v4
    comfy.ldm.sam3: detector sam tracker
    comfy.ldm.seedvr: attention color_fix constants model vae
    comfy.ldm.supir: supir_modules supir_patch
    comfy.ldm.triposplat: gaussian model preview vae
    comfy.ldm.wan: ar_model model model_animate model_multitalk model_wandancer uni3c vae vae2_2
    comfy.t2i_adapter: adapter
    comfy.taesd: taehv taesd
    comfy.text_encoders: ace ace15 ace_text_cleaners anima aura_t5 bert boogu cogvideo cosmos ernie flux
        gemma4 genmo gpt_oss hidream hidream_o1 hunyuan_image hunyuan_video hydit ideogram4 jina_clip_2
        joyimage kandinsky5 krea2 llama long_clipl longcat_image lt lumina2 mage_flow newbie omnigen2
        ovis pixart_t5 pixeldit qwen35 qwen3vl qwen_image qwen_vl sa3 sa_t5 sam3_clip sd2_clip sd3_clip
        spiece_tokenizer t5 wan z_image
    comfy.weight_adapter: base boft bypass glora loha lokr lora oft
    comfy_api: feature_flags torch_helpers
    comfy_config: config_parser types
    comfy_execution: asset_enrichment cache_provider caching graph graph_utils jobs progress utils
        validation
    comfy_extras: chainner_models color_util frame_interpolation_models mediapipe nodes_ace
        nodes_advanced_samplers nodes_align_your_steps nodes_apg nodes_ar_video nodes_attention_multiply
        nodes_audio nodes_audio_encoder nodes_bernini nodes_bg_removal nodes_boogu nodes_bounding_boxes
        nodes_camera_trajectory nodes_canny nodes_cfg nodes_chroma_radiance nodes_clip_sdxl nodes_color
        nodes_compositing nodes_cond nodes_context_windows nodes_controlnet nodes_cosmos nodes_curve
        nodes_custom_sampler nodes_dataset nodes_depth_anything_3 nodes_differential_diffusion
        nodes_easycache nodes_edit_model nodes_eps nodes_flux nodes_frame_interpolation nodes_freelunch
        nodes_fresca nodes_gaussian_splat nodes_gits nodes_glsl nodes_hidream nodes_hidream_o1
        nodes_hooks nodes_hunyuan nodes_hunyuan3d nodes_hypernetwork nodes_hypertile nodes_ideogram4
        nodes_image_compare nodes_images nodes_ip2p nodes_joyimage nodes_json_prompt nodes_kandinsky5
        nodes_latent nodes_load_3d nodes_logic nodes_lora_debug nodes_lora_extract nodes_lotus nodes_lt
        nodes_lt_audio nodes_lt_upsampler nodes_lumina2 nodes_mage nodes_mahiro nodes_mask nodes_math
        nodes_mediapipe nodes_mochi nodes_model_advanced nodes_model_downscale nodes_model_merging
        nodes_model_merging_model_specific nodes_model_patch nodes_moge nodes_morphology nodes_multigpu
        nodes_nag nodes_nop nodes_number_convert nodes_optimalsteps nodes_pag nodes_painter
        nodes_perpneg nodes_photomaker nodes_pid nodes_pixart nodes_post_processing nodes_preview_any
        nodes_primitive nodes_qwen nodes_rebatch nodes_replacements nodes_resolution nodes_rope
        nodes_rtdetr nodes_sag nodes_sam3 nodes_save_3d nodes_scail nodes_sd3 nodes_sdpose
        nodes_sdupscale nodes_seed nodes_seedvr nodes_slg nodes_stable3d nodes_stable_cascade
        nodes_string nodes_tcfg nodes_text nodes_text_overlay nodes_textgen nodes_tomesd nodes_toolkit
        nodes_torch_compile nodes_train nodes_triposplat nodes_upscale_model nodes_video
        nodes_video_model nodes_void nodes_wan nodes_wandancer nodes_wanmove nodes_webcam nodes_zimage
        void_noise_warp
    comfy_extras.chainner_models: model_loading
    comfy_extras.frame_interpolation_models: film_net ifnet
    comfy_extras.mediapipe: face_geometry face_landmarker
    middleware: cache_middleware
    utils: extra_config install_util json_util mime_types
""")
MODULES = frozenset(
    name if package == "." else f"{package}.{name}" for package, names in TREE.items() for name in names
)

# Packages with names of their own beside their modules.
ANSWERING = frozenset({"comfy.weight_adapter"})

# Functions and classes of modules that the host has in part.
NAMES = _rows("""
    nodes: CLIPTextEncode ConditioningCombine ConditioningAverage ConditioningConcat
        ConditioningMultiply ConditioningSetArea ConditioningSetAreaPercentage
        ConditioningSetAreaStrength ConditioningSetMask ConditioningZeroOut ConditioningSetTimestepRange
        VAEDecode VAEDecodeTiled VAEEncode VAEEncodeTiled VAEEncodeForInpaint InpaintModelConditioning
        SaveLatent LoadLatent CheckpointLoader CheckpointLoaderSimple DiffusersLoader
        unCLIPCheckpointLoader CLIPSetLastLayer LoraLoader LoraLoaderModelOnly VAELoader
        ControlNetLoader DiffControlNetLoader ControlNetApply ControlNetApplyAdvanced UNETLoader
        CLIPLoader DualCLIPLoader CLIPVisionLoader CLIPVisionEncode StyleModelLoader StyleModelApply
        unCLIPConditioning GLIGENLoader GLIGENTextBoxApply EmptyLatentImage LatentFromBatch
        RepeatLatentBatch LatentUpscale LatentUpscaleBy LatentRotate LatentFlip LatentComposite
        LatentBlend LatentCrop SetLatentNoiseMask common_ksampler KSampler KSamplerAdvanced
        get_module_name load_custom_node init_external_custom_nodes init_builtin_extra_nodes
        init_builtin_api_nodes init_public_apis init_extra_nodes
    comfy.utils: load_safetensors load_torch_file save_torch_file calculate_parameters weight_dtype
        state_dict_key_replace state_dict_prefix_replace transformers_convert
        clip_text_transformers_convert unet_to_diffusers swap_scale_shift mmdit_to_diffusers
        pixart_to_diffusers auraflow_to_diffusers flux_to_diffusers z_image_to_diffusers
        krea2_to_diffusers resize_to_batch_size resize_list_to_batch_size convert_sd_to
        safetensors_header resolve_attr set_attr_param set_attr_buffer copy_to_param bislerp
        get_tiled_scale_steps tiled_scale_multidim tiled_scale model_trange reshape_mask
        upscale_dit_mask pack_latents unpack_latents detect_layer_quantization convert_old_quants
        deepcopy_list_dict bit_reverse_range
    comfy.model_management: get_supported_float8_types is_ixuca is_wsl get_gpu_device_options
        get_gpu_device_options_no_cpu resolve_gpu_device_option cuda_device_context mac_version is_oom
        raise_non_oom amd_min_version set_cudnn_benchmark module_size mark_mmap_dirty
        models_for_pin_eviction free_model_pins pin_eviction_tiers free_pins
        should_free_pins_for_ram_pressure ensure_pin_budget free_registrations ensure_pin_registerable
        LoadedModel use_more_memory offloaded_memory extra_reserved_memory load_models_gpu
        load_model_gpu archive_model_dtypes unet_manual_cast supports_dtype supports_cast
        pick_weight_dtype current_stream get_cast_buffer get_aimdo_cast_buffer reset_cast_buffers
        get_offload_stream sync_stream cast_to_gathered cast_to cast_to_device pinned_hostbuf_size
        discard_cuda_async_error pin_memory unpin_memory pytorch_attention_enabled_vae
        pytorch_attention_flash_attention force_upcast_attention_dtype is_device_type set_torch_device
        supports_nvfp4_compute supports_mxfp8_compute supports_fp64 extended_fp16_support
        lora_compute_dtype unload_model_and_clones debug_memory_summary
    comfy.cli_args: EnumAction VerboseAction get_console_log_level get_file_log_outputs
        LatentPreviewMethod PerformanceFeature is_valid_directory enables_dynamic_vram
    node_helpers: conditioning_set_values_with_timestep_range
""")

# What those nodes put out, as a real server's /object_info has it: packs build their own lists from these.
OUTPUTS = _rows("""
    MODEL: LoraLoaderModelOnly UNETLoader
    MODEL,CLIP: LoraLoader
    MODEL,CLIP,VAE: CheckpointLoader CheckpointLoaderSimple DiffusersLoader
    MODEL,CLIP,VAE,CLIP_VISION: unCLIPCheckpointLoader
    CLIP: CLIPSetLastLayer CLIPLoader DualCLIPLoader
    VAE: VAELoader
    CONTROL_NET: ControlNetLoader DiffControlNetLoader
    CLIP_VISION: CLIPVisionLoader
    CLIP_VISION_OUTPUT: CLIPVisionEncode
    STYLE_MODEL: StyleModelLoader
    GLIGEN: GLIGENLoader
    IMAGE: VAEDecode VAEDecodeTiled
    CONDITIONING: CLIPTextEncode ConditioningCombine ConditioningAverage ConditioningConcat
        ConditioningMultiply ConditioningSetArea ConditioningSetAreaPercentage
        ConditioningSetAreaStrength ConditioningSetMask ConditioningZeroOut ConditioningSetTimestepRange
        ControlNetApply StyleModelApply unCLIPConditioning GLIGENTextBoxApply
    CONDITIONING,CONDITIONING: ControlNetApplyAdvanced
    CONDITIONING,CONDITIONING,LATENT: InpaintModelConditioning
    LATENT: VAEEncode VAEEncodeTiled VAEEncodeForInpaint SaveLatent LoadLatent EmptyLatentImage
        LatentFromBatch RepeatLatentBatch LatentUpscale LatentUpscaleBy LatentRotate LatentFlip
        LatentComposite LatentBlend LatentCrop SetLatentNoiseMask KSampler KSamplerAdvanced
""")

# What a real server's KSampler offers.
CHOICES = _rows("""
    SAMPLERS: euler euler_cfg_pp euler_ancestral euler_ancestral_cfg_pp heun heunpp2 exp_heun_2_x0
    exp_heun_2_x0_sde dpm_2 dpm_2_ancestral lms dpm_fast dpm_adaptive dpmpp_2s_ancestral
    dpmpp_2s_ancestral_cfg_pp dpmpp_sde dpmpp_sde_gpu dpmpp_2m dpmpp_2m_cfg_pp dpmpp_2m_sde
    dpmpp_2m_sde_gpu dpmpp_2m_sde_heun dpmpp_2m_sde_heun_gpu dpmpp_3m_sde dpmpp_3m_sde_gpu ddpm lcm
    ipndm ipndm_v deis res_multistep res_multistep_cfg_pp res_multistep_ancestral
    res_multistep_ancestral_cfg_pp gradient_estimation gradient_estimation_cfg_pp er_sde seeds_2 seeds_3
    sa_solver sa_solver_pece ddim uni_pc uni_pc_bh2
    SCHEDULERS: simple sgm_uniform karras exponential ddim_uniform beta normal linear_quadratic kl_optimal
""")
