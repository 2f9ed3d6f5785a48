import importlib
import os
import stat

import numpy as np
import pytest

import autodiff as ad
from autodiff.dtypes import as_dtype


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def test_a_model_there_and_back(path):
    model, other = ad.nn.reference_network(rng=0), ad.nn.reference_network(rng=1)
    ad.save(path, model)
    other.load_state_dict(ad.load(path))
    state, loaded = model.state_dict(), other.state_dict()
    assert list(state) == list(loaded)
    assert all(np.array_equal(state[name], loaded[name]) for name in state)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "u1", "i4", "i8", "?", "bfloat16"])
def test_arrays_there_and_back(path, dtype):
    dtype = as_dtype(dtype)
    array = np.arange(12).reshape(3, 4).astype(dtype)
    arrays = {
        "array": array,
        "not contiguous": array.T,
        "strided": array[:, ::2],
        "big endian": array.astype(dtype.newbyteorder(">")),
        "scalar": array[1, 1],
        "empty": array[:0],
    }
    ad.save(str(path), arrays)
    loaded = ad.load(str(path))
    assert list(loaded) == sorted(arrays)
    for name, expected in arrays.items():
        assert np.array_equal(loaded[name], expected), name
        assert loaded[name].shape == expected.shape and loaded[name].dtype == array.dtype


def test_nodes_stand_for_their_output(path):
    ad.save(path, {"v": ad.Variable([1.0, 2.0]), "c": ad.Constant(3), "number": 4.0})
    loaded = ad.load(path)
    assert loaded["v"].tolist() == [1, 2] and loaded["c"] == 3 and loaded["number"] == 4


def test_pytorch_reads_what_we_write_and_we_what_pytorch_writes(torch, path):
    safetensors = importlib.import_module("safetensors.torch")
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    ours = ad.nn.Sequential(ad.nn.Linear(3, 4), ad.nn.BatchNorm1d(4))
    ad.save(path, ours)
    model.load_state_dict(safetensors.load_file(path))
    x = np.ones((2, 3), np.float32)
    expected = model.eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours.eval()(x).output, expected, rtol=1e-6)


def test_an_interrupted_write_leaves_the_old_file(path, monkeypatch):
    ad.save(path, {"a": np.ones(3)})

    def fail(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        ad.save(path, {"a": np.zeros(3)})
    assert ad.load(path)["a"].tolist() == [1, 1, 1]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_may_read_the_file_as_any_other(path, tmp_path):
    (tmp_path / "usual").write_text("")
    ad.save(path, {"a": np.ones(3)})
    usual = stat.S_IMODE((tmp_path / "usual").stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == usual
    path.chmod(0o600)
    ad.save(path, {"a": np.ones(3)})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ([np.ones(3)], "save takes a model or a dict"),
        ({1: np.ones(3)}, "names of saved arrays are strings; got 1"),
        ({"model": {"weight": np.ones(3)}}, "'model' is a dict.*'model.weight'"),
        ({"a": np.array(["text"])}, "'a' cannot be saved.*got <U4"),
        ({"a": np.array([object()])}, "'a' cannot be saved.*got object"),
        ({"a": np.ones(3, complex)}, "'a' cannot be saved.*real numbers.*got complex128"),
        ({"a": None}, "'a' cannot be saved"),
    ],
)
def test_what_cannot_be_saved(path, model, message):
    with pytest.raises(ad.DtypeError, match=message):
        ad.save(path, model)
    assert not path.exists()


def test_places_that_do_not_exist(tmp_path):
    with pytest.raises(ad.DataNotFoundError, match="no such file: .*nowhere"):
        ad.load(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="the folder .*nowhere does not exist"):
        ad.save(tmp_path / "nowhere" / "file", {})
    with pytest.raises(ad.DataError, match="it is a folder"):
        ad.save(tmp_path, {})
    with pytest.raises(ad.DataError, match="cannot load .*: it is a folder"):
        ad.load(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense, but long enough", b"\x08" + b"\0" * 7 + b"{}"]
)
def test_files_of_another_kind(path, content):
    path.write_bytes(content)
    with pytest.raises(ad.DataError, match=r"model.safetensors is not a safetensors file: "):
        ad.load(path)


def test_a_truncated_file(path):
    ad.save(path, {"a": np.ones(100)})
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ad.DataError, match="is not a safetensors file"):
        ad.load(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04" + b"\0" * 60, b"\x80\x02}q\x00." + b"\0" * 60])
def test_pickles_are_named_and_not_run(path, content):
    path.write_bytes(content)
    with pytest.raises(ad.DataError, match="looks like a pickle.*safetensors.torch.save_file"):
        ad.load(path)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_halves_are_exchanged_with_pytorch(torch, path, name):
    safetensors = importlib.import_module("safetensors.torch")
    theirs = torch.linspace(-3, 3, 7).to(getattr(torch, name))
    safetensors.save_file({"w": theirs}, path)
    ours = ad.Variable(ad.load(path)["w"])
    assert ours.dtype.name == name
    assert ours.output.astype(float).tolist() == theirs.tolist()
    ad.save(path, {"w": ours})
    again = safetensors.load_file(path)["w"]
    assert again.dtype == theirs.dtype and torch.equal(again, theirs)


def test_a_type_that_numpy_lacks_is_named(torch, tmp_path):
    path = tmp_path / "quarter.safetensors"
    tensor = torch.zeros(2, dtype=torch.float8_e4m3fn)
    pytest.importorskip("safetensors.torch").save_file({"w": tensor}, path)
    with pytest.raises(ad.DataError, match="array of type F8_E4M3, which NumPy lacks; .*float"):
        ad.load(path)
