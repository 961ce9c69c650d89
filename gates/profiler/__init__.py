"""What a measured run is: how it is recorded, kept, compared and handed on."""
