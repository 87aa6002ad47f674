"""What distributions with a parameter `probs` or `logits` share."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Number
from typing import Any

from .distribution import Distribution
from .utils import broadcast_all, lazy_property, logits_to_probs, one_or_other, probs_to_logits, scalar_batch


class Odds(Distribution):
    """One probability per distribution, given as `probs` or as log-odds `logits`; the other follows on first use."""

    _param: Any

    def _take_odds(self, probs: Any, logits: Any) -> Any:
        """Set `probs` or `logits`, and `_param`, which is the same; the batch shape.

        Raises:
            ValueError: both are given, or none is.
        """
        one_or_other(probs, logits)
        name, given = ("probs", probs) if logits is None else ("logits", logits)
        (self._param,) = broadcast_all(given)
        self.__dict__[name] = self._param
        return scalar_batch(self._param, given) if isinstance(given, Number) else self._param.size()

    def _expanded_odds(self, cls: type, batch_shape: Any, instance: Any, names: Iterable[str] = ()) -> Any:
        new = self._expanded(cls, batch_shape, instance, ("probs", "logits", *names))
        new._param = new.__dict__["probs" if "probs" in new.__dict__ else "logits"]
        return new

    def _new(self, *args: Any, **kwargs: Any) -> Any:
        return self._param.new(*args, **kwargs)

    @lazy_property
    def logits(self) -> Any:
        """The logarithms of the odds."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Any:
        """The probabilities."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter that was given."""
        return self._param.size()
