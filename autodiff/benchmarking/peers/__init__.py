"""One training step and one inference, as each library's own users write them.

Each file has one class with the same methods: ``reset()`` sets the initial weights,
``step(images, labels)`` trains on a batch and returns its loss, and ``infer(images)`` returns the
logits; all arrays are NumPy's. A file is imported only in the process that measures its library.
"""
