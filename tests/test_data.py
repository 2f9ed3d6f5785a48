import functools
import gzip
import hashlib
import http.server
import struct
import threading

import numpy as np
import pytest

import autodiff as ad
from autodiff.data import mnist as module

NAMES = [file.name for file in module.FILES]


def idx(array):
    codes = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
    code = codes[array.dtype.str[1:]]
    header = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def small_mnist():
    rng = np.random.default_rng(0)
    contents = []
    for count in (7, 3):
        contents.append(idx(rng.integers(0, 256, (count, 28, 28)).astype(np.uint8)))
        contents.append(idx(rng.integers(0, 10, count).astype(np.uint8)))
    return contents


@pytest.fixture
def folder(tmp_path):
    """A folder with MNIST files of a few images."""
    for name, content in zip(NAMES, small_mnist(), strict=True):
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture(autouse=True)
def no_other_data(monkeypatch, request, tmp_path_factory):
    """Neither the user's own files nor the network are touched."""
    if "mnist" not in request.fixturenames:
        monkeypatch.delenv("AUTODIFF_DATA", raising=False)
        cache = tmp_path_factory.mktemp("cache")
        monkeypatch.setattr(module, "_cache", lambda: cache)
        monkeypatch.setattr(module, "MIRRORS", ())


class TestIdx:
    @pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
    @pytest.mark.parametrize("compress", [bytes, gzip.compress])
    def test_every_type(self, tmp_path, dtype, compress):
        array = np.arange(24).reshape(2, 3, 4).astype(dtype)
        path = tmp_path / "array"
        path.write_bytes(compress(idx(array)))
        result = ad.data.read_idx(path)
        assert np.array_equal(result, array) and result.dtype.str[1:] == dtype

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"\0\0\x08", "3 bytes are too short for an IDX file"),
            (b"\x89PNG" + b"\0" * 20, "not an IDX file; it begins with the bytes 89 50 4e 47"),
            (b"\0\0\x07\x01" + b"\0" * 20, "not an IDX file"),
            (b"\0\0\x08\x00" + b"\0" * 20, "not an IDX file"),
            (b"\0\0\x08\x03\0\0\0\x02", "truncated within the lengths of its 3 axes"),
            (idx(np.zeros((5, 5), np.uint8))[:-1], r"truncated.*shape \(5, 5\).*25 bytes, and 24"),
            (idx(np.zeros((5, 5), np.uint8)) + b"\0", "too long.*25 bytes, and 26 follow"),
            (
                gzip.compress(idx(np.zeros(50, np.uint8)), mtime=0)[:-12],
                "truncated; the compressed data end",
            ),
            (b"\x1f\x8b" + b"\xff" * 50, "corrupt; gzip says"),
            (gzip.compress(b"abc", mtime=0)[:10] + b"\xff" * 20, "corrupt; gzip says"),
        ],
    )
    def test_what_is_wrong_is_said(self, tmp_path, content, message):
        path = tmp_path / "the-file"
        path.write_bytes(content)
        with pytest.raises(ad.DataError, match=f"the-file: {message}"):
            ad.data.read_idx(path)

    def test_a_name_that_promises_compression(self, tmp_path):
        (tmp_path / "a.gz").write_bytes(idx(np.zeros(3, np.uint8)))
        with pytest.raises(
            ad.DataError, match=r"a.gz: not compressed with gzip, although its name"
        ):
            ad.data.read_idx(tmp_path / "a.gz")


class TestFinding:
    def check(self, result):
        (images, labels), (test_images, test_labels) = result
        assert images.shape == (7, 1, 28, 28) and images.dtype == np.float32
        assert labels.shape == (7,) and labels.dtype == np.int64
        assert test_images.shape == (3, 1, 28, 28) and test_labels.shape == (3,)
        pixels = np.frombuffer(small_mnist()[0], np.uint8, offset=16).reshape(7, 1, 28, 28)
        assert np.array_equal(images, pixels.astype(np.float32) / np.float32(255))
        assert images.flags.writeable

    def test_by_argument(self, folder):
        self.check(ad.data.load_mnist(folder))
        self.check(ad.data.load_mnist(str(folder)))

    def test_in_a_subfolder(self, folder):
        (folder / "mnist").mkdir()
        for name in NAMES:
            (folder / name).rename(folder / "mnist" / name)
        self.check(ad.data.load_mnist(folder))

    def test_by_the_environment(self, folder, monkeypatch):
        monkeypatch.setenv("AUTODIFF_DATA", str(folder))
        self.check(ad.data.load_mnist())

    def test_in_the_cache(self, folder, monkeypatch, tmp_path_factory):
        monkeypatch.setenv("AUTODIFF_DATA", str(tmp_path_factory.mktemp("empty")))
        monkeypatch.setattr(module, "_cache", lambda: folder)
        self.check(ad.data.load_mnist())

    def test_compressed_and_with_dots_in_the_names(self, folder):
        for name in NAMES[:2]:
            content = (folder / name).read_bytes()
            (folder / name).unlink()
            (folder / f"{name.replace('-idx', '.idx')}.gz").write_bytes(
                gzip.compress(content, mtime=0)
            )
        self.check(ad.data.load_mnist(folder))

    def test_the_cache_belongs_to_the_user(self, monkeypatch):
        monkeypatch.undo()
        assert "autodiff-book" in str(module._cache())

    def test_nowhere(self, tmp_path):
        with pytest.raises(
            ad.DataNotFoundError, match="no MNIST files in .*; they are called train"
        ):
            ad.data.load_mnist(tmp_path)

    def test_some_are_missing(self, folder):
        (folder / NAMES[1]).unlink()
        with pytest.raises(FileNotFoundError, match=f"some of the MNIST files, but not {NAMES[1]}"):
            ad.data.load_mnist(folder)

    def test_without_downloading(self):
        with pytest.raises(
            ad.DataNotFoundError, match="downloading was not asked for.*AUTODIFF_DATA"
        ):
            ad.data.load_mnist(download=False)


