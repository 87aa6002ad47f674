"""`ParameterDict`: parameters by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn, Self

from ..module import Module
from .dicts import pairs
from .parameter_list import as_parameter, entry


class ParameterDict(Module):
    """A dictionary of parameters; unlike those in a Python dict, the module that has it knows them.

    Args:
        parameters: a mapping or pairs to begin with. Tensors become parameters; other things may be in it, too.

    >>> import tapegrad as torch
    >>> found = torch.nn.ParameterDict({"left": torch.zeros(2), "right": torch.zeros(3)})
    >>> found["left"].requires_grad, list(found)
    (True, ['left', 'right'])
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def _key_to_attr(self, key: Any) -> str:
        if not isinstance(key, str):
            raise TypeError(
                "Index given to ParameterDict cannot be used as a key as it is not a string (type is"
                f" '{type(key).__name__}'). Write ParameterDict({{str(key): …}})."
            )
        return key

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._key_to_attr(key))

    def __setitem__(self, key: str, value: Any) -> None:
        name = self._key_to_attr(key)
        self._keys[key] = None
        value = as_parameter(value)
        if not isinstance(value, Module) and name not in self.__dict__ and name not in self._parameters:
            self._check_name("parameter", name, self._parameters)
        setattr(self, name, value)

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, self._key_to_attr(key))

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def copy(self) -> ParameterDict:
        """Another dictionary with the same parameters."""
        return ParameterDict(OrderedDict((key, self[key]) for key in self._keys))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """What is there under a key; `default`, which is put there, if there is nothing."""
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Remove all."""
        for key in list(self._keys):
            del self[key]

    def pop(self, key: str) -> Any:
        """Remove what is under a key, and return it."""
        found = self[key]
        del self[key]
        return found

    def popitem(self) -> tuple[str, Any]:
        """Remove what was added last, and return it with its key."""
        key, _ = self._keys.popitem()
        self._keys[key] = None
        return key, self.pop(key)

    def get(self, key: str, default: Any = None) -> Any:
        """What is under a key; `default` if there is nothing."""
        return self[key] if key in self else default

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new dictionary with `default` under each key."""
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> Any:
        """The keys."""
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """The keys with what is under them."""
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Iterable[Any]:
        """What is under the keys."""
        return (self[key] for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Add what a mapping or pairs have; a mapping without an order of its own by sorted keys."""
        found = pairs(parameters, "ParametersDict.update", "ParameterDict", (ParameterDict,))
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            found = sorted(found)
        for key, value in found:
            self[key] = value

    def extra_repr(self) -> str:
        """A line for each."""
        return "\n".join(entry(key, value, _tensor_type(value)) for key, value in self.items())

    def __call__(self, input: Any) -> NoReturn:
        raise RuntimeError("ParameterDict should not be called.")

    def __or__(self, other: Any) -> ParameterDict:
        made = self.copy()
        made.update(other)
        return made

    def __ror__(self, other: Any) -> Any:
        made = other.copy()
        made.update(self)
        return made

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self


def _tensor_type(value: Any) -> str:
    from ....tensor.questions import typename

    return typename(value)


__all__ = ["ParameterDict"]
