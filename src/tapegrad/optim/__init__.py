"""`torch.optim`: optimizers, learning rate schedulers, weight averaging.

One file per optimizer. Each says what it does to a parameter in the words of `words.py`, which run on raw arrays and,
for `differentiable=True`, on tensors.
"""

from typing import TYPE_CHECKING

from ..first_use import names_of

if TYPE_CHECKING:
    from . import lr_scheduler as lr_scheduler
    from . import swa_utils as swa_utils
    from ._adafactor import Adafactor as Adafactor
    from ._muon import Muon as Muon
    from ._stateless import swap_in_optimizer_params_and_state as swap_in_optimizer_params_and_state
    from .adadelta import Adadelta as Adadelta
    from .adagrad import Adagrad as Adagrad
    from .adam import Adam as Adam
    from .adamax import Adamax as Adamax
    from .adamw import AdamW as AdamW
    from .asgd import ASGD as ASGD
    from .lbfgs import LBFGS as LBFGS
    from .nadam import NAdam as NAdam
    from .optimizer import Optimizer as Optimizer
    from .radam import RAdam as RAdam
    from .rmsprop import RMSprop as RMSprop
    from .rprop import Rprop as Rprop
    from .sgd import SGD as SGD
    from .sparse_adam import SparseAdam as SparseAdam

# Names by the module that has them; None for modules.
_WHERE = {
    "ASGD": "asgd",
    "Adadelta": "adadelta",
    "Adafactor": "_adafactor",
    "Adagrad": "adagrad",
    "Adam": "adam",
    "AdamW": "adamw",
    "Adamax": "adamax",
    "LBFGS": "lbfgs",
    "Muon": "_muon",
    "NAdam": "nadam",
    "Optimizer": "optimizer",
    "RAdam": "radam",
    "RMSprop": "rmsprop",
    "Rprop": "rprop",
    "SGD": "sgd",
    "SparseAdam": "sparse_adam",
    "swap_in_optimizer_params_and_state": "_stateless",
    "adadelta": None,
    "adagrad": None,
    "adam": None,
    "adamax": None,
    "adamw": None,
    "asgd": None,
    "lbfgs": None,
    "lr_scheduler": None,
    "nadam": None,
    "optimizer": None,
    "radam": None,
    "rmsprop": None,
    "rprop": None,
    "sgd": None,
    "sparse_adam": None,
    "swa_utils": None,
}

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SparseAdam",
    "lr_scheduler",
    "swa_utils",
    "swap_in_optimizer_params_and_state",
]

__getattr__, __dir__ = names_of(__name__, _WHERE)
