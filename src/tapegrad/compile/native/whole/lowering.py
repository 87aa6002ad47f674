"""Steps of a program as statements of machine code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...program import Step
from ...symbolic import Symbolic
from .builder import Builder
from .checks import check
from .functions import OPERATORS, arithmetic, named, ufunc, ufunc_method
from .own import OWN
from .places import Untranslatable
from .views import assign, get, view


class Lowering(Builder):
    """Statements for a run of steps, as long as these can be translated."""

    def take(self, step: Step) -> None:
        """Translate a step.

        Raises:
            Untranslatable: it cannot be; nothing has been changed.
        """
        growing: tuple[Any, ...] = (self.statements, self.given, self.places)
        before, packed = [len(x) for x in growing], dict(self.packed)
        try:
            self._take(step)
        except (Untranslatable, TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
            self.packed = packed
            del self.statements[before[0] :]
            for grown, length in zip(growing[1:], before[1:], strict=True):
                while len(grown) > length:
                    grown.popitem()
            raise Untranslatable(str(error)) from None

    def _take(self, step: Step) -> None:
        if any(isinstance(x, Symbolic) for x in leaves((step.args, step.kwargs))):
            raise Untranslatable("a size or number that differs from call to call")
        if step.form == "check":
            check(self, step)
        elif step.form == "setitem":
            assign(self, step)
        elif step.form == "getitem":
            get(self, step)
        elif step.form == "attribute":
            view(self, step, step.what)
        elif step.form == "method":
            named(self, step, step.what)
        elif step.form == "call":
            self._call(step)
        else:
            raise Untranslatable(step.form)

    def _call(self, step: Step) -> None:
        what = step.what
        owner = getattr(what, "__self__", None)
        name = getattr(what, "__name__", "")
        module = getattr(what, "__module__", "") or ""
        if isinstance(what, np.ufunc):
            ufunc(self, step, what)
        elif isinstance(owner, np.ufunc):
            ufunc_method(self, step, owner.__name__, name)
        elif module == "_operator" and name in OPERATORS:
            arithmetic(self, step, OPERATORS[name])
        elif module == "numpy" or isinstance(owner, np.ndarray):
            named(self, step, name)
        elif name in OWN and module.startswith("tapegrad."):
            OWN[name](self, step)
        else:
            raise Untranslatable(name)


def leaves(template: Any) -> Iterator[Any]:
    """What a template is made of."""
    if template.__class__ in (tuple, list):
        for part in template:
            yield from leaves(part)
    elif template.__class__ is dict:
        yield from leaves(list(template.values()))
    elif template.__class__ is slice:
        yield from (template.start, template.stop, template.step)
    else:
        yield template
