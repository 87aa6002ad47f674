"""Records that TensorBoard's plugins show: curves of precision, meshes, layouts of charts, and hyperparameters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

from ...tensor.dtypes import Array
from ...tensor.tensor import Tensor
from .summary import as_array

_LEAST: Final = 1e-7  # what quotients are divided by at least


def plugin(name: str, content: bytes = b"") -> Any:
    """What says which plugin shows a record."""
    return SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=name, content=content))


def _floats(values: Array) -> Any:
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=n) for n in values.shape])
    return TensorProto(dtype="DT_FLOAT", float_val=values.reshape(-1).tolist(), tensor_shape=shape)


# What holds the elements of each type of tensors.
_FIELDS: Final = {
    "float32": ("DT_FLOAT", "float_val"),
    "float64": ("DT_DOUBLE", "double_val"),
    "int8": ("DT_INT8", "int_val"),
    "int16": ("DT_INT16", "int_val"),
    "int32": ("DT_INT32", "int_val"),
    "int64": ("DT_INT64", "int64_val"),
    "uint8": ("DT_UINT8", "uint32_val"),
    "bool": ("DT_BOOL", "bool_val"),
}


def tensor_proto(name: str, tensor: Any) -> Any:
    """A tensor, as it is.

    Raises:
        ValueError: TensorBoard has no field for the type of its elements.
    """
    array = as_array(tensor)
    if array.dtype.name not in _FIELDS:
        raise ValueError(f"a tensor of {array.dtype.name} cannot be recorded; write x.float()")
    kind, field = _FIELDS[array.dtype.name]
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=n) for n in array.shape])
    content = TensorProto(dtype=kind, tensor_shape=shape, **{field: array.reshape(-1).tolist()})
    return Summary(value=[Summary.Value(tag=name, tensor=content, metadata=plugin("tensor"))])


# -- precision and recall --------------------------------------------------------------------------------------------


def pr_curve(name: str, labels: Any, predictions: Any, num_thresholds: int = 127, weights: Any = None) -> Any:
    """Precision and recall of predictions from 0 to 1, at thresholds between.

    Args:
        labels: which examples are positive.
        predictions: how likely the model thinks that they are.
        weights: what each example counts, 1 by default.
    """
    n = min(num_thresholds, 127)
    buckets = np.floor(as_array(predictions) * (n - 1)).astype(np.int32)
    positive = as_array(labels).astype(float)
    counts = 1.0 if weights is None else as_array(weights)
    limits = (0, n - 1)
    true, false = (np.histogram(buckets, n, limits, weights=w * counts)[0] for w in (positive, 1.0 - positive))
    tp, fp = np.cumsum(true[::-1])[::-1], np.cumsum(false[::-1])[::-1]
    tn, fn = fp[0] - fp, tp[0] - tp
    precision, recall = tp / np.maximum(_LEAST, tp + fp), tp / np.maximum(_LEAST, tp + fn)
    return _pr_curve(name, np.stack((tp, fp, tn, fn, precision, recall)), n)


def pr_curve_raw(name: str, *rows: Any, num_thresholds: int = 127) -> Any:
    """A curve from numbers that are there already: true and false positives, true and false negatives, precision,
    recall, a number for each threshold."""
    return _pr_curve(name, np.stack([as_array(row) for row in rows]), min(num_thresholds, 127))


def _pr_curve(name: str, data: Array, thresholds: int) -> Any:
    from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData

    content = PrCurvePluginData(version=0, num_thresholds=thresholds).SerializeToString()
    return Summary(value=[Summary.Value(tag=name, tensor=_floats(data), metadata=plugin("pr_curves", content))])


# -- meshes ----------------------------------------------------------------------------------------------------------


def mesh(name: str, vertices: Any, colors: Any = None, faces: Any = None, config: Any = None) -> Any:
    """A body in space.

    Args:
        vertices: shape (batch, vertices, 3).
        colors: of the vertices, 0 to 255, of the same shape.
        faces: the vertices of triangles, shape (batch, triangles, 3).
        config: how it is shown, a dictionary for the plugin.
    """
    from tensorboard.plugins.mesh import metadata
    from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData

    kinds = ((vertices, MeshPluginData.VERTEX), (faces, MeshPluginData.FACE), (colors, MeshPluginData.COLOR))
    there = [(as_array(values), kind) for values, kind in kinds if values is not None]
    components = metadata.get_components_bitmask([kind for _, kind in there])
    return Summary(
        value=[
            Summary.Value(
                tag=metadata.get_instance_name(name, kind),
                tensor=_floats(array),
                metadata=metadata.create_summary_metadata(
                    name, "", kind, components, array.shape, "", json_config=json.dumps(config or {}, sort_keys=True)
                ),
            )
            for array, kind in there
        ]
    )


# -- charts ----------------------------------------------------------------------------------------------------------


def custom_scalars(layout: dict[str, dict[str, Any]]) -> Any:
    """How curves are arranged in charts: {category: {chart: [kind, names of curves]}}; the kind is "Margin", for a
    curve between two others, or anything else for curves in one picture.

    Raises:
        AssertionError: a margin has another number of curves than three.
    """
    from tensorboard.plugins.custom_scalar import layout_pb2 as pb

    categories = []
    for category, charts in layout.items():
        made = []
        for title, (kind, tags) in charts.items():
            if kind == "Margin":
                if len(tags) != 3:
                    raise AssertionError(f"Expected 3 tags, got {len(tags)}.")
                series = pb.MarginChartContent.Series(value=tags[0], lower=tags[1], upper=tags[2])
                made.append(pb.Chart(title=title, margin=pb.MarginChartContent(series=[series])))
            else:
                made.append(pb.Chart(title=title, multiline=pb.MultilineChartContent(tag=tags)))
        categories.append(pb.Category(title=category, chart=made))
    content = pb.Layout(category=categories).SerializeToString()
    tensor = TensorProto(dtype="DT_STRING", string_val=[content], tensor_shape=TensorShapeProto())
    value = Summary.Value(tag="custom_scalars__config__", tensor=tensor, metadata=plugin("custom_scalars"))
    return Summary(value=[value])


# -- hyperparameters -------------------------------------------------------------------------------------------------


def hparams(values: Any, metrics: Any, domains: Any = None) -> tuple[Any, Any, Any]:
    """The three records of a run: what there is to choose, what was chosen, and that the run is over.

    Raises:
        TypeError: the arguments are no dictionaries, or a domain holds other types than its value.
        ValueError: a value is neither a number, a string, a bool, nor a tensor.
    """
    from google.protobuf.struct_pb2 import ListValue, Value
    from tensorboard.plugins.hparams import api_pb2 as api
    from tensorboard.plugins.hparams.metadata import (
        EXPERIMENT_TAG,
        PLUGIN_DATA_VERSION,
        PLUGIN_NAME,
        SESSION_END_INFO_TAG,
        SESSION_START_INFO_TAG,
    )
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo

    if not isinstance(values, dict) or not isinstance(metrics, dict):
        raise TypeError("hparam_dict and metric_dict should be dictionary.")
    domains = _checked_domains(domains or {}, values)
    start = SessionStartInfo()
    infos = []
    for name, value in values.items():
        if value is None:
            continue
        field, kind, plain = _hyperparameter(value)
        setattr(start.hparams[name], field, plain)
        info = api.HParamInfo(name=name, type=getattr(api, f"DATA_TYPE_{kind}"))
        if name in domains:
            info.domain_discrete.CopyFrom(ListValue(values=[Value(**{field: x}) for x in domains[name]]))
        infos.append(info)
    names = [api.MetricInfo(name=api.MetricName(tag=name)) for name in metrics]
    parts = (
        (EXPERIMENT_TAG, {"experiment": api.Experiment(hparam_infos=infos, metric_infos=names)}),
        (SESSION_START_INFO_TAG, {"session_start_info": start}),
        (SESSION_END_INFO_TAG, {"session_end_info": SessionEndInfo(status=api.STATUS_SUCCESS)}),
    )

    def record(tag: str, part: dict[str, Any]) -> Any:
        content = HParamsPluginData(version=PLUGIN_DATA_VERSION, **part).SerializeToString()
        return Summary(value=[Summary.Value(tag=tag, metadata=plugin(PLUGIN_NAME, content))])

    first, second, third = (record(tag, part) for tag, part in parts)
    return first, second, third


def _checked_domains(domains: Any, values: dict[str, Any]) -> dict[str, Sequence[Any]]:
    if not isinstance(domains, dict):
        raise TypeError("hparam_domain_discrete should be a dictionary.")
    for name, domain in domains.items():
        fits = name in values and isinstance(domain, list) and all(isinstance(x, type(values[name])) for x in domain)
        if not fits:
            raise TypeError(
                f"parameter: hparam_domain_discrete[{name}] should be a list of same type as hparam_dict[{name}]."
            )
    return domains


def _hyperparameter(value: Any) -> tuple[str, str, Any]:
    """The field that holds a value, the name of its type, and itself as a Python value."""
    if isinstance(value, Tensor):
        return "number_value", "FLOAT64", float(as_array(value).reshape(-1)[0])
    if isinstance(value, (int, float)):  # a bool is a number, as in torch
        return "number_value", "FLOAT64", value
    if isinstance(value, str):
        return "string_value", "STRING", value
    raise ValueError("value should be one of int, float, str, bool, or torch.Tensor")
