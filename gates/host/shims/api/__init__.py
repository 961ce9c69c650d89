"""`comfy_api`: what V3 packs are written against."""
