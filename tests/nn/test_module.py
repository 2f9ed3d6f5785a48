import copy

import numpy as np
import pytest

import autodiff as ad

nn = ad.nn


def network():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Sequential(nn.Linear(4, 2)))


class Net(nn.Module):
    def __init__(self):
        self.hidden = nn.Linear(3, 4)
        self.scale = ad.Variable(np.ones(4, np.float32))
        self.shift = ad.Constant(np.zeros(4, np.float32))
        self.blocks = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 2)])

    def forward(self, x):
        x = self.hidden(x) * self.scale + self.shift
        for block in self.blocks:
            x = block(x)
        return x


def test_parameters_are_named_by_their_path():
    names = [name for name, _ in network().named_parameters()]
    assert names == ["0.weight", "0.bias", "1.weight", "1.bias", "2.0.weight", "2.0.bias"]
    assert [parameter.name for parameter in network().parameters()] == names


def test_names_follow_when_a_module_becomes_part_of_another():
    inner = nn.Sequential(nn.Linear(3, 4))
    assert inner[0].weight.name == "0.weight"
    outer = nn.Sequential(nn.ReLU(), inner)
    assert inner[0].weight.name == "1.0.weight"
    assert dict(outer.named_parameters())["1.0.weight"] is inner[0].weight


def test_a_name_given_by_the_user_stays():
    class Scale(nn.Module):
        def __init__(self):
            self.factor = ad.Variable([1.0], name="my factor")

    model = nn.Sequential(Scale())
    assert [(name, p.name) for name, p in model.named_parameters()] == [("0.factor", "my factor")]


def test_attributes_are_found_without_registration():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == [
        "scale",
        "hidden.weight",
        "hidden.bias",
        "blocks.0.weight",
        "blocks.0.bias",
        "blocks.1.weight",
        "blocks.1.bias",
    ]
    assert [name for name, _ in net.named_buffers()] == ["shift"]
    assert [name for name, _ in net.named_modules()] == [
        "",
        "hidden",
        "blocks",
        "blocks.0",
        "blocks.1",
    ]
    assert [name for name, _ in net.named_children()] == ["hidden", "blocks"]
    assert len(list(net.modules())) == 5 and len(list(net.buffers())) == 1


def test_a_shared_layer_is_one_parameter_with_two_names():
    layer = nn.Linear(3, 3)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert [name for name, _ in model.named_modules()] == ["", "0", "1"]
    other = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    other.load_state_dict(model.state_dict())
    assert np.array_equal(other[0].weight.output, other[2].weight.output)


@pytest.mark.parametrize(
    "parts", [[nn.Linear(2, 2)], (nn.ReLU(),), {"a": nn.ReLU()}, [ad.Variable([1.0])]]
)
def test_a_plain_list_of_layers_is_refused(parts):
    with pytest.raises(ad.ArgumentError, match=r"would not be found.*ad\.nn\.ModuleList"):
        nn.Module().layers = parts


def test_a_state_dict_is_a_copy():
    model = network()
    state = model.state_dict()
    state["0.weight"][:] = 7
    assert not np.any(model[0].weight.output == 7)
    before = model[0].weight.output
    model.load_state_dict(state)
    assert np.all(model[0].weight.output == 7) and not np.any(before == 7)


def test_loading_keeps_the_dtype():
    model = nn.Linear(3, 2)
    model.load_state_dict({"weight": np.ones((2, 3)), "bias": [1, 2]})
    assert model.weight.dtype == np.float32 and model.bias.output.tolist() == [1, 2]


def test_missing_and_unexpected_names():
    model = nn.Linear(3, 2)
    state = {"weight": np.ones((2, 3)), "wieght": np.ones(1)}
    with pytest.raises(ad.ArgumentError, match="missing: bias; unexpected: wieght; pass strict="):
        model.load_state_dict(state)
    result = model.load_state_dict(state, strict=False)
    assert result.missing_keys == ["bias"] and result.unexpected_keys == ["wieght"]
    assert np.all(model.weight.output == 1)


def test_nothing_is_loaded_where_one_array_does_not_fit():
    model = nn.Linear(3, 2)
    before = model.weight.output
    with pytest.raises(ad.ShapeError, match=r"bias has shape \(3,\) in the state and \(2,\) here"):
        model.load_state_dict({"weight": np.ones((2, 3)), "bias": np.ones(3)})
    assert np.array_equal(model.weight.output, before)


def test_a_state_is_a_dict():
    with pytest.raises(ad.DtypeError, match=r"takes a dict.*ad\.load\(path\)"):
        nn.Linear(3, 2).load_state_dict("model.safetensors")


def test_modes_reach_all_layers():
    model = network()
    assert model.training and model.eval() is model
    assert not any(module.training for module in model.modules())
    assert model.train() is model and all(module.training for module in model.modules())


def test_zero_grad():
    model = nn.Linear(3, 2)
    ad.backward(ad.topological_sort(model(np.ones((4, 3))).sum()))
    assert model.weight.gradient is not None
    model.zero_grad()
    assert model.weight.gradient is None and model.bias.gradient is None


