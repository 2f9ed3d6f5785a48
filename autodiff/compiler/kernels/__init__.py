"""The functions that compiled programs call, on flat arrays with the batch last.

Its modules import Numba, which is optional and slow to import: load them when they are needed.
"""
