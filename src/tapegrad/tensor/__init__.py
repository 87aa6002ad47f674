"""Tensors: the class, element types and promotion, devices, printing, creation."""
