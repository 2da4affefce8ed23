"""
The partial-convolution network: tensors in, tensors out.

Import what you need from its modules; this one imports nothing, so that PyTorch is loaded only where it is used.
"""
