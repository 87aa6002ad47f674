"""The list of torch's names is that of the pinned torch."""

from conformance.torch_names import NAMES, listing


def test_the_list_of_torch_names_is_current() -> None:
    assert NAMES.read_text(encoding="utf-8") == listing(), "run `python conformance/torch_names.py`"
