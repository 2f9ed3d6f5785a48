"""Multiple dispatch: the most specific pair wins, and a tie is an error."""

import weakref

import pytest

import autodiff as ad
from autodiff.dispatch import Backend, Dispatcher, NumPy, kernel


class General:
    pass


class Special(General):
    pass


class Fast(Backend):
    pass


class Faster(Fast):
    pass


def dispatcher(*pairs):
    made = Dispatcher()
    for backend, primitive in pairs:
        made.implements(backend, primitive)(
            lambda instance, pair=(backend, primitive): lambda: pair
        )
    return made


@pytest.mark.parametrize(
    ("pairs", "asked", "wins"),
    [
        ([(Backend, General)], (Faster, Special), (Backend, General)),
        ([(Backend, General), (Fast, General)], (Faster, Special), (Fast, General)),
        ([(Fast, General), (Fast, Special)], (Faster, Special), (Fast, Special)),
        ([(Fast, General), (Fast, Special)], (Faster, General), (Fast, General)),
        (
            [(Fast, General), (Backend, Special), (Fast, Special)],
            (Faster, Special),
            (Fast, Special),
        ),
        ([(Faster, General), (Fast, Special)], (Fast, Special), (Fast, Special)),
    ],
)
def test_the_most_specific_pair_wins(pairs, asked, wins):
    backend, primitive = asked
    assert dispatcher(*pairs).kernel(backend, primitive())() == wins


def test_a_tie_is_an_error_that_says_how_to_decide():
    tied = dispatcher((Fast, General), (Backend, Special))
    with pytest.raises(
        ad.DispatchError, match=r"Special on Fast is ambiguous.*implement \(Fast, Special\)"
    ):
        tied.kernel(Fast, Special())


def test_a_missing_implementation_says_what_to_register():
    with pytest.raises(
        ad.DispatchError, match=r"no implementation of Special for Backend; register"
    ):
        dispatcher((Fast, General)).kernel(Backend, Special())


def test_a_second_implementation_is_refused():
    with pytest.raises(ad.DispatchError, match=r"\(Fast, General\) already has an implementation"):
        dispatcher((Fast, General), (Fast, General))


def test_a_later_and_more_specific_implementation_is_seen():
    made, primitive = dispatcher((Backend, General)), Special()
    assert made.kernel(Fast, primitive)() == (Backend, General)
    made.implements(Fast, Special)(lambda instance: lambda: "new")
    assert made.kernel(Fast, primitive)() == "new"


def test_each_primitive_gets_its_own_kernel():
    made = Dispatcher()
    made.implements(Backend, General)(lambda instance: lambda: instance)
    one, other = General(), General()
    assert made.kernel(Backend, one)() is one and made.kernel(Backend, other)() is other


def test_on_numpy_a_primitive_runs_its_own_definition():
    assert kernel(NumPy, ad.exp) == ad.exp.function


def test_a_primitive_made_for_one_call_is_not_kept_alive():
    class Transient(General):
        transient = True

    made, primitive = dispatcher((Backend, General)), Transient()
    assert made.kernel(Fast, primitive)() == (Backend, General)
    gone = weakref.ref(primitive)
    del primitive
    assert gone() is None