def test_conversion():
    model = network().to(np.float64)
    kinds = {name: array.dtype for name, array in model.state_dict().items()}
    assert kinds.pop("1.num_batches_tracked") == np.int64
    assert set(kinds.values()) == {np.dtype(np.float64)}
    with pytest.raises(ad.DtypeError, match="floating dtype; got int64"):
        model.to(np.int64)


def test_a_copy_shares_nothing():
    model = network()
    other = copy.deepcopy(model)
    other[0].weight.output = np.zeros((4, 3))
    assert np.any(model[0].weight.output)
    x = np.ones((2, 3), np.float32)
    assert model(x).shape == other(x).shape


def test_operators_know_their_layer():
    outer = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 2)))
    loss = outer(np.ones((1, 3), np.float32)).sum()
    scopes = [node.scope for node in ad.topological_sort(loss) if node.inputs]
    first, relu, last = (
        "Sequential/0 Linear",
        "Sequential/1 Sequential/0 ReLU",
        "Sequential/1 Sequential/1 Linear",
    )
    assert sorted(scopes) == sorted([first] * 3 + [relu] + [last] * 3 + [""])


def test_the_scope_ends_where_a_layer_fails():
    with pytest.raises(ad.ShapeError):
        nn.Sequential(nn.Linear(3, 2))(np.ones((1, 4)))
    assert (ad.Variable([1.0]) * 2.0).scope == ""


def test_a_drawing_collapses_by_layer():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    picture = ad.draw(model(ad.Constant(np.ones((1, 3)), name="x")), collapse=True)
    assert picture.nodes == 4
    assert "Linear" in picture.source and "ReLU" in picture.source


class TestContainers:
    def test_sequential(self):
        model = nn.Sequential(nn.Linear(3, 4))
        assert model.append(nn.ReLU()) is model
        assert len(model) == 2 and [type(part).__name__ for part in model] == ["Linear", "ReLU"]
        assert model[-1] is model[1]
        with pytest.raises(ad.IndexingError, match="has 2 parts; there is no number 5"):
            model[5]

    def test_a_slice_is_a_network_of_the_same_layers(self):
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
        head = model[1:]
        assert isinstance(head, nn.Sequential) and list(head.state_dict()) == ["2.weight", "2.bias"]
        assert head[-1] is model[2] and model[2].weight.name == "2.weight"
        x = np.ones((1, 3), np.float32)
        assert np.array_equal(head(model[:1](x).output).output, model(x).output)
        assert len(model[5:]) == 0

    def test_names_of_its_own(self):
        model = nn.Sequential({"first": nn.Linear(3, 4), "act": nn.ReLU()})
        assert list(model.state_dict()) == ["first.weight", "first.bias"]
        assert model(np.ones((1, 3))).shape == (1, 4)

    @pytest.mark.parametrize(
        ("part", "message"),
        [
            (nn.ReLU, r"part 0 is the class ReLU: write ReLU\(\.\.\.\)"),
            (ad.relu, r"part 0 is Relu 'relu'; for a function such as ad.relu use its layer"),
            (3, "part 0 is the number 3"),
        ],
    )
    def test_parts_are_modules(self, part, message):
        with pytest.raises(ad.DtypeError, match=message):
            nn.Sequential(part)

    @pytest.mark.parametrize("name", ["", "a.b", "forward", "training"])
    def test_names_that_cannot_be(self, name):
        with pytest.raises(ad.ArgumentError, match="cannot be the name of a part"):
            nn.Sequential({name: nn.ReLU()})

    def test_a_module_without_forward(self):
        with pytest.raises(ad.ArgumentError, match="ModuleList defines no forward"):
            nn.ModuleList([nn.ReLU()])(np.ones(3))


class TestSeeding:
    def test_manual_seed_makes_a_model_repeatable(self):
        states = []
        for _ in range(2):
            ad.manual_seed(3)
            states.append(nn.reference_network().state_dict())
        assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])

    def test_a_seed_of_its_own(self):
        assert np.array_equal(
            nn.Linear(3, 2, rng=1).weight.output, nn.Linear(3, 2, rng=1).weight.output
        )
        first, second = nn.lenet5(rng=1).state_dict(), nn.lenet5(rng=2).state_dict()
        assert not np.array_equal(first["0.weight"], second["0.weight"])

    @pytest.mark.parametrize("seed", [-1, 1.5, True, "0"])
    def test_what_is_no_seed(self, seed):
        with pytest.raises(ad.ArgumentError, match="a seed is a non-negative integer"):
            ad.manual_seed(seed)
        with pytest.raises(ad.ArgumentError, match="a seed is a non-negative integer"):
            nn.Linear(3, 2, rng=seed)

    def test_a_seed_must_be_given(self):
        with pytest.raises(ad.ArgumentError, match="got None"):
            ad.manual_seed(None)
