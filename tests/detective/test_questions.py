"""The other questions, the errors that name lines, and that nothing is left behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import tapegrad as torch
from tapegrad import detective
from tapegrad.source_lines import origin_of, recording_lines


@pytest.fixture
def lines() -> Iterator[None]:
    with torch.record_lines():
        yield


def marked(mark: str) -> int:
    """The number of the line of this file that ends with a mark."""
    with open(__file__) as file:
        (number,) = [i for i, line in enumerate(file, 1) if line.rstrip().endswith(f"# {mark}")]
    return number


# -- where, which, who -------------------------------------------------------------------------------------------------


def test_all_cuts_are_listed_in_order(lines: None) -> None:
    w = torch.ones(3, requires_grad=True)
    a = w.detach()  # first cut
    with torch.no_grad():
        b = w * 2  # second cut
    c = (w > 0).float()  # third cut
    loss = (a + b + c).sum() + w.data.sum() * w.sum().item()
    answer = detective.cuts(loss)
    assert answer.kinds == ["detached", "no_grad", "integer", "data", "number"]
    found = [cause.line.line for cause in answer.causes[:3] if cause.line is not None]
    assert found == [marked("first cut"), marked("second cut"), marked("third cut")]


def test_no_grad_names_the_line_that_switched_recording_off(lines: None) -> None:
    w = torch.ones(3, requires_grad=True)
    with torch.no_grad():  # off here
        loss = w.sum()
    (cause,) = torch.why(w, of=loss).causes
    assert f":{marked('off here')}," in cause.text


def test_a_result_without_a_history_says_where_it_was_lost(lines: None) -> None:
    w = torch.ones(2, 3, requires_grad=True)
    chosen = w.argmax(dim=1)  # lost
    (cause,) = torch.why(chosen).causes
    assert (cause.kind, cause.line and cause.line.line) == ("integer", marked("lost"))
    assert torch.why((chosen * 0.5).sum()).kinds == ["integer"]


def test_passes_are_counted_since_the_gradient_was_cleared(lines: None) -> None:
    w = torch.ones(3, requires_grad=True)
    w.sum().backward()
    w.grad = None
    for _ in range(2):
        w.sum().backward()  # in the loop
    (w * w).sum().backward()  # after the loop
    (fact,) = detective.passes(w).facts
    assert "3 backward passes" in fact
    assert f":{marked('in the loop')}," in fact
    assert "(2 times)" in fact
    assert f":{marked('after the loop')}," in fact


def test_zeros_filled_in_begin_a_new_sum(lines: None) -> None:
    w = torch.ones(3, requires_grad=True)
    w.sum().backward()
    assert w.grad is not None
    w.grad.zero_()
    w.sum().backward()
    assert "one backward pass" in detective.passes(w).facts[0]


def test_the_shared_part_is_named(lines: None) -> None:
    w = torch.ones(3, requires_grad=True)
    h = w.exp()  # shared
    first, second = (h + 1).sum(), (h * 2).sum()
    first.backward()  # used up
    (cause,) = detective.shared(second).causes
    assert cause.line is not None
    assert cause.line.line == marked("shared")
    assert f":{marked('used up')}," in cause.text


def test_holders_names_variables_lists_and_attributes() -> None:
    class Trainer:
        history: Any

    w = torch.ones(1000, requires_grad=True)
    losses = [(w.exp() * 2).sum() for _ in range(3)]
    trainer = Trainer()
    trainer.history = {"last": losses[1]}
    answer = detective.holders(losses[1])
    assert "`losses[1]` in test_holders_names_variables_lists_and_attributes" in str(answer)
    assert "4.0 kB" in answer.facts[0]
    assert "`trainer.history['last']`" in str(answer)
    assert "losses[0]" not in str(answer)


def test_holders_of_a_leaf_has_nothing_to_tell() -> None:
    assert detective.holders(torch.ones(2)).facts == ["There is no graph behind it."]


# -- find_nan ----------------------------------------------------------------------------------------------------------


def test_the_operands_are_shown(lines: None) -> None:
    x = torch.tensor([3.0, 0.0], requires_grad=True)
    loss = (1 / x).sum()
    (cause,) = torch.find_nan(loss).causes
    assert "[3, 0]" in cause.text


def test_of_several_makers_the_first_is_named(lines: None) -> None:
    x = torch.tensor([1000.0, 0.0], requires_grad=True)
    e = torch.exp(x)  # first maker
    loss = torch.log(e - e).sum()
    (cause,) = torch.find_nan(loss).causes
    assert cause.line is not None
    assert cause.line.line == marked("first maker")


def test_find_nan_changes_nothing() -> None:
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    calls: list[Any] = []
    x.register_hook(calls.append)
    loss = torch.where(x > 0, x.sqrt(), 0.0).sum()
    assert torch.find_nan(loss)
    assert x.grad is None
    assert calls == []
    loss.backward()


def test_a_used_up_graph_is_said_to_be_one() -> None:
    x = torch.tensor([0.0], requires_grad=True)
    loss = x.sqrt().sum()
    loss.backward()
    answer = torch.find_nan(loss)
    assert not answer
    assert "used up" in answer.facts[0]


# -- programs that run in it -------------------------------------------------------------------------------------------


def test_warnings_name_the_line_of_the_caller(lines: None) -> None:
    with pytest.warns(UserWarning, match="target size") as caught:
        torch.nn.functional.mse_loss(torch.ones(3, 1), torch.ones(3))  # warns
    assert (caught[0].filename, caught[0].lineno) == (__file__, marked("warns"))


def test_overriding_modes_see_what_they_see_otherwise(lines: None) -> None:
    from tapegrad.overrides import TorchFunctionMode

    class Names(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func.__name__)
            return func(*args, **(kwargs or {}))

    seen: list[str] = []
    x = torch.ones(2, requires_grad=True)
    with Names():
        torch.add(x, x)
    assert seen == ["add"]


def test_what_is_viewed_under_no_grad_is_a_cut(lines: None) -> None:
    w = torch.ones(3, requires_grad=True)
    with torch.no_grad():
        part = w[:2]
    loss = (part * 2).sum()
    assert torch.why(w, of=loss).kinds == ["no_grad"]


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [torch.why, torch.find_nan])
def test_what_is_no_tensor_is_refused(question: Any) -> None:
    with pytest.raises(TypeError, match="must be Tensor, not list"):
        question([1.0])


def test_an_integer_tensor_has_no_gradient() -> None:
    assert torch.why(torch.arange(3)).kinds == ["integer"]


def test_a_long_chain_is_asked_about_in_bounded_time(lines: None) -> None:
    w = torch.ones(1, requires_grad=True)
    y = w.detach()
    for _ in range(5000):
        y = y * 1.0
    assert torch.why(w, of=y.sum()).kinds == ["detached"]


def test_tensors_of_the_journal_are_not_kept_alive(lines: None) -> None:
    import weakref

    w = torch.ones(3, requires_grad=True)
    y = w * 2
    gone = weakref.ref(y)
    z = (y.detach() + 1).sum()
    del y
    assert gone() is None
    assert detective.cuts(z).kinds == ["detached"]


# -- errors ------------------------------------------------------------------------------------------------------------


def test_the_error_of_an_overwritten_value_names_both_lines(lines: None) -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = y * y  # saved
    y += 1  # overwritten
    with pytest.raises(RuntimeError, match="modified by an inplace operation") as caught:
        z.sum().backward()
    assert f":{marked('saved')}," in str(caught.value)
    assert f":{marked('overwritten')}," in str(caught.value)


def test_the_error_of_a_second_pass_names_both_lines(lines: None) -> None:
    x = torch.ones(3, requires_grad=True)
    h = x.exp()  # recorded once
    h.sum().backward()  # first pass
    with pytest.raises(RuntimeError, match="a second time") as caught:
        (h * h).sum().backward()
    assert f":{marked('recorded once')}," in str(caught.value)
    assert f":{marked('first pass')}," in str(caught.value)


def test_the_error_of_a_missing_history_names_the_cut(lines: None) -> None:
    loss = torch.ones(3, requires_grad=True).detach().sum()  # cut
    with pytest.raises(RuntimeError, match="does not require grad") as caught:
        loss.backward()
    assert f":{marked('cut')}," in str(caught.value)


def test_anomaly_mode_says_what_made_the_nan() -> None:
    x = torch.tensor([1.0, 1.0], requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        loss = ((x - 1) ** 2).sum().sqrt()  # infinite derivative
        with pytest.warns(UserWarning, match="Error detected in PowBackward0"), pytest.raises(RuntimeError) as caught:
            loss.backward()
    says = str(caught.value)
    assert says.startswith("Function 'PowBackward0' returned nan values in its 0th output.")
    assert "SqrtBackward0 made inf" in says
    assert f"line {marked('infinite derivative')}," in says


# -- at no cost --------------------------------------------------------------------------------------------------------


def test_nothing_is_left_on_functions_and_engine() -> None:
    from tapegrad.autograd import deposits, observing
    from tapegrad.autograd.node import watchers

    functions: list[Any] = [torch.Tensor.__mul__, torch.Tensor.backward, torch.exp, deposits.accumulate]
    before = [f.__code__ for f in functions]
    state = (set(observing.reasons), list(observing.witnesses), list(watchers))
    with torch.record_lines():
        assert recording_lines()
        assert (set(observing.reasons), list(observing.witnesses), list(watchers)) != state
        assert all(f.__code__ is not code for f, code in zip(functions, before, strict=True))
        with torch.record_lines():
            pass
        assert recording_lines()
    assert [f.__code__ for f in functions] == before
    assert not recording_lines()
    assert (set(observing.reasons), list(observing.witnesses), list(watchers)) == state
    y = torch.ones(2, requires_grad=True) * 2
    assert origin_of(y.grad_fn) is None
    assert y._x is None


def test_importing_tapegrad_does_not_load_the_detective() -> None:
    code = "import sys, tapegrad; print([m for m in sys.modules if 'detective' in m or 'source_lines' in m])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "[]\n"


# -- showing -----------------------------------------------------------------------------------------------------------


def test_an_answer_is_escaped_in_a_notebook() -> None:
    cause = detective.Cause("kind", "a < b & <script>", "write > instead")
    html = detective.Answer("Why <b>?", [cause], ["a & b"])._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "Why &lt;b&gt;?" in html
    assert "a &amp; b" in html


def test_an_answer_without_causes_says_so() -> None:
    assert str(detective.Answer("Why?")) == "Why?\n- Nothing wrong was found."
