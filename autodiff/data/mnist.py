"""MNIST: 70,000 handwritten digits, found on this machine or downloaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import DataError, DataNotFoundError
from ..lazy import load
from .idx import read_idx

Split = tuple[np.ndarray, np.ndarray]


class _File(NamedTuple):
    """One of the four files: what it holds, its usual name and its checksum as published."""

    what: str
    name: str
    md5: str


FILES = (
    _File("training images", "train-images-idx3-ubyte", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
    _File("training labels", "train-labels-idx1-ubyte", "d53e105ee54ea40749a09fcbcd1e9432"),
    _File("test images", "t10k-images-idx3-ubyte", "9fb629c4189551a2d022fa330f9573f3"),
    _File("test labels", "t10k-labels-idx1-ubyte", "ec29112dd5afa0611ce80d1b7f02629c"),
)

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

TIMEOUT = 10.0
"""Seconds to wait for a mirror to answer."""


def load_mnist(root: str | Path | None = None, download: bool = True) -> tuple[Split, Split]:
    """Load MNIST: handwritten digits of 28 by 28 pixels.

    The four files, compressed or not, are looked for in `root`; where that is not given, in the
    folder that the environment variable ``AUTODIFF_DATA`` names and in the user's cache, and in a
    subfolder ``mnist`` of each. If they are nowhere, they are downloaded into the cache, and their
    checksums compared with the published ones.

    Parameters
    ----------
    root : path_like, optional
        The folder that holds the files. Where given, nowhere else is looked and nothing downloaded.
    download : bool
        Whether to download what is not found.

    Returns
    -------
    train, test : pair of numpy.ndarray
        60,000 and 10,000 images, float32 of shape (N, 1, 28, 28) in [0, 1], that is divided by 255
        and nothing else; and their labels 0 to 9, int64 of shape (N,).

    Raises
    ------
    DataNotFoundError
        If the files are neither found nor downloaded; the message says how to point to a copy.
    DataError
        If a file is corrupt, truncated, or not what its name says.
    """
    paths = _find(root, download)
    train = _read_split(paths[0], paths[1])
    test = _read_split(paths[2], paths[3])
    return train, test


def _find(root: str | Path | None, download: bool) -> list[Path]:
    """The paths of the four files."""
    folders = list(_folders(root))
    for folder in folders:
        found = [_in_folder(folder, file) for file in FILES]
        paths = [path for path in found if path is not None]
        if len(paths) == len(FILES):
            return paths
        if root is not None and paths:
            missing = [file.name for file, path in zip(FILES, found, strict=True) if path is None]
            raise DataNotFoundError(
                f"{folder} holds some of the MNIST files, but not {', '.join(missing)} (or .gz)"
            )
    if root is not None:
        raise DataNotFoundError(
            f"no MNIST files in {folders[0]} or its subfolder mnist; they are called "
            f"{', '.join(file.name for file in FILES)}, each with or without .gz"
        )
    if not download:
        raise DataNotFoundError(_where_to_put_them(folders, "and downloading was not asked for"))
    return _download(_cache() / "mnist", folders)


def _folders(root: str | Path | None) -> Iterator[Path]:
    """Where the files may be, most likely first."""
    if root is not None:
        bases = [Path(root).expanduser()]
    else:
        named = os.environ.get("AUTODIFF_DATA")
        bases = [Path(named).expanduser()] if named else []
        bases.append(_cache())
    for base in bases:
        yield base
        yield base / "mnist"


def _in_folder(folder: Path, file: _File) -> Path | None:
    # Some copies spell the names with a dot: train-images.idx3-ubyte
    for name in (file.name, file.name.replace("-idx", ".idx")):
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    return None


def _cache() -> Path:
    platformdirs = load("platformdirs", "finding the folder for downloaded data")
    return Path(platformdirs.user_cache_dir("autodiff-book", appauthor=False))


def _download(folder: Path, folders: list[Path]) -> list[Path]:
    """Fetch the files from the first mirror that has them, and check them."""
    pooch = load("pooch", "downloading MNIST")
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT, progressbar=False)
    mirrors, paths, reasons = list(MIRRORS), [], []
    for file in FILES:
        for mirror in list(mirrors):
            try:
                path = pooch.retrieve(
                    url=f"{mirror}{file.name}.gz",
                    known_hash=f"md5:{file.md5}",
                    fname=f"{file.name}.gz",
                    path=folder,
                    downloader=downloader,
                )
            except (OSError, ValueError) as error:
                # No connection, no such file, or another checksum: the next mirror may do better.
                mirrors.remove(mirror)
                reasons.append(f"{mirror}: {_why_not(error)}")
            else:
                paths.append(Path(path))
                break
        else:
            raise DataNotFoundError(
                _where_to_put_them(folders, f"and could not be downloaded ({'; '.join(reasons)})")
            )
    return paths


def _where_to_put_them(folders: list[Path], why: str) -> str:
    names = ", ".join(f"{file.name}.gz" for file in FILES)
    return (
        f"MNIST was not found in {', '.join(map(str, folders))}, {why}. "
        f"Get {names} elsewhere, then set the environment variable AUTODIFF_DATA to their folder, "
        "or write load_mnist(folder); load_digits() needs no download"
    )


def _why_not(error: Exception) -> str:
    if isinstance(error, ValueError):
        return "another checksum than the published one"
    return "no connection" if "onnection" in type(error).__name__ else type(error).__name__


def _read_split(image_path: Path, label_path: Path) -> Split:
    images, labels = read_idx(image_path), read_idx(label_path)
    if images.ndim != 3 or images.dtype != np.uint8:
        raise DataError(
            f"{image_path}: images were expected, that is bytes with 3 axes; this holds "
            f"{_kind(images)}"
        )
    if labels.ndim != 1 or labels.dtype != np.uint8:
        raise DataError(
            f"{label_path}: labels were expected, that is bytes with 1 axis; this holds "
            f"{_kind(labels)}"
        )
    if images.shape[1:] != (28, 28):
        raise DataError(
            f"{image_path}: images of 28 by 28 pixels were expected; got {images.shape}"
        )
    if len(images) != len(labels):
        raise DataError(
            f"{image_path} holds {len(images)} images, but {label_path} {len(labels)} labels"
        )
    if not len(images):
        raise DataError(f"{image_path}: holds no images")
    if labels.max() > 9:
        raise DataError(f"{label_path}: labels must lie in 0 to 9; the largest is {labels.max()}")
    pixels = images.reshape(-1, 1, 28, 28).astype(np.float32)
    pixels /= 255
    return pixels, labels.astype(np.int64)


def _kind(array: np.ndarray) -> str:
    if array.dtype == np.uint8 and array.ndim in (1, 3):
        return f"{len(array)} {'labels' if array.ndim == 1 else 'images'}"
    return f"{array.dtype} of shape {array.shape}"
