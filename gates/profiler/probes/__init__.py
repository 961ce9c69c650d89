"""What measures: the driver of the GPU, torch, the system. Each behind one door, and absent is fine."""
