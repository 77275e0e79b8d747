"""Networks: an opening, blocks of a discretized stable differential equation, and a readout."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy

from . import equation
from ._analysis import Analyzable
from ._arrow import Table, is_table
from ._description import describe
from ._drawing import Drawable
from ._encoded import encoded
from ._equational import Equational
from ._errors import InvalidArgumentError, StateError, UnknownNameError, UnsupportedTypeError
from ._export import Exportable
from ._handle import new_pointer
from ._library import library
from ._limits import Deadline
from ._misplaced import check_metrics, named_figures, of_network
from ._model import PROBABILITIES, SCORES, scaling_tensors
from ._reporting import Receivers
from ._sparse import is_sparse
from ._structures import EvaluationData
from ._tensor import image_output, output, tensor_of
from ._text import flag, integer, metric_names, options_json, path, read_bytes, seed_number, text, thread_count
from ._training import Training
from .columns import class_names, saying_how_to_pass_over, weights_by_class
from .dataset import Data, as_dataset, as_features
from .introspection import OptionSignature, takes_options
from .metadata import Metadata
from .parameters import Parameters
from .progress import CancelToken, History
from .rows import row_flag
from .stream import Stream

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike
    from typing_extensions import Unpack

    from ._options import NetworkOptions, ProjectionOptions, TrainingKeywords


class Network(Analyzable, Drawable, Equational, Exportable):
    """A stable ODE network.

    The keywords are the library's options of the scopes "network" and "block": `stableode.options(scope)` lists them with
    defaults and bounds, and `help` shows them in the signature. `blocks=[{…}, {…}]` makes several blocks. Block options outside
    of the list apply to all blocks; those in a dict apply to its block.

        network = Network(inputs=2, outputs=5, width=8, field="antisymmetric", layers=64, horizon=5.0)

    `architecture="lm_resnet_20"` makes a network of the literature for images (`stableode.architectures()`), which is such a list of
    blocks, with connectors between them.

        network = Network(architecture="lm_resnet_20", input_shape=[3, 32, 32], outputs=10)

    Any number of threads may read a network; training and assignments replace all its parameters at once. A network can be pickled
    and copied.

    Errors: UnknownNameError, which suggests the nearest option for a misspelled one; OutOfRangeError; IncompatibleError.
    """

    __signature__: ClassVar[OptionSignature] = OptionSignature((), "network", "architecture", "block")

    def __init__(self, **options: Unpack[NetworkOptions]):
        try:
            self._create(options_json(options))
        except UnknownNameError as error:
            raise of_network(error, options) from None

    def _create(self, encoded: bytes) -> None:
        pointer = new_pointer()
        library.sode_network_create_json(encoded, len(encoded), ctypes.byref(pointer))
        self._own(pointer)

    @classmethod
    def from_json(cls, specification: str) -> Network:
        """The network that a JSON text like `specification_json` specifies, with new initial parameters drawn from its seed."""
        network = cls.__new__(cls)
        network._create(text(specification, "specification"))
        return network

    # Notes

    @property
    def metadata(self) -> Metadata:
        """Your own notes: a mapping from str to str. Copies, pickles, files and checkpoints of the network include it.

            network.metadata["classes"] = "cat,dog"
            network.metadata = {"classes": "cat,dog", "note": "trained on 2026-05-01"}

        A model file stores the notes in its safetensors metadata, under their own keys, where any program can read them.
        """
        return Metadata(self)

    @metadata.setter
    def metadata(self, notes: Mapping[str, str]) -> None:
        notes, present = dict(notes), self.metadata
        for key in set(present) - set(notes):
            del present[key]
        present.update(notes)

    @property
    def checksum(self) -> str | None:
        """"right" if the network was loaded from a file with a correct checksum, "absent" if another program wrote the file
        without a checksum, None if the network was not loaded."""
        return (None, "right", "absent")[self._info().checksum]

    # Parameters

    @property
    def parameters(self) -> Parameters:
        """The parameter tensors by name: a mapping. Reading a value gives a copy; assigning to a name sets that tensor."""
        return Parameters(self)

    @property
    def parameter_vector(self) -> numpy.ndarray:
        """A copy of all parameters [parameter_count], in the order of `parameters`. Assigning a vector sets them all."""
        array, tensor = output(self.parameter_count, self.dtype)
        library.sode_network_get_parameters(self._pointer, ctypes.byref(tensor))
        return array

    @parameter_vector.setter
    def parameter_vector(self, values: ArrayLike) -> None:
        library.sode_network_set_parameters(self._pointer, ctypes.byref(tensor_of(values, "parameter_vector")))

    def split(self, vector: numpy.ndarray) -> dict[str, numpy.ndarray]:
        """Splits a vector in the layout of `parameter_vector` (a gradient, a direction) into a dict of views: name → array."""
        if not isinstance(vector, numpy.ndarray):
            raise UnsupportedTypeError(f"vector is a {type(vector).__name__}; it must be a NumPy array")
        pieces, start = {}, 0
        for name, shape in self.parameters.shapes.items():
            size = int(numpy.prod(shape, dtype=numpy.int64))
            pieces[name] = vector[start : start + size].reshape(shape)
            start += size
        return pieces

    def initialize(self, seed: int) -> None:
        """Draws new parameters from `seed`."""
        library.sode_network_initialize(self._pointer, seed_number(seed))

    @property
    def normalization(self) -> tuple[numpy.ndarray, numpy.ndarray] | None:
        """(shift, scale), each [inputs] of float64, or None: the network replaces a feature x by (x − shift)·scale.

        The model file stores both. Features with heavy tails may enter as asinh of that (`squashing`). Assign a pair of arrays or numbers to set the normalization, and None to remove it. For images an
        array may be [channels], one number for all pixels of a channel.
        The library normalizes float64 and wide integers before it rounds them to the network's precision, so that times near
        1.7e9 s stay distinct. Times and masks of sequences are not normalized: their shift is 0 and their scale is 1.
        """
        count = self.inputs
        shift, shift_tensor = output(count, "float64")
        scale, scale_tensor = output(count, "float64")
        try:
            library.sode_network_get_normalization(self._pointer, ctypes.byref(shift_tensor), ctypes.byref(scale_tensor))
        except StateError:
            return None
        return shift, scale

    @normalization.setter
    def normalization(self, pair: tuple[ArrayLike, ArrayLike] | None) -> None:
        if pair is None:
            library.sode_network_set_normalization(self._pointer, None, None)
            return
        tensors = scaling_tensors(pair, self.inputs)
        library.sode_network_set_normalization(self._pointer, *(ctypes.byref(tensor) for tensor in tensors))

    @property
    def squashing(self) -> numpy.ndarray:
        """[inputs] of bool: the features that enter as asinh(z), z = (x − shift)·scale, and not as z itself.

        asinh is the identity near 0 and a logarithm far out. `fit` chooses features with heavy tails, whose shift and scale it makes of
        their median and quartiles, if its option normalization is by_tails, the default. Assign flags after `normalization`, whose
        assignment clears them. Lipschitz certificates and radii of such a network are not provable. None is no feature. Errors:
        StateError without a normalization, ShapeMismatchError, IncompatibleError for images and sequences.
        """
        flags, tensor = output(self.inputs, "float64")
        library.sode_network_get_squashing(self._pointer, ctypes.byref(tensor))
        squashed: numpy.ndarray = flags != 0
        return squashed

    @squashing.setter
    def squashing(self, flags: ArrayLike | None) -> None:
        given = numpy.asarray(False if flags is None else flags, "float64")
        tensor = tensor_of(numpy.full(self.inputs, given) if given.ndim == 0 else given, "flags")
        library.sode_network_set_squashing(self._pointer, ctypes.byref(tensor))

    @property
    def target_scaling(self) -> tuple[numpy.ndarray, numpy.ndarray] | None:
        """(shift, scale), each [targets] of float64, or None: the network computes z where a score is shift + scale·z.

        `fit` makes it of the training targets: mean and standard deviation for the loss least_squares, median and quartiles for huber and
        quantile, logarithm of the mean and relative deviation for poisson. Predictions, scores, `evaluate`, metrics, derivatives and
        huber_delta are in your units; the losses that training reports are those of scaled targets, in which predicting the mean costs ½
        for each output of least_squares. Assign a pair of arrays or numbers, or None to remove it.
        """
        count = self._info().targets // max(self.output_steps, 1)
        shift, shift_tensor = output(count, "float64")
        scale, scale_tensor = output(count, "float64")
        try:
            library.sode_network_get_target_scaling(self._pointer, ctypes.byref(shift_tensor), ctypes.byref(scale_tensor))
        except StateError:
            return None
        return shift, scale

    @target_scaling.setter
    def target_scaling(self, pair: tuple[ArrayLike, ArrayLike] | None) -> None:
        if pair is None:
            library.sode_network_set_target_scaling(self._pointer, None, None)
            return
        tensors = scaling_tensors(pair, self._info().targets // max(self.output_steps, 1) or self.outputs)
        library.sode_network_set_target_scaling(self._pointer, *(ctypes.byref(tensor) for tensor in tensors))

    def fit_normalization(self, features: ArrayLike | Data, targets: ArrayLike | None = None) -> None:
        """Fits `normalization` to training data: shift = mean and scale = 1/standard deviation of each feature, or of each channel of images.

        A constant feature gets the scale 1 and becomes 0. For sequences each channel has one shift and one scale for all steps,
        computed from its observations: masked and padded entries do not count, and times and masks are not normalized.
        features: [samples, inputs], or a Dataset, or a pair (features, targets); targets are not used and may be left out.
        """
        dataset = as_features(encoded(features, self) if targets is None else features, targets, columns=self.columns)
        library.sode_network_fit_normalization(self._pointer, dataset._pointer)

    # Training

    @takes_options("trainer")
    def fit(
        self,
        features: ArrayLike | Data | Stream,
        targets: ArrayLike | None = None,
        *,
        target: str | Sequence[str] | None = None,
        validation: Data | None = None,
        on_progress: Receivers = None,
        verbose: bool | int = False,
        time_limit: float | None = None,
        cancel: CancelToken | None = None,
        **options: Unpack[TrainingKeywords],
    ) -> History:
        """Trains the network and returns the History.

            network = stableode.Network(inputs=2, outputs=5)
            network.fit(features, labels)

        Without options the library chooses how to train by the data: a new network standardizes inputs and target values, and the
        optimizer, rate, batches, epochs and the rows that are held out for validation suit the number of rows. `Trainer.options` shows
        the choices after a run. Naming an optimizer gives fixed defaults; `normalization="none"` and `target_scaling="none"` keep data as
        they are.

        features, targets: a Dataset, or the arguments of Dataset (not copied). For a loss of values with one output, targets may
        be [samples] or [samples, 1]; predictions are [samples, 1]. features may be a table, whose column `target` holds the targets,
        or a Stream.
        validation: a Dataset, a pair (features, targets) or a table; with it the network holds the best iterate at the end.
        on_progress: a function that receives each report (a Progress), or a list of functions, each of which receives each report, in
        order. If one returns True, training stops gracefully; if one raises, training stops and the caller receives the exception.
        verbose: True shows a progress bar on standard error, of tqdm where it is installed; 2 prints a line for each epoch.
        The logger "stableode" of Python's logging receives each epoch as well, at level INFO.
        time_limit: the most seconds of training. cancel: a CancelToken, which stops training.
        options: the scope "trainer": optimizer, learning_rate, epochs, batch_size, schedule, patience, num_threads …;
        and loss, metric and class_weights as in Trainer.

        Ctrl-C stops training within 0.3 s and raises KeyboardInterrupt; the network then holds the best iterate.
        Errors: NotFiniteError if the loss becomes infinite or NaN; the errors of the options and the data.
        """
        dataset = features if isinstance(features, Stream) else as_dataset(features, targets, columns=self.columns, target=target)
        if isinstance(weights := options.get("class_weights"), Mapping):
            # The network learns the names of the classes from the data, when the run begins.
            known = dataset.columns or self.columns
            options["class_weights"] = weights_by_class(weights, None if known is None else known.classes, max(self.outputs, 2))
        with Training(self, **options) as trainer:
            return trainer.run(
                dataset, validation, time_limit=time_limit, on_progress=on_progress, verbose=verbose, cancel=cancel
            )

    # Use

    def evaluate(
        self,
        features: ArrayLike | Data,
        targets: ArrayLike | None = None,
        *,
        metrics: str | Sequence[str] = (),
        weighted: bool = False,
        threads: int = 0,
    ) -> dict[str, float]:
        """{"loss", "accuracy", "samples"} over a Dataset or arrays: the mean loss, the fraction of correct classes (NaN for losses
        without classes), and the number of samples.

        metrics: further figures, by their names in `stableode.metrics()`: ["macro_f1", "auc"]. A warning names one that these data leave undefined (NaN).
        weighted: whether each sample counts by its weight in the Dataset (`Dataset.weighted`) in all figures, and not once.
        threads: 0 means as many as the CPUs that the process may use. The result has the same bits for any number.
        """
        dataset, wanted = as_dataset(features, targets, columns=self.columns), metric_names(metrics)
        check_metrics(wanted)
        result, deadline, weigh = EvaluationData(), Deadline(), flag(weighted, "weighted")
        evaluate = library.sode_network_evaluate_weighted if weigh else library.sode_network_evaluate
        compute = library.sode_network_metrics_weighted if weigh else library.sode_network_metrics
        evaluate(self._pointer, dataset._pointer, thread_count(threads), ctypes.byref(result))
        figures = {"loss": result.loss, "accuracy": result.accuracy, "samples": result.samples}
        if wanted:
            values, tensor = output(len(wanted), "float64")
            joined = text(",".join(wanted), "metrics")
            with deadline.rest():
                compute(self._pointer, dataset._pointer, thread_count(threads), joined, ctypes.byref(tensor))
            figures |= named_figures(wanted, values.tolist())
        return figures

    def confusion_matrix(
        self, features: ArrayLike | Data, targets: ArrayLike | None = None, *, threads: int = 0
    ) -> numpy.ndarray:
        """Counts of samples by class (row) and predicted class (column), [classes, classes] of int64."""
        dataset, classes = as_dataset(features, targets, columns=self.columns), max(self.outputs, 2)
        array, tensor = output((classes, classes), "int64")
        library.sode_network_confusion(self._pointer, dataset._pointer, thread_count(threads), ctypes.byref(tensor))
        return array

    def class_figures(
        self, features: ArrayLike | Data, targets: ArrayLike | None = None, *, threads: int = 0
    ) -> dict[str, numpy.ndarray]:
        """{"precision", "recall", "f1", "samples"}, each [classes], or for the loss multilabel_logistic [outputs]; NaN where undefined
        (a class never predicted, or without samples).
        """
        dataset, classes = as_dataset(features, targets, columns=self.columns), self.outputs if self._form.has_labels else max(self.outputs, 2)
        array, tensor = output((classes, 4), "float64")
        library.sode_network_class_figures(self._pointer, dataset._pointer, thread_count(threads), ctypes.byref(tensor))
        return {name: array[:, column].copy() for column, name in enumerate(("precision", "recall", "f1", "samples"))}

    def predict(
        self,
        features: ArrayLike,
        *,
        threads: int = 1,
        out: numpy.ndarray | None = None,
        rows_without_result: Literal["error", "nan"] = "error",
        names: bool = False,
    ) -> numpy.ndarray:
        """Classes [samples] as int64; for the loss multilabel_logistic labels [samples, outputs] as int64, 1 where a label's
        probability is above one half; for losses of values predictions [samples, outputs] in the unit of the targets (for poisson
        the means), as float64 if the network has a `target_scaling`. features: [samples, inputs], or a table.

        With one output, too, values are [samples, 1], also after training with targets [samples]: `predict(features)[:, 0]` has
        the shape of such targets.
        With outputs_at="steps" predictions are those of every step: classes [samples, steps], labels and values [samples, steps, outputs].
        rows_without_result: what to do about rows that have no result. "error" raises for the first such row and leaves `out`
        unchanged: InvalidDataError if a feature is not finite or too large for the network's precision, NotFiniteError if a score
        is not finite, or the error of the row's integration. "nan" fills such rows with NaN or the class −1;
        `stableode.failed_rows()` lists the reasons.
        names: whether to return the names of the classes that the network was trained with instead of their numbers.
        """
        if not flag(names, "names"):
            return self._predict(features, self._form.standard, threads, out, rows_without_result)
        known = self.classes
        if known is None:
            raise StateError("names is True, but the network knows no names of classes: it was not trained with them")
        if out is not None:
            raise InvalidArgumentError("names is True, and names cannot be written to out")
        return class_names(known, self._predict(features, self._form.standard, threads, None, rows_without_result))

    def predict_proba(
        self,
        features: ArrayLike,
        *,
        threads: int = 1,
        out: numpy.ndarray | None = None,
        rows_without_result: Literal["error", "nan"] = "error",
    ) -> numpy.ndarray:
        """Probabilities [samples, outputs]: softmax or logistic of the scores, for multilabel_logistic those of each label. Losses of
        values give predictions in the unit of the targets. With outputs_at="steps" [samples, steps, outputs]. Rows: as in `predict`.
        """
        return self._predict(features, PROBABILITIES, threads, out, rows_without_result)

    def scores(
        self,
        features: ArrayLike,
        *,
        threads: int = 1,
        out: numpy.ndarray | None = None,
        rows_without_result: Literal["error", "nan"] = "error",
    ) -> numpy.ndarray:
        """The readout's outputs [samples, outputs], as float64 if the network has a `target_scaling`; with outputs_at="steps"
        [samples, steps, outputs]. rows_without_result: as in `predict`.
        """
        return self._predict(features, SCORES, threads, out, rows_without_result)

    def _predict(self, features: Any, what: int, threads: int, out: numpy.ndarray | None, rows_without_result: str) -> numpy.ndarray:
        if type(features) is not numpy.ndarray and (is_table(features) or is_sparse(features)):
            table = Table(features, "features")
            array, result = output(*self._form.shape(len(table), what, self._real), out)
            with saying_how_to_pass_over():
                library.sode_network_predict_table(
                    self._pointer, table._pointer, what | row_flag(rows_without_result), thread_count(threads), ctypes.byref(result)
                )
            return array
        source = tensor_of(features, "features")
        array, result = output(*self._form.of(source.array, what, self._real), out)
        library.sode_network_predict(
            self._pointer, ctypes.byref(source), what | row_flag(rows_without_result), thread_count(threads), ctypes.byref(result)
        )
        return array

    def states(self, features: ArrayLike, block: int = 0, *, out: numpy.ndarray | None = None) -> numpy.ndarray:
        """The states of one block at every layer, [layers + 1, samples, state width], from the block's input to its output; those of
        images are [layers + 1, samples, channels, height, width].

        The state of a Hamiltonian field is (y, z), and that of a two-step integrator, such as leapfrog or linear_multistep, (y, y of the
        step before): twice as wide. What follows the block reads y alone.
        """
        source = tensor_of(encoded(features, self), "features")
        block = integer(block, "block")
        layers, extents = equation.layer_count(self, block), equation.state_shape(self, block)
        shape = layers + 1, source.array.shape[0] if source.array.ndim else 0, *extents
        array, result = image_output(shape, math.prod(extents), self.dtype, out)
        library.sode_network_states(self._pointer, block, ctypes.byref(source), ctypes.byref(result))
        return array

    def final_states(self, features: ArrayLike, block: int | None = None, *, out: numpy.ndarray | None = None) -> numpy.ndarray:
        """The states of one block, by default the last, after its last layer, [samples, state width] or images: what the readout reads."""
        source, block = tensor_of(encoded(features, self), "features"), self.block_count - 1 if block is None else integer(block, "block")
        shape = source.array.shape[0] if source.array.ndim else 0, *equation.state_shape(self, block)
        array, result = image_output(shape, math.prod(shape[1:]), self.dtype, out, axes=1)
        library.sode_network_states(self._pointer, block, ctypes.byref(source), ctypes.byref(result))
        return array

    # Equations

    def solve(
        self,
        features: ArrayLike | None = None,
        times: ArrayLike = (),
        *,
        event: tuple[ArrayLike, float] | tuple[ArrayLike, float, int] | None = None,
        block: int = 0,
        start_states: ArrayLike | None = None,
        start_times: ArrayLike | None = None,
        rows_without_result: Literal["error", "nan"] = "error",
    ) -> equation.Solution:
        """Solves one block with its adaptive integrator (dopri5, tsit5), which chooses the steps of each sample: a Solution.

        times: ascending, between 0 and the block's horizon, which rounding may exceed by 4 units in the last place; with opening "trajectory" between 0, the
        time of the initial states, and any later one, at which the solve ends. The method's continuous extension gives the states at these times.
        event: (w, level) or (w, level, direction). The solve of a sample ends where w·y first crosses the level; direction 1 means
        rising, −1 falling, 0 either. A sample that starts on the level, within rounding, leaves it without an event.
        `event_states` never lie on the side that the sample came from, so a solve that starts there goes on to the next event.
        start_states: states of the block [samples, state width], or images [samples, channels, height, width], from which the samples go on, such as `restart_states` of an earlier
        Solution; features may then be None, and are not used. None: the states that the features lead to.
        start_times: when each sample starts [samples], between 0 and the horizon; None: at 0. States at earlier times are NaN.
        rows_without_result: what to do about samples that cannot begin because of their features, start state or start time. "error"
        raises for the first of them; "nan" marks them in `ends`, fills their states with NaN and gives the cause in `reasons`.

            first = network.solve(features, event=(w, level))
            met = first.ends == stableode.END_EVENT
            rest = network.solve(start_states=first.restart_states[met], start_times=first.end_times[met])

        If the step control of a sample fails, no error is raised: `ends` marks the sample, and `reasons` says why.
        Errors: IncompatibleError if the block's integrator is not adaptive.
        """
        return equation.solve(self, features, times, event, block, start_states, start_times, rows_without_result)

    def memory_plan(self, max_batch: int = 256, *, memory: str | None = None, threads: int = 1) -> equation.MemoryPlan:
        """The MemoryPlan of a Gradient with these arguments: what it will store and recompute. Nothing is allocated."""
        return equation.memory_plan(self, max_batch, memory, threads)

    def project(self, **options: Unpack[ProjectionOptions]) -> Network:
        """A network with these options changed, whose weights, as functions of time, are L² projections of this network's weights.

        options: layers, step_sizes, horizon, weights_in_time and its options. Any other option that leaves the tensors of each layer
        as they are may change too (gamma, activation, integrator, memory …): the weights then are the same numbers in another
        equation. Options that are not given stay. The given ones apply to all blocks; `block=i` selects one block, and `blocks=[{…}, {}]` gives each block its own options. An option that loses
        its meaning is dropped: basis_count if the basis changes, step_sizes if the number of layers changes.

            finer = network.project(layers=2 * 64)
            smooth = network.project(weights_in_time="b_spline", basis_count=8)
            again = smooth.project(weights_in_time="layers")

        Errors: IncompatibleError if the options would change the tensors of a layer.
        """
        encoded, pointer = options_json(options), new_pointer()
        library.sode_network_project(self._pointer, encoded, len(encoded), ctypes.byref(pointer))
        return type(self)._adopt(pointer)

    def refine(self, prolongation: str = "linear") -> Network:
        """A network with twice the layers over the same horizon, whose weights are prolonged from this network's weights.

        prolongation: "linear" (interpolation between the midpoints of the layers, exact for weights linear in time) or "copy".
        `multilevel` uses it to train from few layers to many. Errors: UnknownNameError; OutOfRangeError if there are too many layers.
        """
        pointer = new_pointer()
        library.sode_network_refine(self._pointer, text(prolongation, "prolongation"), ctypes.byref(pointer))
        return type(self)._adopt(pointer)

    def prolong_images(self) -> Network:
        """The network for images of twice the height and width, with converted weights.

        Kernels of three pixels become those of the finer grid by the Galerkin relation K_H = R K_h P (Haber, Ruthotto, Holtham & Jun
        2017), matrices that read pixels are spread over them; all else stays, also kernels with a stride. Errors: IncompatibleError for
        other inputs than images and kernels of other sizes than 1 and 3; ShapeMismatchError where an inner image of one pixel would grow.
        """
        pointer = new_pointer()
        library.sode_network_prolong_images(self._pointer, ctypes.byref(pointer))
        return type(self)._adopt(pointer)

    def restrict_images(self) -> Network:
        """The network for images of half the height and width: `prolong_images` the other way.

        Height and width must be even and at least 4, or 1; images inside the network must keep 2 pixels along an axis. Errors: as there.
        """
        pointer = new_pointer()
        library.sode_network_restrict_images(self._pointer, ctypes.byref(pointer))
        return type(self)._adopt(pointer)

    def fold_norms(self) -> Network:
        """The network whose parameters are the weights that this one multiplies by.

        opening_norm, readout_norm, a connector's norm and steps "tight" compute the weights from the parameters; here they become "free"
        and "plain". Scores have the same bits. `certify`, `certified_radius` and `export_onnx` are about weights as they are stored, and
        need this form:

            network = stableode.Network(inputs=4, outputs=3, opening="dense", opening_norm="tight", field="gradient_flow", steps="tight")
            print(network.fold_norms().certify("lipschitz_l2")["lipschitz"])

        Steps "tight" are so near their limit that "non_expansive" may need `repair`, which changes such weights by some 1e-6 of them. A
        loss with margins that knows the norm of a convolution only by its norm becomes softmax_cross_entropy. Errors:
        IncompatibleError for steps "tight" with weights that are mixed from coefficients in time; `project` gives each layer its own.
        """
        pointer = new_pointer()
        library.sode_network_fold_norms(self._pointer, ctypes.byref(pointer))
        return type(self)._adopt(pointer)

    def feed_forward(self, block: int = 0) -> tuple[numpy.ndarray, numpy.ndarray]:
        """(W [layers, n, n], B [layers, n]): the feed-forward layers that correspond to a block of linear_activation or linear_cubic.

        W = I + h·w and B = h·b, in float64; the integrator near_identity computes these layers. Errors: IncompatibleError.
        """
        return equation.feed_forward(self, block)

    def set_feed_forward(self, weights: ArrayLike, biases: ArrayLike | None = None, block: int = 0) -> None:
        """Sets w = (W − I)/h and b = B/h from feed-forward weights W and biases B; None means zero biases."""
        equation.set_feed_forward(self, weights, biases, block)

    def near_identity_gap(self, features: ArrayLike, block: int = 0) -> equation.NearIdentityGap:
        """The differences between the feed-forward layers and the differential equation in the block's final states over a batch."""
        return equation.near_identity_gap(self, features, block)

    # Files

    def save(self, path_: str | os.PathLike[str]) -> None:
        """Writes the model file atomically: safetensors layout, with specification, normalization and checksum."""
        library.sode_network_save(self._pointer, path(path_))

    @classmethod
    def load(cls, path_: str | os.PathLike[str]) -> Network:
        """The network of a model file. Errors: FileError, FileFormatError, VersionMismatchError."""
        pointer = new_pointer()
        library.sode_network_load(path(path_), ctypes.byref(pointer))
        return cls._adopt(pointer)

    def to_bytes(self) -> bytes:
        """The model file's bytes."""
        return read_bytes(library.sode_network_save_memory, self._pointer)

    @classmethod
    def from_bytes(cls, data: bytes) -> Network:
        """The network of a model file's bytes (any contiguous buffer). Errors: those of `load`."""
        try:
            data = bytes(memoryview(data))
        except TypeError:
            raise UnsupportedTypeError(f"data is a {type(data).__name__}; it must be bytes, or another contiguous buffer") from None
        pointer = new_pointer()
        library.sode_network_load_memory(data, len(data), ctypes.byref(pointer))
        return cls._adopt(pointer)

    # Python's protocols

    def copy(self) -> Network:
        """An independent network with the same specification, parameters and normalization."""
        pointer = new_pointer()
        library.sode_network_copy(self._pointer, ctypes.byref(pointer))
        return type(self)._adopt(pointer)

    def __copy__(self) -> Network:
        return self.copy()

    def __deepcopy__(self, memo: object) -> Network:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_bytes, (self.to_bytes(),)

    def __repr__(self) -> str:
        if self.closed:
            return "Network(closed)"
        return f"Network({describe(self)})"
