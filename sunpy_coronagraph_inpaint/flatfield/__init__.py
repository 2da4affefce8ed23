"""What is fixed in a camera: pixel flat, vignetting, stray light."""
