"""Tests of the kernels for eager work."""