class TestDamage:
    @pytest.mark.parametrize(
        ("position", "content", "message"),
        [
            (0, idx(np.zeros(7, np.uint8)), "images were expected.*this holds 7 labels"),
            (1, idx(np.zeros((7, 28, 28), np.uint8)), "labels were expected.*this holds 7 images"),
            (0, idx(np.zeros((7, 28, 28), np.float32)), "this holds >f4|this holds float32"),
            (
                0,
                idx(np.zeros((7, 27, 28), np.uint8)),
                r"28 by 28 pixels were expected; got \(7, 27",
            ),
            (1, idx(np.zeros(6, np.uint8)), "holds 7 images, but .* 6 labels"),
            (3, idx(np.full(3, 10, np.uint8)), "must lie in 0 to 9; the largest is 10"),
        ],
    )
    def test_what_is_wrong_is_said(self, folder, position, content, message):
        (folder / NAMES[position]).write_bytes(content)
        with pytest.raises(ad.DataError, match=message) as caught:
            ad.data.load_mnist(folder)
        assert NAMES[position] in str(caught.value)

    def test_no_images(self, folder):
        (folder / NAMES[0]).write_bytes(idx(np.zeros((0, 28, 28), np.uint8)))
        (folder / NAMES[1]).write_bytes(idx(np.zeros(0, np.uint8)))
        with pytest.raises(ad.DataError, match="holds no images"):
            ad.data.load_mnist(folder)


class TestDownload:
    @pytest.fixture
    def server(self, tmp_path, monkeypatch):
        """A mirror on this machine; the checksums are those of its files."""
        files = []
        for file, content in zip(module.FILES, small_mnist(), strict=True):
            packed = gzip.compress(content, mtime=0)
            (tmp_path / f"{file.name}.gz").write_bytes(packed)
            md5 = hashlib.md5(packed, usedforsecurity=False).hexdigest()
            files.append(file._replace(md5=md5))
        monkeypatch.setattr(module, "FILES", tuple(files))

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *args):
                pass

        handler = functools.partial(Handler, directory=str(tmp_path))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()
            thread.join()

    @pytest.fixture
    def refusing(self):
        """An address where nothing answers."""
        server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
        server.server_close()
        return f"http://127.0.0.1:{server.server_port}/"

    def test_into_the_cache(self, server, refusing, monkeypatch):
        monkeypatch.setattr(module, "MIRRORS", (refusing, server))
        TestFinding().check(ad.data.load_mnist())
        monkeypatch.setattr(module, "MIRRORS", ())
        TestFinding().check(ad.data.load_mnist())

    def test_another_checksum(self, server, monkeypatch):
        files = [file._replace(md5="0" * 32) for file in module.FILES]
        monkeypatch.setattr(module, "FILES", files)
        monkeypatch.setattr(module, "MIRRORS", (server,))
        with pytest.raises(ad.DataNotFoundError, match="another checksum than the published"):
            ad.data.load_mnist()

    def test_without_a_network(self, refusing, monkeypatch):
        monkeypatch.setattr(module, "MIRRORS", (refusing,))
        message = "could not be downloaded .*AUTODIFF_DATA.*load_digits\\(\\) needs no download"
        with pytest.raises(ad.DataNotFoundError, match=message):
            ad.data.load_mnist()


def test_real_mnist(mnist):
    (images, labels), (test_images, test_labels) = mnist
    assert images.shape == (60000, 1, 28, 28) and images.dtype == np.float32
    assert test_images.shape == (10000, 1, 28, 28) and labels.dtype == test_labels.dtype == np.int64
    assert labels[:6].tolist() == [5, 0, 4, 1, 9, 2] and test_labels[:4].tolist() == [7, 2, 1, 0]
    assert images.min() == 0 and images.max() == 1
    assert np.bincount(labels).tolist()[:3] == [5923, 6742, 5958]
    assert test_images.mean() == pytest.approx(0.1325, abs=1e-4)


