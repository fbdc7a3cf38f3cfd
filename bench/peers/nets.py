"""Kernels: NumPy, SciPy and torch on matrices cut from the data set "kernels"."""