class TestDigits:
    @pytest.mark.parametrize("size", [8, 28])
    def test_shapes(self, size):
        (images, labels), (test_images, test_labels) = ad.data.load_digits(size)
        assert images.shape == (1437, 1, size, size) and test_images.shape == (360, 1, size, size)
        assert images.dtype == test_images.dtype == np.float32
        assert labels.shape == (1437,) and test_labels.shape == (360,)
        assert labels.dtype == test_labels.dtype == np.int64
        assert images.min() == 0 and images.max() == 1
        assert set(labels) == set(test_labels) == set(range(10))

    def test_the_split_is_fixed(self):
        _, (_, labels) = ad.data.load_digits()
        assert labels[:12].tolist() == [1, 0, 5, 0, 7, 5, 2, 9, 1, 4, 2, 2]

    def test_the_enlarged_ones_show_the_same_digits(self):
        (small, labels), _ = ad.data.load_digits()
        (large, large_labels), _ = ad.data.load_digits(28)
        assert np.array_equal(labels, large_labels)
        assert not large[:, :, :4].any() and not large[..., -4:].any()
        inner = large[:, :, 4:24, 4:24]
        # Means over the whole agree but for the edges; each small pixel lies inside its large ones.
        np.testing.assert_allclose(inner.mean((2, 3)), small.mean((2, 3)), atol=0.03)
        rows = np.array([1, 3, 6, 8, 11, 13, 16, 18])  # the centres nearest to those of 8
        assert np.corrcoef(inner[:, 0][:, rows][:, :, rows].ravel(), small.ravel())[0, 1] > 0.98

    def test_size(self):
        with pytest.raises(ad.ArgumentError, match="size must be 8 or 28; got 32"):
            ad.data.load_digits(32)


class TestDataLoader:
    def test_batches_in_order(self):
        loader = ad.data.DataLoader(np.arange(10).reshape(5, 2), np.arange(5), batch_size=2)
        batches = list(loader)
        assert len(loader) == len(batches) == 3 and loader.examples == 5
        assert [labels.tolist() for _, labels in batches] == [[0, 1], [2, 3], [4]]
        assert batches[1][0].tolist() == [[4, 5], [6, 7]]

    def test_a_pair_and_a_single_array(self):
        pair = ad.data.DataLoader((np.arange(3), np.arange(3)), batch_size=3)
        assert [len(batch) for batch in pair] == [2]
        single = ad.data.DataLoader(np.arange(3), batch_size=2)
        assert [batch.tolist() for batch in single] == [[0, 1], [2]]

    def test_drop_last(self):
        loader = ad.data.DataLoader(np.arange(5), batch_size=2, drop_last=True)
        assert len(loader) == len(list(loader)) == 2

    def test_shuffled_anew_in_every_epoch(self):
        def epochs(seed):
            loader = ad.data.DataLoader(
                np.arange(20), -np.arange(20), batch_size=8, shuffle=True, seed=seed
            )
            return [
                [tuple(pair) for batch in loader for pair in zip(*batch, strict=True)] for _ in "12"
            ]

        first, second = epochs(0)
        assert first != second and sorted(first) == sorted(second) == [(i, -i) for i in range(20)]
        assert epochs(0) == [first, second] and epochs(1) != [first, second]

    def test_the_librarys_generator(self):
        loader = ad.data.DataLoader(np.arange(20), batch_size=20, shuffle=True)
        orders = []
        for _ in range(2):
            ad.manual_seed(5)
            orders.append(next(iter(loader)).tolist())
        assert orders[0] == orders[1]

    def test_printed(self):
        loader = ad.data.DataLoader(np.arange(5), batch_size=2, shuffle=True)
        assert repr(loader) == "DataLoader(5 examples, 3 batches of 2, shuffled)"

    @pytest.mark.parametrize(
        ("error", "arrays", "options", "message"),
        [
            (ad.ArgumentError, (), {}, "needs at least one array"),
            (ad.ShapeError, (np.ones(3), np.ones(4)), {}, r"equal numbers.*\(3,\) and \(4,\)"),
            (ad.ShapeError, ([[1], [2, 3]], [0, 1]), {}, "rectangular arrays; NumPy says"),
            (ad.ShapeError, (np.ones(3), 4), {}, "equal numbers of examples"),
            (ad.ShapeError, (np.ones((0, 3)),), {}, "the arrays are empty"),
            (ad.ArgumentError, (np.ones(3),), {"batch_size": 0}, "batch_size must be a positive"),
            (ad.ArgumentError, (np.ones(3),), {"batch_size": 1.5}, "batch_size must be a positive"),
            (ad.ArgumentError, (np.ones(3),), {"seed": -1}, "a seed is a non-negative integer"),
            (
                ad.ArgumentError,
                (np.ones(3),),
                {"batch_size": 4, "drop_last": True},
                "no batch is left: 3 examples are fewer than batch_size 4",
            ),
            (ad.DtypeError, (ad.Constant(np.ones(3)),), {}, r"takes arrays.*write \.output"),
        ],
    )
    def test_errors(self, error, arrays, options, message):
        with pytest.raises(error, match=message):
            ad.data.DataLoader(*arrays, **options)
