/*
 * StableODE: create, train and evaluate stable ODE networks.
 *
 * The library reads a deep network as a discretized differential equation dy/dt = f(y; theta(t)), and offers equations and steps that limit how
 * states, perturbations or gradients grow (Haber & Ruthotto 2017, Ruseckas 2019, Lu et al. 2018). This header specifies the library, from simple to expert:
 *
 *   1 versions      2 status        3 tensors       4 specification   5 network        6 data
 *   7 training      8 prediction    9 files        10 derivatives    11 equations     12 introspection
 *  13 memory        14 analysis      15 certificates
 *
 * The library itself lists all options, registries and layouts of sequences (section 12). The file share/doc/stableode/options.md and the manual page
 * stableode(7), both installed with the library, are generated from these lists.
 *
 * A complete program (examples/c/peaks.c):
 *
 *   // Trains 64 Euler steps of an antisymmetric equation on the peaks problem and classifies one point. Build: cc peaks.c $(pkg-config --cflags --libs stableode)
 *   #include <stableode.h>
 *   #include <stdio.h>
 *   #include <stdlib.h>
 *
 *   static void check(sode_status status) {
 *     if (status >= 0) return;
 *     fprintf(stderr, "%s: %s\n", sode_status_name(status), sode_last_error_message());
 *     exit(1);
 *   }
 *
 *   int main(void) {
 *     const char *json = "{\"inputs\": 2, \"outputs\": 5, \"width\": 8, \"field\": \"antisymmetric\", \"gamma\": 0.1,"
 *                        " \"integrator\": \"euler\", \"layers\": 64, \"horizon\": 5.0}";
 *     sode_network *network;
 *     sode_dataset *training, *validation;
 *     sode_trainer *trainer;
 *     sode_predictor *predictor;
 *     sode_evaluation result = {sizeof result, 0, 0, 0, 0, {0}};
 *     float point[2] = {0.0f, 1.6f}, probabilities[5];
 *
 *     check(sode_network_create_json(json, SODE_TEXT_END, &network));
 *     check(sode_dataset_create_problem("peaks", 4000, 1000, 1, &training, &validation));
 *
 *     check(sode_trainer_create(network, &trainer));
 *     check(sode_trainer_set_text(trainer, "optimizer", "adam"));
 *     check(sode_trainer_set_real(trainer, "learning_rate", 0.01));
 *     check(sode_trainer_set_int(trainer, "epochs", 60));
 *     check(sode_trainer_run(trainer, training, validation, NULL));
 *     check(sode_network_evaluate(network, validation, 1, &result));
 *     printf("validation accuracy %.2f %%\n", 100 * result.accuracy);
 *
 *     check(sode_predictor_create(network, 1, 1, &predictor));
 *     check(sode_predictor_run_f32(predictor, point, 1, SODE_PROBABILITIES, probabilities));
 *     printf("level 5 at (0, 1.6) with probability %.3f\n", probabilities[4]);
 *
 *     sode_predictor_free(predictor);
 *     sode_trainer_free(trainer);
 *     sode_dataset_free(validation);
 *     sode_dataset_free(training);
 *     sode_network_free(network);
 *     return 0;
 *   }
 *
 * THREADS
 *   object              may be used by            notes
 *   specification       one thread at a time      a second concurrent call gets SODE_ERR_HANDLE_BUSY
 *   network             any number of readers     training and set calls replace all parameters at once; a call at work, or a predictor,
 *                                                 keeps the parameters that it began with
 *   dataset, table,     any number of readers     immutable
 *   record of columns,
 *   report, certificate
 *   predictor, gradient one thread at a time      each holds its own scratch memory: create one per thread
 *   stepper             one thread at a time      the same; it also holds the state of its streams
 *   trainer, stream     one thread at a time      callbacks run on the calling thread, while no lock is held
 *   cancel token        any thread, any signal    request is lock-free and async-signal-safe
 *   The library starts threads only when asked (num_threads) and joins them before the call returns: fork() between calls is safe.
 *
 * OWNERSHIP
 *   tensors passed in   borrowed during the call; only sode_dataset_retain keeps them longer, until it calls its release callback
 *   tensors passed out  the caller's memory, in the shape that the function documents; any strides
 *   handles             free each with its sode_*_free, in any order (an object keeps alive what it needs); freeing NULL does nothing;
 *                       use after free, double free and handles of another kind are errors, not crashes
 *   strings returned    valid as long as the library is loaded; names of columns and classes as long as their table or record;
 *                       sode_last_error_message's until this thread's next failing call
 *   on error            out-parameters and objects stay as they were, except that SODE_ERR_BUFFER_TOO_SMALL sets `needed`
 *
 * CALLBACKS
 *   A callback may call every function of the library with objects that the running call does not use, and may read the network and the data sets
 *   that the running call uses. Its calls with the trainer, gradient or predictor at work return SODE_ERR_HANDLE_BUSY, except those that the running
 *   function's comment allows. A callback may free any handle; an object in use is destroyed when the running call has ended. Allocators and release
 *   functions must not call the library.
 *
 * TIME
 *   A long call ends within 100 ms after its cancel token is requested or its time limit is reached (sode_limits; for any call: sode_set_thread_limits).
 *   Until then it calls the progress callback or the tick at least every 100 ms. A call that ends early returns a positive status and leaves its outputs
 *   and objects as they were; once it writes a complete result to the caller's memory, it finishes and succeeds. Training keeps the steps that it has
 *   completed; it repeats an interrupted step when it goes on.
 *
 * VERSIONS
 *   Semantic versioning; soname libstableode.so.0. Functions and status numbers are only ever added. Structs begin with struct_size
 *   (set it to sizeof) and end in reserved zeros, so that old programs run with new libraries and new programs with old ones.
 *   Model files of every release stay loadable.
 *
 * NUMBERS
 *   A batch is samples x features. A layer computes K*y + b for each sample y, where K is outputs x inputs. On one instruction set, the same
 *   inputs give the same bits for any number of threads and any split of a batch. Every call computes in IEEE 754 arithmetic with rounding to nearest,
 *   subnormal numbers and no traps, whatever the host has set on its thread (MXCSR), and leaves that as it was. Callbacks run in the call's arithmetic.
 */
#ifndef STABLEODE_H
#define STABLEODE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SODE_API __attribute__((visibility("default")))
#else
#define SODE_API
#endif

/* ---- 1 Versions ------------------------------------------------------------------------------------------------------------------- */

#define SODE_VERSION_MAJOR 0
#define SODE_VERSION_MINOR 2
#define SODE_VERSION_PATCH 0
/* The version of this header. sode_version_number() of a suitable library has the same major version and is at least this number. */
#define SODE_VERSION_NUMBER (SODE_VERSION_MAJOR * 10000 + SODE_VERSION_MINOR * 100 + SODE_VERSION_PATCH)

SODE_API int32_t sode_version_number(void);
/* "0.2.0" */
SODE_API const char *sode_version_text(void);
/* One line for bug reports: version, compiler, the BLAS and how it is used from several threads, the CPU's instruction sets and the one in use. */
SODE_API const char *sode_build_info(void);

/* ---- 2 Status --------------------------------------------------------------------------------------------------------------------- */

/* 0 is success; negative numbers are errors; positive numbers say why work ended early. X(NAME, number, text). The numbers never change. */
#define SODE_STATUS_LIST(X)                                                                          \
  X(OK, 0, "success")                                                                                \
  X(STOPPED_BY_CALLBACK, 1, "stopped by the callback")                                               \
  X(CANCELLED, 2, "cancelled by a token")                                                            \
  X(TIME_LIMIT, 3, "time limit reached")                                                             \
  X(EARLY_STOPPING, 4, "validation stopped improving")                                               \
  X(CONVERGED, 5, "the gradient of the objective has become small")                                  \
  X(ROWS_WITHOUT_RESULT, 6, "rows without a result")                                                 \
  X(NO_DESCENT, 7, "the optimizer found no step that lowers the objective")                          \
  X(ERR_INVALID_ARGUMENT, -1, "invalid argument")                                                    \
  X(ERR_NULL_POINTER, -2, "NULL where a pointer is needed")                                          \
  X(ERR_INVALID_HANDLE, -3, "not a live handle of this kind")                                        \
  X(ERR_HANDLE_BUSY, -4, "handle in use by another thread")                                          \
  X(ERR_UNKNOWN_NAME, -5, "unknown name")                                                            \
  X(ERR_OUT_OF_RANGE, -6, "value out of range")                                                      \
  X(ERR_SHAPE_MISMATCH, -7, "wrong shape")                                                           \
  X(ERR_UNSUPPORTED_TYPE, -8, "unsupported type")                                                    \
  X(ERR_INVALID_DATA, -9, "invalid data")                                                            \
  X(ERR_MEMORY, -10, "out of memory")                                                                \
  X(ERR_FILE, -11, "file cannot be read or written")                                                 \
  X(ERR_FILE_FORMAT, -12, "not a valid file of this format")                                         \
  X(ERR_VERSION_MISMATCH, -13, "written by an incompatible version")                                 \
  X(ERR_INCOMPATIBLE, -14, "parts that do not go together")                                          \
  X(ERR_CALLBACK_FAILED, -15, "the callback reported a failure")                                     \
  X(ERR_STATE, -16, "not possible in the object's present state")                                    \
  X(ERR_NOT_FINITE, -17, "numbers became infinite or NaN")                                           \
  X(ERR_BUFFER_TOO_SMALL, -18, "buffer too small")                                                   \
  X(ERR_INTERNAL, -19, "internal error")                                                             \
  X(ERR_NOT_CONVERGED, -20, "an iteration did not converge")                                         \
  X(ERR_STEP_LIMIT, -21, "the step size or the number of steps reached its limit")

typedef int32_t sode_status;
#define SODE_STATUS_ENUM(name, number, text) SODE_##name = number,
enum { SODE_STATUS_LIST(SODE_STATUS_ENUM) SODE_STATUS_LIST_END = 0x7fffffff };
#undef SODE_STATUS_ENUM

/* The status as its constant's name, such as "SODE_ERR_SHAPE_MISMATCH", and as a text; the name is "SODE_UNKNOWN_STATUS" for any other number. */
SODE_API const char *sode_status_name(sode_status status);
SODE_API const char *sode_status_text(sode_status status);
/* One sentence about this thread's last failing call: what was wrong, what was given, what is allowed. "" if no call has failed. A call that returns a
 * positive status sets it too, to the reason of its early end, or to that of the first row without a result; so does a solve that leaves rows without a
 * result. A call that returns 0 otherwise leaves it as it was. */
SODE_API const char *sode_last_error_message(void);
/* The value of errno of the system call because of which that call failed, such as ENOENT with SODE_ERR_FILE; 0 if no system call did. */
SODE_API int32_t sode_last_error_number(void);
/* The rows without a result of this thread's last prediction with SODE_ROWS_OR_NAN or last solve: how many there are; and, in ascending order, each row's
 * number in the caller's batch, its status and the reason as a text. Texts are valid until the thread's next such call. */
SODE_API sode_status sode_failed_row_count(int64_t *count);
SODE_API sode_status sode_failed_row_at(int64_t index, int64_t *row, sode_status *reason, const char **text);

/* Unless its comment says otherwise, a callback returns 0 to go on, > 0 to stop (SODE_STOPPED_BY_CALLBACK), < 0 to fail (SODE_ERR_CALLBACK_FAILED). */
/* A C++ exception that leaves a callback ends the call with SODE_ERR_CALLBACK_FAILED and its what() in the message; every object stays usable. An exception
 * from an allocator counts as out of memory; one from a release function is ignored. A callback must neither leave by longjmp nor end its thread. */

/* ---- 3 Tensors -------------------------------------------------------------------------------------------------------------------- */

/* Has the same layout as DLPack's DLTensor: functions take a pointer to either. CPU memory only (device_type 1). */
typedef struct sode_device {
  int32_t device_type; /* 1 = CPU */
  int32_t device_id;
} sode_device;
typedef struct sode_data_type {
  uint8_t code; /* 0 signed integer, 1 unsigned integer, 2 IEEE float */
  uint8_t bits;
  uint16_t lanes; /* 1 */
} sode_data_type;
typedef struct sode_tensor {
  void *data;
  sode_device device;
  int32_t ndim;
  sode_data_type dtype; /* f32, f64, u8, i8, i32, i64 as input; f32, f64 (and i32, i64 for classes) as output */
  int64_t *shape;
  int64_t *strides; /* in elements, negative ones too; NULL = row-major and dense */
  uint64_t byte_offset;
} sode_tensor;

/* A dense row-major tensor that points to the caller's data and shape. */
static inline sode_tensor sode_tensor_dense(void *data, uint8_t code, uint8_t bits, int32_t ndim, int64_t *shape) {
  sode_tensor tensor;
  tensor.data = data;
  tensor.device.device_type = 1;
  tensor.device.device_id = 0;
  tensor.ndim = ndim;
  tensor.dtype.code = code;
  tensor.dtype.bits = bits;
  tensor.dtype.lanes = 1;
  tensor.shape = shape;
  tensor.strides = NULL;
  tensor.byte_offset = 0;
  return tensor;
}
static inline sode_tensor sode_tensor_f32(float *data, int32_t ndim, int64_t *shape) { return sode_tensor_dense(data, 2, 32, ndim, shape); }
static inline sode_tensor sode_tensor_f64(double *data, int32_t ndim, int64_t *shape) { return sode_tensor_dense(data, 2, 64, ndim, shape); }
static inline sode_tensor sode_tensor_u8(uint8_t *data, int32_t ndim, int64_t *shape) { return sode_tensor_dense(data, 1, 8, ndim, shape); }
static inline sode_tensor sode_tensor_i32(int32_t *data, int32_t ndim, int64_t *shape) { return sode_tensor_dense(data, 0, 32, ndim, shape); }
static inline sode_tensor sode_tensor_i64(int64_t *data, int32_t ndim, int64_t *shape) { return sode_tensor_dense(data, 0, 64, ndim, shape); }

/* The length argument of a text is its number of bytes, or this constant for a text that ends in a zero byte. */
#define SODE_TEXT_END ((size_t)-1)

/* ---- 4 Specification: what a network is -------------------------------------------------------------------------------------------- */

typedef struct sode_specification sode_specification;

/* Creates a specification of one block with every option at its default; inputs (or input_shape) and outputs have no default and must be set. A specification
 * that says nothing of opening, width, layers, horizon and blocks gets choices that suit a table of these inputs and outputs (automatic in sode_option_info);
 * sode_network_json shows them. With any of them set, the fixed defaults hold for the others. Options
 * (sode_option_at lists the scopes "network", "block", "connector" and "architecture"): network: precision, inputs, outputs, opening, width, readout, loss,
 * seed …; block: field, operator, activation, bias, gamma, integrator, layers, horizon, memory, initial_scale …. An option of scope "block" applies to the
 * current block, which is the last one.
 * Sequences: with the opening "sequence" or "sequence_dense", a sample's features are the steps of a sequence, one after the other. The option
 * sequence_layout says what each step holds: "values" (one number per channel), "times_values" (a time, then the channels) or "times_values_mask" (a time,
 * the channels, then a mask for each channel). Without interpolation, layer i of a recurrent field reads step i and ignores times; with interpolation, the
 * field reads a continuous path through the observations at their times. A mask is 1 for an observed number and 0 for a missing one. Where it is 0, the
 * number is not read, nor is the time of a step whose masks are all 0 (padding): they may hold anything, NaN too, except in data sets, which do not know the
 * layout. An error names the first bad row. With the option outputs_at "steps" the readout reads the state of the last block at each step, with the same
 * weights: a sample has steps x outputs scores, those of a step depending on the observations up to it alone, and arrays of scores are [samples, steps,
 * outputs] (or [samples, steps * outputs]), classes [samples, steps]. Targets are values [samples, steps, targets] or labels [samples, steps]; NaN and the
 * label -1 stand for what was not observed and add nothing. In the mean loss and in metrics each observed step counts once, with the weights of its sample
 * and label. A sample may have no observed step, a data set needs one. With interpolation none a step ends with the layers that read it; with linear and
 * hermite (layout values) layers is a multiple of steps - 1, and the first step's state is that of the opening.
 * With sequence_time "intervals" a recurrent field has k layers for each interval between two observations, which
 * advance each sample by its own interval, every layer by its share, and read the observation at the interval's end; the first observation enters by opening
 * sequence_dense alone.
 * Trajectories: with the opening "trajectory", a sample's features are its state y(t_0), channels numbers, and then S >= 2 times t_0 <= ... <= t_{S-1} of its
 * own, in the same unit for all samples. The network is one block, whose k*(S-1) layers lead the state from time to time: each of the k layers of an interval
 * is a step of size (t_{i+1} - t_i)/k, or with an adaptive integrator a solve over that time (its first_step is in the block's time, in which every interval
 * lasts 1 unless horizon is set). Shorter trajectories repeat their last time: where no time passes, a state keeps its bits. Intervals are taken from the
 * caller's numbers in float64, of int64 exactly. Features of a width beyond channels begin at zero. By default layers is S - 1 and weights_in_time "shared",
 * one field for all times; weights that are functions of time see the block's time, the same for all samples. Derivatives by features are those by y(t_0) and
 * by the times. Inputs are not normalized, nor are targets where readout is "identity" and the scores are the last state. SODE_ERR_INCOMPATIBLE for what knows
 * the step size in other ways than by h*f: multistep integrators, leapfrog, imex, cayley, exponential, euler_maruyama, near_identity, steps row_sums and
 * tight, noise that is added, costs along trajectories, sode_network_solve; of such a network nothing is certified.
 * Images: "input_shape": [channels, height, width] takes the place of inputs. Features are then [samples, channels, height, width], or [samples, height, width,
 * channels] in any strides (where both have the same shape, the channels come first), or [samples, inputs]. Blocks with "operator": "convolution" keep the
 * image's size. An object in "blocks" with the member "connector" is a map at that place, such as a convolution with a stride, pooling or a normalization;
 * its options are those of scope "connector".
 * Networks of the literature: the member "architecture": "lm_resnet_20" of a JSON object (registry "architectures"; options of scope "architecture") stands
 * for a list of blocks and connectors, which sode_network_json shows in its place and a model file stores. The list is made while the object is read, so
 * input_shape and outputs are needed in it or before it. Block options beside the name change all blocks. Another number of layers keeps their step size,
 * or for the hr_ and near_identity_ names, whose layers are steps of one equation, the horizon. */
SODE_API sode_status sode_specification_create(sode_specification **specification);
SODE_API sode_status sode_specification_set_int(sode_specification *specification, const char *key, int64_t value);
SODE_API sode_status sode_specification_set_real(sode_specification *specification, const char *key, double value);
SODE_API sode_status sode_specification_set_text(sode_specification *specification, const char *key, const char *value);
/* Sets the options of a JSON object: all of them, or none on failure. "blocks": [{…}, …] replaces the blocks: each starts from the defaults, then takes the
 * block options beside "blocks", then its own. Without "blocks", block options apply to the current block. (In sode_network_project they apply to all
 * blocks.) */
SODE_API sode_status sode_specification_set_json(sode_specification *specification, const char *text, size_t length);
/* Appends a block (a copy of the current one), which becomes the current one. */
SODE_API sode_status sode_specification_add_block(sode_specification *specification);
/* Writes the specification as JSON, zero-terminated. Size query: with buffer NULL and capacity 0 it only sets `needed`, the bytes including the final zero. */
SODE_API sode_status sode_specification_json(sode_specification *specification, char *buffer, size_t capacity, size_t *needed);
SODE_API void sode_specification_free(sode_specification *specification);

/* ---- 5 Network --------------------------------------------------------------------------------------------------------------------- */

typedef struct sode_network sode_network;
typedef struct sode_dataset sode_dataset;

/* Validates the whole specification and creates the network, its parameters initialized from the option "seed". */
SODE_API sode_status sode_network_create(sode_specification *specification, sode_network **network);
SODE_API sode_status sode_network_create_json(const char *text, size_t length, sode_network **network);
SODE_API sode_status sode_network_copy(sode_network *network, sode_network **copy);
SODE_API sode_status sode_network_json(sode_network *network, char *buffer, size_t capacity, size_t *needed);

typedef struct sode_network_info {
  uint32_t struct_size;
  int32_t precision_bits; /* 32 or 64 */
  int64_t inputs;         /* features per sample */
  int64_t outputs;        /* scores per sample, or per step of a sample */
  int64_t blocks;
  int64_t parameters;     /* numbers in all tensors together */
  int64_t tensors;        /* named parameter tensors */
  int32_t checksum;       /* SODE_CHECKSUM_… */
  int32_t scales_targets; /* 1: sode_network_get_target_scaling has a result */
  int64_t running_averages; /* those of the parameters that are running averages of batch normalization: steps of training do not minimize over them */
  int64_t targets;          /* target values per sample; 0: the target is a class label */
  int64_t class_columns;    /* integers per sample that SODE_CLASSES gives: 1, or for multilabel_logistic one for each output; 0: the loss has no classes */
  int64_t steps;            /* with outputs_at steps: the steps that have outputs, so that a sample has steps times outputs scores, and targets and class_columns count all steps; 0: outputs at the end */
  uint64_t reserved[3];
} sode_network_info;
/* In this order: the network was not loaded; its file had the right checksum; its file had no checksum, because another program wrote it. */
enum { SODE_CHECKSUM_NOT_LOADED = 0, SODE_CHECKSUM_RIGHT = 1, SODE_CHECKSUM_ABSENT = 2 };
SODE_API sode_status sode_network_describe(sode_network *network, sode_network_info *info);

/* Parameters by name: "opening.W" [width, inputs], "blocks.0.K" [layers, n, n], "blocks.0.b" [layers, n or 1], "readout.W" [outputs, n],
 * "readout.b" [outputs]; kernels of convolutions are [layers, outputs, inputs / groups, kernel height · kernel width], without layers in "connectors.0.K".
 * In memory that is [layers, outputs, inputs / groups, kernel height, kernel width]. Batch normalizations are [layers, 4, channels]: scales, shifts, running
 * means and running variances (below 0: SODE_ERR_OUT_OF_RANGE); where layers share weights, each training step moves these once, towards the mean of the
 * layers' statistics.
 * shape must have room for 4 entries. */
SODE_API sode_status sode_network_parameter_at(sode_network *network, int64_t index, const char **name, int32_t *ndim, int64_t *shape);
SODE_API sode_status sode_network_get_parameter(sode_network *network, const char *name, sode_tensor *value);
SODE_API sode_status sode_network_set_parameter(sode_network *network, const char *name, const sode_tensor *value);
/* All parameters as one vector [parameters], in the order of sode_network_parameter_at. */
SODE_API sode_status sode_network_get_parameters(sode_network *network, sode_tensor *values);
SODE_API sode_status sode_network_set_parameters(sode_network *network, const sode_tensor *values);
/* Draws new initial parameters from the seed. */
SODE_API sode_status sode_network_initialize(sode_network *network, uint64_t seed);
/* Makes the network read each feature x as (x - shift)*scale. shift and scale are [inputs], or for images [channels], one number for all pixels of a channel;
 * NULL for both removes the normalization. sode_network_get_normalization gives them as [inputs]. The network keeps them in
 * float64 and computes in float64 with features of float64, int32 and int64 before it rounds to its own precision: times around 1.7e9 seconds stay distinct.
 * (Even int64 beyond 2^53 loses nothing if shift is near it.) Times and masks of sequences enter as they are: their shift becomes 0, their scale 1.
 * sode_network_get_normalization returns SODE_ERR_STATE for a network without a normalization. */
SODE_API sode_status sode_network_set_normalization(sode_network *network, const sode_tensor *shift, const sode_tensor *scale);
/* Sets the normalization from training data: shift = mean, scale = 1/standard deviation of each feature; a constant feature gets scale 1 and so enters as 0.
 * In sequences, each channel gets one shift and scale for all steps, from its observations alone, without masked or padded steps. Times and masks enter as
 * they are. */
SODE_API sode_status sode_network_fit_normalization(sode_network *network, sode_dataset *dataset);
SODE_API sode_status sode_network_get_normalization(sode_network *network, sode_tensor *shift, sode_tensor *scale);
/* Makes the features whose flag is 1 enter as asinh(z) with z = (x - shift)*scale, those with 0 as z; flags are [inputs], NULL: none. asinh is the identity near 0
 * and a logarithm far out, for inputs whose numbers span many orders of magnitude. Training sets it with the option normalization "by_tails", the default.
 * SODE_ERR_STATE for a network without a normalization, SODE_ERR_INCOMPATIBLE for images and sequences, SODE_ERR_OUT_OF_RANGE for other numbers.
 * sode_network_set_normalization and sode_network_fit_normalization set all flags to 0. Such a network is exact in all derivatives, and
 * certificates hold for it: the slopes of asinh are at most 1. sode_network_get_squashing gives zeros for a network without a normalization. */
SODE_API sode_status sode_network_set_squashing(sode_network *network, const sode_tensor *flags);
SODE_API sode_status sode_network_get_squashing(sode_network *network, sode_tensor *flags);
/* Makes the network compute z where a score is shift + scale*z, of losses least_squares, huber, quantile and poisson; shift and scale > 0 are [targets], NULL for
 * both removes the scaling. Targets enter as (t - shift)/scale, those of poisson, whose scores are logarithms, as t/exp(shift). It is kept in float64, and results
 * are scaled back in float64: targets around 1.7e9 stay distinct. In the caller's units are scores, predictions, sode_network_evaluate's loss, metrics, all
 * derivatives of section 10 and huber_delta. Losses that training reports are those of scaled targets; predicting the mean costs least squares 1/2 for each
 * output. Another loss: SODE_ERR_INCOMPATIBLE. sode_network_get_target_scaling returns SODE_ERR_STATE for a network without one. */
SODE_API sode_status sode_network_set_target_scaling(sode_network *network, const sode_tensor *shift, const sode_tensor *scale);
SODE_API sode_status sode_network_get_target_scaling(sode_network *network, sode_tensor *shift, sode_tensor *scale);
/* Stores a text of the caller's under a key: names of classes and features, the origin of the data. Copies, model files, checkpoints and refined or projected
 * networks keep these texts; files hold them as safetensors metadata, which any program can read. A NULL value removes the key. A key has 1 … 256 bytes; all
 * keys and texts together have at most 1 MB, and there are at most 65 536 keys. A file with more is not loaded (SODE_ERR_FILE_FORMAT). Keys that the file
 * format uses itself are SODE_ERR_INVALID_ARGUMENT (format, format_version, library_version, specification, checksum, training, "stableode."…). */
SODE_API sode_status sode_network_set_metadata(sode_network *network, const char *key, const char *value);
/* Writes the text under a key, zero-terminated; size query as in sode_specification_json. SODE_ERR_UNKNOWN_NAME if there is no such key. */
SODE_API sode_status sode_network_get_metadata(sode_network *network, const char *key, char *buffer, size_t capacity, size_t *needed);
SODE_API sode_status sode_network_metadata_count(sode_network *network, int64_t *count);
/* Writes the key at an index; keys are in ascending order. */
SODE_API sode_status sode_network_metadata_at(sode_network *network, int64_t index, char *key, size_t capacity, size_t *needed);
SODE_API void sode_network_free(sode_network *network);

/* ---- 6 Data ------------------------------------------------------------------------------------------------------------------------ */

/* features [samples, inputs] have any numeric type; targets are [samples] or [samples, outputs]. Targets of one axis are class labels, whole numbers 0 …
 * classes-1, or, for a loss of values with one output, values; targets of two axes are values. Losses of values are least_squares, huber, quantile (with Q
 * levels, outputs / Q targets), poisson (targets >= 0) and multilabel_logistic (targets 0 … 1: whether a sample has each label). Every number must be finite:
 * an error names row and column. A label that is not a class of a network, or a target that its loss does not take, is SODE_ERR_INVALID_DATA in the first
 * call that uses both. sode_dataset_create copies the arrays in their
 * type. sode_dataset_retain refers to the caller's features and values (it copies labels); when they are no longer needed, the library calls
 * release(user_data), unless release is NULL. It does not call release if sode_dataset_retain fails. */
SODE_API sode_status sode_dataset_create(const sode_tensor *features, const sode_tensor *targets, sode_dataset **dataset);
SODE_API sode_status sode_dataset_retain(const sode_tensor *features, const sode_tensor *targets, void (*release)(void *user_data),
                                         void *user_data, sode_dataset **dataset);
/* Reads IDX files (MNIST's format), plain or compressed by gzip. Images become features [samples, rows*columns] of u8. The data set knows their height and
 * width: networks of another input_shape with as many numbers, except for signals of one channel, refuse it. Headers and labels are checked before the images
 * get memory; SODE_ERR_SHAPE_MISMATCH if the files do not belong together. */
SODE_API sode_status sode_dataset_load_idx(const char *images_path, const char *labels_path, sode_dataset **dataset);
/* Reads 1 to 4096 binary files of CIFAR-10 (classes 10) or CIFAR-100 (100: fine labels, 20: coarse labels), one behind the other, plain or gzip. Images
 * become features [samples, 3, 32, 32] of u8. */
SODE_API sode_status sode_dataset_load_cifar(const char *const *paths, int64_t files, int32_t classes, sode_dataset **dataset);
/* Generates a test problem of the papers (registry "problems": ellipses, swiss_roll, peaks). A count of 0 means the paper's. */
SODE_API sode_status sode_dataset_create_problem(const char *name, int64_t training_count, int64_t validation_count, uint64_t seed,
                                                 sode_dataset **training, sode_dataset **validation);
/* Gives the samples start … start+count-1 as a data set that shares the memory of the whole. */
SODE_API sode_status sode_dataset_slice(sode_dataset *dataset, int64_t start, int64_t count, sode_dataset **slice);
/* Gives the same samples, sharing memory, with weights w [samples] >= 0: the training loss of a batch is then sum w l / sum w over its samples' losses l.
 * Evaluation, metrics and validation ignore the weights unless they are asked to use them (sode_network_evaluate_weighted, sode_network_metrics_weighted, the
 * trainer's option "weighted_validation"). */
SODE_API sode_status sode_dataset_weighted(sode_dataset *dataset, const sode_tensor *weights, sode_dataset **weighted);
/* Splits the data set for cross-validation: the samples of fold number `fold` (0 … folds-1) go to validation, all others to training. seed shuffles the samples
 * into the folds, which get each class in equal numbers (differing by one at most). Both results are copies and keep the order of the samples. */
SODE_API sode_status sode_dataset_fold(sode_dataset *dataset, int64_t folds, int64_t fold, uint64_t seed, sode_dataset **training,
                                       sode_dataset **validation);

typedef struct sode_dataset_info {
  uint32_t struct_size;
  int32_t target_kind; /* 0 class labels, or whole numbers >= 0 that may be values too; 1 values */
  int64_t samples;
  int64_t features;
  int64_t targets;       /* classes (largest label + 1), or values per sample */
  sode_data_type feature_type;
  int32_t is_weighted;   /* 1: made by sode_dataset_weighted */
  int64_t extents[3];    /* of samples that were given with axes of their own, such as images, in that order; 0 otherwise */
  uint64_t reserved[5];
} sode_dataset_info;
SODE_API sode_status sode_dataset_describe(sode_dataset *dataset, sode_dataset_info *info);
/* Copies features and targets out; either may be NULL. Features are [samples, features], in the order in which they were given, and values come as f32, f64 or
 * in their own type (one value per sample as [samples] or [samples, 1]); labels come as i32 or i64 [samples]. */
SODE_API sode_status sode_dataset_get(sode_dataset *dataset, sode_tensor *features, sode_tensor *targets);
/* Copies out the weights [samples] as f32 or f64; a data set without weights gives 1 for each sample. */
SODE_API sode_status sode_dataset_get_weights(sode_dataset *dataset, sode_tensor *weights);
SODE_API void sode_dataset_free(sode_dataset *dataset);

/* The structures of the Arrow C data and stream interfaces, as Apache Arrow specifies them (arrow.apache.org, "The Arrow C data interface"). */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
  const char *(*get_last_error)(struct ArrowArrayStream *);
  void (*release)(struct ArrowArrayStream *);
  void *private_data;
};
#endif

/* A table: rows of named columns in the memory of their producer, which must not change while the table, or a data set without a copy, uses it. Any number of
 * threads may read it. Cells are booleans, integers, float16, float32, float64, texts (utf8, large utf8, views) or a dictionary's values; other types may
 * be there as long as nobody reads them. The index that pandas adds to a table is left out. */
typedef struct sode_table sode_table;
/* Reads all batches of a stream, or takes one array: of a struct whose children are the columns, or of a single column. Nothing is copied. The caller releases
 * stream and schema; the array is moved into the table (its release becomes NULL), unless the call fails. SODE_ERR_INVALID_DATA names the column whose lengths,
 * offsets, buffers or dictionary numbers cannot be right; SODE_ERR_CALLBACK_FAILED has the text of a stream that failed. */
SODE_API sode_status sode_table_from_stream(struct ArrowArrayStream *stream, sode_table **table);
SODE_API sode_status sode_table_from_array(const struct ArrowSchema *schema, struct ArrowArray *array, sode_table **table);
/* Tables without names of columns, of the caller's memory until they call release(user_data) (may be NULL; not called if the function fails): a matrix
 * [rows, columns] or one column [rows], and a sparse matrix by rows (CSR) of starts [rows + 1], indices [n] that ascend within each row, and values [n], which
 * becomes dense only a tile at a time. */
SODE_API sode_status sode_table_from_tensor(const sode_tensor *features, void (*release)(void *user_data), void *user_data, sode_table **table);
SODE_API sode_status sode_table_from_csr(int64_t columns, const sode_tensor *starts, const sode_tensor *indices, const sode_tensor *values,
                                         void (*release)(void *user_data), void *user_data, sode_table **table);
/* The numbers of rows and columns; and the name and type of a column, such as "float32", "text" or "dictionary". Results may be NULL. The name is valid until the
 * table is freed. */
SODE_API sode_status sode_table_describe(sode_table *table, int64_t *rows, int64_t *columns);
SODE_API sode_status sode_table_column_at(sode_table *table, int64_t index, const char **name, const char **type);
SODE_API void sode_table_free(sode_table *table);

/* A record of columns says how the columns of a table become features, and what the classes are called. It never changes. As JSON it is
 *   {"inputs": [{"name": "age", "missing": "mean", "mean": 31.5}, {"name": "city", "categories": ["Bonn", "Ulm"], "unseen": "zeros", "missing": "error"}],
 *    "target": {"names": ["kind"], "classes": ["cat", "dog"]}, "weight": "w", "ignored": ["id"]}
 * A number becomes one feature; a category one feature for each of its values, 1 for the row's own and 0 for the others. missing says what becomes of a null or
 * NaN: "error"; "mean" of the training data (of a category: zeros); "mean_and_indicator": one more feature, 1 where the value is missing. unseen says what becomes
 * of a category that the record lacks: "error" or "zeros". weight is the column of the samples' weights (sode_dataset_weighted). Without "inputs" the features are plain numbers. */
typedef struct sode_columns sode_columns;
/* Makes the record of training data. targets: a table of the targets alone, or NULL. options (JSON, or NULL), all optional: {"target": "kind" or a list of columns,
 * "classes": "auto" (texts, dictionaries, and booleans of a single target are classes), "always" or "never", "missing": "error", "unseen": "error", "weight": "w", "ignore": ["id"], "columns":
 * {"city": {"kind": "category" or "number", "missing": …, "unseen": …, "categories": […]}}}. Columns of texts and dictionaries are categories, all others numbers. */
SODE_API sode_status sode_columns_fit(sode_table *table, sode_table *targets, const char *options, size_t length, sode_columns **columns);
SODE_API sode_status sode_columns_create_json(const char *text, size_t length, sode_columns **columns);
SODE_API sode_status sode_columns_json(sode_columns *columns, char *buffer, size_t capacity, size_t *needed);
/* The numbers of features, of targets and of classes (0 without); the name of a class, valid until the record is freed. Results of the first may be NULL. */
SODE_API sode_status sode_columns_describe(sode_columns *columns, int64_t *features, int64_t *targets, int64_t *classes);
SODE_API sode_status sode_columns_class_at(sode_columns *columns, int64_t index, const char **name);
SODE_API void sode_columns_free(sode_columns *columns);

/* Makes a data set of a table: features by the record, columns found by name in any order; targets from the record's columns or from a table of their own (may be
 * NULL). copy 1: features become one dense array; 0: they stay where they are, and rows are made when they are read. SODE_ERR_INCOMPATIBLE names columns that are
 * lacking or unknown; SODE_ERR_INVALID_DATA names column and row of a value that is missing, not finite, or an unknown category. */
SODE_API sode_status sode_dataset_from_table(sode_table *table, sode_table *targets, sode_columns *columns, int32_t copy, sode_dataset **dataset);
/* Gives the same samples, sharing memory, with a record that names what their numbers mean; and the record of a data set (SODE_ERR_STATE: it has none). */
SODE_API sode_status sode_dataset_with_columns(sode_dataset *dataset, sode_columns *columns, sode_dataset **named);
SODE_API sode_status sode_dataset_get_columns(sode_dataset *dataset, sode_columns **columns);
/* The network's own record: NULL removes it, SODE_ERR_STATE says that it has none. A network without one takes that of the first data set that it is trained with.
 * Model files, checkpoints and copies keep it (in files under the metadata key "stableode.columns"). Data of a record that says otherwise than the network's are
 * SODE_ERR_INCOMPATIBLE in training and evaluation. */
SODE_API sode_status sode_network_set_columns(sode_network *network, sode_columns *columns);
SODE_API sode_status sode_network_get_columns(sode_network *network, sode_columns **columns);
/* As sode_network_predict, for a table, whose columns are found by the names of the network's record; the targets may be among them. Without a record all columns
 * are numbers, in their order. Features are not copied: rows are made a tile at a time. */
SODE_API sode_status sode_network_predict_table(sode_network *network, sode_table *table, int32_t what, int64_t num_threads, sode_tensor *result);

/* ---- 7 Training -------------------------------------------------------------------------------------------------------------------- */

typedef struct sode_trainer sode_trainer;
typedef struct sode_cancel_token sode_cancel_token;

/* What a training run reports. */
enum { SODE_PROGRESS_EPOCH = 1, SODE_PROGRESS_STEP = 2 };
typedef struct sode_progress {
  uint32_t struct_size;
  int32_t kind;               /* SODE_PROGRESS_EPOCH at each epoch's end; SODE_PROGRESS_STEP in between, at least every 100 ms */
  int64_t epoch;              /* epochs completed */
  int64_t step;               /* optimizer steps taken */
  double epoch_fraction;      /* how much of the running epoch is done, 0 … 1 */
  double training_loss;       /* mean over the epoch so far, regularizers excluded */
  double training_accuracy;   /* fraction; NaN for losses without classes */
  double validation_loss;     /* NaN without validation data or between epochs */
  double validation_accuracy;
  double learning_rate;
  double seconds;             /* of training, over all runs */
  int32_t is_best;            /* 1: the iterate of this epoch is the best so far at its level */
  int32_t level;              /* number of refinements so far (sode_trainer_refine); epoch counts from the last one */
  double work;                /* over all runs, in units of one gradient over the whole training set; a forward pass counts 1/3 */
  double validation_metric;   /* the metric that chooses the iterate to keep; NaN where validation_loss is NaN */
  double objective;           /* what steps minimize, mean over the epoch so far: training_loss plus all regularizers (without adamw's decay) */
  uint64_t reserved[5];
} sode_progress;
typedef int32_t (*sode_callback)(const sode_progress *progress, void *user_data);

/* A long call calls it on its own thread about every 50 ms; its return values mean what those of all callbacks mean. */
typedef int32_t (*sode_tick)(void *user_data);
typedef struct sode_limits {
  uint32_t struct_size;
  uint32_t reserved0;
  int64_t epochs;             /* training: at most this many more epochs in this run, but never beyond the option "epochs"; 0 = up to that option */
  int64_t milliseconds;       /* the longest time that the call may take; 0 = no limit */
  sode_cancel_token *cancel;  /* or NULL */
  sode_tick tick;             /* or NULL */
  void *user_data;            /* of tick */
  uint64_t reserved[6];
} sode_limits;

/* Creates a trainer of the network. Its options are those of scope "trainer" (optimizer, learning_rate, batch_size, epochs, schedule, weight_decay,
 * smoothness, patience, num_threads …). Some options belong to certain optimizers or schedules (taken_by in sode_option_info). Once "optimizer" or "schedule"
 * has been set, an option that the choice does not take is SODE_ERR_INCOMPATIBLE, unless its value is its default; before, it waits for the choice, until the
 * first run refuses it with the same status. In sode_trainer_set_json all options count together, in any order, and null gives an option its default again.
 * Automatic options that are not set are chosen by the first run to suit the data: optimizer, learning_rate, schedule, warmup_steps, weight_decay, batch_size,
 * epochs, patience and validation_fraction. With validation_fraction > 0 and no validation data, a run holds out that part of the training rows, drawn by seed,
 * of each class alike. A caller who sets optimizer gets the fixed defaults for the others; one who sets epochs gets so many, on all rows.
 * The first run of a network whose parameters are still those drawn from a seed also standardizes inputs and targets (options normalization, target_scaling),
 * unless the network has a normalization or a target scaling already. Later runs and trainers keep what there is.
 * After the first run, optimizer, batch_size, accumulate_batches, seed, shuffle, metric, weighted_validation, min_delta and lbfgs_memory are fixed
 * (SODE_ERR_STATE; their help texts say so); all other options may change between runs and act from the next step on. */
SODE_API sode_status sode_trainer_create(sode_network *network, sode_trainer **trainer);
SODE_API sode_status sode_trainer_set_int(sode_trainer *trainer, const char *key, int64_t value);
SODE_API sode_status sode_trainer_set_real(sode_trainer *trainer, const char *key, double value);
SODE_API sode_status sode_trainer_set_text(sode_trainer *trainer, const char *key, const char *value);
SODE_API sode_status sode_trainer_set_json(sode_trainer *trainer, const char *text, size_t length);
/* The present value of an option: the one that was set or chosen, or its default; SODE_ERR_STATE for an automatic one before it is chosen. sode_trainer_json writes, as a JSON object, the options that the chosen optimizer and
 * schedule take; a new trainer that is given this object trains in the same way. It leaves out automatic options that are
 * not chosen yet, and options for which "not set" has a meaning of its own, unless they are set: parameter_min, parameter_max, and batch_size for optimizers that take all samples. Texts and JSON: size query as in sode_specification_json. */
SODE_API sode_status sode_trainer_get_int(sode_trainer *trainer, const char *key, int64_t *value);
SODE_API sode_status sode_trainer_get_real(sode_trainer *trainer, const char *key, double *value);
SODE_API sode_status sode_trainer_get_text(sode_trainer *trainer, const char *key, char *buffer, size_t capacity, size_t *needed);
SODE_API sode_status sode_trainer_json(sode_trainer *trainer, char *buffer, size_t capacity, size_t *needed);
SODE_API sode_status sode_trainer_set_callback(sode_trainer *trainer, sode_callback callback, void *user_data);
/* Sets the weights [classes] >= 0 of the classes in the training loss, by which the samples' own weights are multiplied; NULL: all classes weigh the same. (The
 * option class_weights "balanced" computes weights from the data.) Call it before the first run: later it returns SODE_ERR_STATE. A loss without classes:
 * SODE_ERR_INCOMPATIBLE. */
SODE_API sode_status sode_trainer_set_class_weights(sode_trainer *trainer, const sode_tensor *weights);
/* A loss function of the caller's, which the library calls with some samples of a batch at a time. It reads scores [samples, outputs] and targets: labels
 * [samples] of i32, or values [samples, targets]. It writes losses [samples] of f64 and, unless gradient is NULL, gradient [samples, outputs]: the derivative
 * of each sample's own loss with respect to its scores. With outputs_at "steps" all but the losses have an axis of steps after the first. The tensors have strides and exist during the call only; scores and gradient have the network's
 * precision. It returns 0 for success; any other value, or a result that is not finite, ends the work with SODE_ERR_CALLBACK_FAILED. It runs on the thread
 * that called the library: work with a loss of the caller's uses one thread. */
typedef int32_t (*sode_loss_function)(const sode_tensor *scores, const sode_tensor *targets, sode_tensor *losses, sode_tensor *gradient, void *user_data);
/* A metric of the caller's, computed over the whole validation data at the end of each epoch. scores are f64; the value that it writes must be finite. */
typedef int32_t (*sode_metric_function)(const sode_tensor *scores, const sode_tensor *targets, double *value, void *user_data);
/* Replaces the network's loss in training and validation (NULL: the network's loss again); the targets stay of the same kind. Call it before the first run, or
 * after loading a checkpoint. The optimizers gauss_newton, varpro and block_coordinate need second derivatives of the loss and refuse it, as they refuse the
 * losses quantile, emma and margin_cross_entropy. */
SODE_API sode_status sode_trainer_set_loss(sode_trainer *trainer, sode_loss_function loss, void *user_data);
/* Sets the metric that chooses the iterate to keep, instead of the option "metric" (NULL: the option again). Call it before the first run, or after loading. */
SODE_API sode_status sode_trainer_set_metric(sode_trainer *trainer, sode_metric_function metric, int32_t larger_is_better, void *user_data);
/* Tests learning rates (exponential range test) on a copy of the iterate; the trainer stays as it is. It takes one step at each of `steps` rates from low to
 * high, in equal ratios. curve [steps, 2] (may be NULL) gets each rate and the batch's loss before that step; the test ends early, with NaN in the remaining
 * rows, when the loss is not finite or exceeds four times its least value. suggestion gets the rate at which the smoothed loss falls fastest; NaN if it
 * never falls. A batch whose loss is not finite at the present parameters either is SODE_ERR_NOT_FINITE, which names the row. */
SODE_API sode_status sode_trainer_find_learning_rate(sode_trainer *trainer, sode_dataset *training, double low, double high, int64_t steps,
                                                     sode_tensor *curve, double *suggestion);
/* Trains. A later run goes on bit for bit where the earlier one stopped. If the network's parameters were set in between, or by the callback, training goes on
 * from these and keeps the optimizer's vectors. The trainer's callback may call sode_trainer_save and sode_trainer_history_* with this trainer, and any
 * function with other objects; other calls with this trainer return SODE_ERR_HANDLE_BUSY. validation and limits may be NULL. When the run returns, however it
 * ended, the network holds the best iterate if there is validation data, else the last one. Returns 0, or a positive status if the run ended early. */
SODE_API sode_status sode_trainer_run(sode_trainer *trainer, sode_dataset *training, sode_dataset *validation, const sode_limits *limits);
/* Training from more data than memory holds. A source gives the samples of an epoch in batches of at least one sample, in the same order in every pass. next makes a data
 * set of the next batch, which the library frees (*batch stays NULL at the end of the pass); reset begins a pass again, before the first pass too. Both return 0,
 * or what the callbacks of a trainer return to stop or fail. next may use every function with other objects. */
typedef int32_t (*sode_next)(sode_dataset **batch, void *user_data);
typedef struct sode_source {
  uint32_t struct_size;
  uint32_t reserved0;
  sode_next next;
  sode_tick reset;                  /* or NULL: the source can be read once */
  void (*release)(void *user_data); /* or NULL; called once, when the stream has been destroyed */
  void *user_data;
  uint64_t reserved[4];
} sode_source;
/* A stream shuffles the samples of a source through a buffer of buffer_samples samples: whenever half of them have been used, their places are filled again and
 * all are shuffled, by the trainer's seed. If the buffer holds the whole source, training takes the same steps with the same bits as from memory; it needs
 * memory for the buffer and two batches of the source. The second function takes the batches of Arrow streams, which open provides for each pass and the
 * library releases, by a record of columns with a target. Every pass must give the same samples (SODE_ERR_INVALID_DATA for another number of them). The caller
 * keeps what release would release if a function fails. */
typedef struct sode_stream sode_stream;
typedef int32_t (*sode_open)(struct ArrowArrayStream *stream, void *user_data);
SODE_API sode_status sode_stream_create(const sode_source *source, int64_t buffer_samples, sode_stream **stream);
SODE_API sode_status sode_stream_create_arrow(sode_open open, void (*release)(void *user_data), void *user_data, sode_columns *columns, int64_t buffer_samples,
                                              sode_stream **stream);
SODE_API void sode_stream_free(sode_stream *stream);
/* As sode_trainer_run. A run that ended early within an epoch goes on where it stopped, with no batch twice: with the same stream at once, with another one, or
 * after a failure of the source, by reading the pass anew up to there. epoch_fraction is about 0 and schedules stand still until the first pass has shown how
 * many samples it has. Batches with weights of their samples weigh the loss; all batches have them, or none. class_weights "balanced" goes by the samples that
 * the buffer holds at first. */
SODE_API sode_status sode_trainer_run_stream(sode_trainer *trainer, sode_stream *training, sode_dataset *validation, const sode_limits *limits);
/* The history has one row per epoch, as the callback got it with SODE_PROGRESS_EPOCH. */
SODE_API sode_status sode_trainer_history_count(sode_trainer *trainer, int64_t *count);
SODE_API sode_status sode_trainer_history_at(sode_trainer *trainer, int64_t index, sode_progress *row);
SODE_API void sode_trainer_free(sode_trainer *trainer);
/* Multi-level learning: gives a network with each step halved (sode_network_refine) and a trainer that goes on with it and takes over options, the optimizer's
 * state and the history. The new trainer starts from the parameters that the coarse network holds, counts epochs from 0 again and reports level + 1. The caller
 * frees both. */
SODE_API sode_status sode_trainer_refine(sode_trainer *trainer, const char *prolongation, sode_network **network, sode_trainer **finer);
/* Alternates between training for the option "epochs" and refining, until the deepest block has `layers` layers (its present number times a power of 2) and
 * this network is trained too. limits apply to all levels together. Gives the network and the trainer of the level at which it ended: to go on after an early
 * end, call it with that trainer. Both are NULL if it ended at the given trainer's own level. The history has a row for each epoch of each level. Returns what
 * sode_trainer_run returns. */
SODE_API sode_status sode_multilevel_run(sode_trainer *trainer, int64_t layers, const char *prolongation, sode_dataset *training, sode_dataset *validation,
                                         const sode_limits *limits, sode_network **network, sode_trainer **finest);

SODE_API sode_status sode_cancel_token_create(sode_cancel_token **token);
/* Makes calls that use the token end within 100 ms with SODE_CANCELLED. Lock-free and async-signal-safe; therefore it sets no error message. */
SODE_API sode_status sode_cancel_token_request(sode_cancel_token *token);
SODE_API sode_status sode_cancel_token_reset(sode_cancel_token *token);
SODE_API void sode_cancel_token_free(sode_cancel_token *token);
/* Sets limits for every later call of this thread; NULL removes them. milliseconds counts anew for each call; epochs must be 0. A call that reaches a limit
 * returns SODE_CANCELLED, SODE_TIME_LIMIT or SODE_STOPPED_BY_CALLBACK (positive numbers) within 100 ms and leaves its outputs and objects as they were. A call
 * with its own sode_limits obeys both. Remove the limits before freeing their token: otherwise this thread's calls return SODE_ERR_INVALID_HANDLE. */
SODE_API sode_status sode_set_thread_limits(const sode_limits *limits);

/* ---- 8 Prediction ------------------------------------------------------------------------------------------------------------------ */

/* What prediction gives: scores (the readout's outputs) [samples, outputs]; probabilities [samples, outputs]: softmax, logistic, for multilabel_logistic that
 * of each label, and for losses of values predictions in the unit of the targets (poisson: exp of the scores; otherwise the scores); classes [samples] as
 * integers, or for multilabel_logistic [samples, outputs], 1 for each label whose score is positive and 0 for the others. A row has no result if a feature is
 * not finite or too large for the network's precision (SODE_ERR_INVALID_DATA, which names the column), if its scores or predictions are not finite
 * (SODE_ERR_NOT_FINITE), or if a step failed. The call then fails, names the first such row and leaves the result array unchanged. With
 * SODE_ROWS_OR_NAN added, such rows become NaN (class -1), the others are predicted, and the call returns SODE_ROWS_WITHOUT_RESULT; sode_failed_row_at gives
 * the reasons. */
enum { SODE_SCORES = 0, SODE_PROBABILITIES = 1, SODE_CLASSES = 2, SODE_ROWS_OR_NAN = 0x100 };

typedef struct sode_evaluation {
  uint32_t struct_size;
  uint32_t reserved0;
  int64_t samples;
  double loss;      /* mean */
  double accuracy;  /* fraction; NaN for losses without classes */
  uint64_t reserved[8];
} sode_evaluation;
/* Computes loss and accuracy over a data set. num_threads 0 = as many threads as the affinity mask has CPUs. */
SODE_API sode_status sode_network_evaluate(sode_network *network, sode_dataset *dataset, int64_t num_threads, sode_evaluation *evaluation);
/* The same, where each sample counts by its weight in the data set (sode_dataset_weighted): the loss is sum w l / sum w. Without weights each counts 1. */
SODE_API sode_status sode_network_evaluate_weighted(sode_network *network, sode_dataset *dataset, int64_t num_threads, sode_evaluation *evaluation);
/* Computes metrics of the registry "metrics", given by names separated by commas ("accuracy,macro_f1"), in one pass over the data, into values [names].
 * Metrics of classes, of labels (multilabel_logistic) and of values need such a loss; another is SODE_ERR_INCOMPATIBLE, which lists the fitting ones. Metrics
 * of values compare predictions in the unit of the targets. A metric that is undefined for the data is NaN (auc with one class). */
SODE_API sode_status sode_network_metrics(sode_network *network, sode_dataset *dataset, int64_t num_threads, const char *names, sode_tensor *values);
/* The same, where each sample counts by its weight in the data set; without weights each counts 1. */
SODE_API sode_status sode_network_metrics_weighted(sode_network *network, sode_dataset *dataset, int64_t num_threads, const char *names, sode_tensor *values);
/* Counts the samples of each class (row) by their predicted class (column): counts [classes, classes] of i32 or i64. */
SODE_API sode_status sode_network_confusion(sode_network *network, sode_dataset *dataset, int64_t num_threads, sode_tensor *counts);
/* Writes figures [classes, 4], for each class (for multilabel_logistic [outputs, 4], for each label): precision, recall, F1, number of samples; NaN where
 * undefined (class never predicted, or without samples). */
SODE_API sode_status sode_network_class_figures(sode_network *network, sode_dataset *dataset, int64_t num_threads, sode_tensor *figures);
SODE_API sode_status sode_network_predict(sode_network *network, const sode_tensor *features, int32_t what, int64_t num_threads,
                                          sode_tensor *result);
/* The states of one block at every layer, [layers + 1, samples, state width]; the state of a Hamiltonian field is (y, z), width 2n. The numbers of an image
 * are ordered channel, row, pixel: dense memory [layers + 1, samples, channels, height, width] is passed with the three extents above. Their distance, the
 * last stride, is the same for all of them, while layers and samples may have any strides. states [samples, state width] gets the last layer's alone. */
SODE_API sode_status sode_network_states(sode_network *network, int64_t block, const sode_tensor *features, sode_tensor *states);
SODE_API sode_status sode_network_state_shape(sode_network *network, int64_t block, int64_t *layers, int64_t *state_width);
/* The shape of that state as an image: channels, height, width, whose product is the state width; a list of features has height and width 1. */
SODE_API sode_status sode_network_state_extents(sode_network *network, int64_t block, int64_t *channels, int64_t *height, int64_t *width);
/* The shape of the visible state y, which is what follows the block and what sode_network_solve gives at times; its product is the width in section 11. */
SODE_API sode_status sode_network_visible_extents(sode_network *network, int64_t block, int64_t *channels, int64_t *height, int64_t *width);

typedef struct sode_predictor sode_predictor;
/* Creates scratch memory and packed weights for batches of up to max_batch samples. With one thread, running the predictor takes no lock and allocates
 * nothing. */
SODE_API sode_status sode_predictor_create(sode_network *network, int64_t max_batch, int64_t num_threads, sode_predictor **predictor);
SODE_API sode_status sode_predictor_run(sode_predictor *predictor, const sode_tensor *features, int32_t what, sode_tensor *result);
/* For dense rows: features samples x inputs; result samples x outputs. With SODE_CLASSES result is [samples] (multilabel_logistic: samples x outputs), each
 * class as a number of its type, such as 3.0f. Of a network with outputs_at "steps" a sample has all of that for each step, one step behind the other:
 * samples x steps x outputs, and classes [samples x steps]. */
SODE_API sode_status sode_predictor_run_f32(sode_predictor *predictor, const float *features, int64_t samples, int32_t what, float *result);
SODE_API sode_status sode_predictor_run_f64(sode_predictor *predictor, const double *features, int64_t samples, int32_t what, double *result);
SODE_API void sode_predictor_free(sode_predictor *predictor);

/* Sequences that arrive one observation at a time. After each observation a stepper gives what the network (an opening of sequences, interpolation "none")
 * predicts once it has read the observations so far, with the bits of the whole sequence at that step; with masks that is sode_network_predict of these
 * observations and padding. An observation costs the layers that read it and what follows the driven block, however many came before. */
typedef struct sode_stepper sode_stepper;
typedef struct sode_stepper_info {
  uint32_t struct_size;
  uint32_t reserved0;
  int64_t rows;              /* streams side by side */
  int64_t step_width;        /* features of an observation: channels, with a time before them and masks behind them as sequence_layout says */
  int64_t outputs;
  int64_t state_width;       /* numbers in the state of a stream */
  int64_t observations;      /* fed since creation or reset; after sode_stepper_set_state, those of that state */
  int64_t most_observations; /* the most that a stream may have; 0: any number */
  uint64_t reserved[4];
} sode_stepper_info;
/* Creates a stepper of `rows` streams, 1 ... 1024, that go on side by side, with the parameters that the network has now. Where all layers have the same weights
 * (weights_in_time "shared"), steps of one size, and one normalization for all steps, a stream has no end; otherwise it has at most as many observations as
 * the network has steps. SODE_ERR_INCOMPATIBLE says why for a network whose result depends on later observations: interpolation "linear" or "hermite"; ode_rnn
 * with sequence_time "scaled" and times in the layout; two driven blocks. */
SODE_API sode_status sode_stepper_create(sode_network *network, int64_t rows, sode_stepper **stepper);
SODE_API sode_status sode_stepper_describe(sode_stepper *stepper, sode_stepper_info *info);
/* Feeds the next observation of each stream, [rows, step_width], and writes the predictions of this step as sode_network_predict does: result [rows, outputs], or
 * classes [rows] (multilabel_logistic: [rows, outputs]), for outputs at the end and for outputs_at "steps" alike.
 * what is SODE_SCORES, SODE_PROBABILITIES or SODE_CLASSES. Takes no lock and allocates nothing. On any error result and state stay as they were:
 * SODE_ERR_INVALID_DATA names the channel that is not finite or has a wrong mask, a time before the stream's last one, and with opening "sequence_dense" a channel
 * that the first observation lacks; SODE_ERR_NOT_FINITE for states or results that are not finite; SODE_ERR_STATE after most_observations. */
SODE_API sode_status sode_stepper_feed(sode_stepper *stepper, const sode_tensor *observation, int32_t what, sode_tensor *result);
/* For dense rows: observation rows x step_width, result rows x outputs. With SODE_CLASSES result is [rows] (multilabel_logistic: rows x outputs). */
SODE_API sode_status sode_stepper_feed_f32(sode_stepper *stepper, const float *observation, int32_t what, float *result);
SODE_API sode_status sode_stepper_feed_f64(sode_stepper *stepper, const double *observation, int32_t what, double *result);
/* Begins all streams anew. */
SODE_API sode_status sode_stepper_reset(sode_stepper *stepper);
/* The state of the streams, f64 [rows, state_width], from which they go on bit for bit in any stepper of an equal network; so many streams may share one stepper,
 * and a stream may be saved. A row holds the number of observations (the same in all rows), 1 if one of them had an observed channel, the time of the last such
 * one, each channel's last value as the network reads it, and the state of the driven block. SODE_ERR_INVALID_DATA for numbers that are no such state. */
SODE_API sode_status sode_stepper_get_state(sode_stepper *stepper, sode_tensor *state);
SODE_API sode_status sode_stepper_set_state(sode_stepper *stepper, const sode_tensor *state);
SODE_API void sode_stepper_free(sode_stepper *stepper);

/* ---- 9 Files ----------------------------------------------------------------------------------------------------------------------- */

/* A model file is a safetensors file with the specification in its metadata and a checksum. A file that another program wrote with the same tensors and
 * metadata loads too; if it has no checksum, sode_network_info says so. Saving replaces the target at once: the path holds the complete old file or the
 * complete new one at any time. The new file gets the old one's mode, and its owner and group if the process may set them; symbolic links are followed. The
 * new file has no name until it is complete. If a killed process leaves a file .stableode-DIGITS.tmp (16 hexadecimal digits), the next save into that folder
 * removes it. Only regular files are read and written. */
SODE_API sode_status sode_network_save(sode_network *network, const char *path);
SODE_API sode_status sode_network_load(const char *path, sode_network **network);
/* The same file in memory. Size query: with buffer NULL and capacity 0, sode_network_save_memory only sets `needed`. */
SODE_API sode_status sode_network_save_memory(sode_network *network, void *buffer, size_t capacity, size_t *needed);
SODE_API sode_status sode_network_load_memory(const void *bytes, size_t count, sode_network **network);

/* A checkpoint holds the trainer and its network, so that training can go on bit for bit in another process; sode_network_load reads only the network from
 * it. The trainer's callback may call sode_trainer_save too. A checkpoint holds no functions: if training used a loss or a metric of the caller's, runs of
 * the loaded trainer return SODE_ERR_STATE until sode_trainer_set_loss or sode_trainer_set_metric has set it again.
 * Loading gives both objects, which the caller frees; SODE_ERR_FILE_FORMAT for a model file without a trainer. */
SODE_API sode_status sode_trainer_save(sode_trainer *trainer, const char *path);
SODE_API sode_status sode_trainer_load(const char *path, sode_network **network, sode_trainer **trainer);

/* ---- 10 Derivatives, for optimizers and losses of your own ---------------------------------------------------------------------------- */

typedef struct sode_gradient sode_gradient;
/* Creates scratch memory for derivatives of batches of up to max_batch samples (for large batches its size does not depend on max_batch). Each call uses the
 * parameters that the network has at that time. memory: "store_all", "reversible", or NULL for the blocks' own option "memory". Derivatives are exact for the
 * discrete steps taken, not for the continuous equation. */
SODE_API sode_status sode_gradient_create(sode_network *network, int64_t max_batch, const char *memory, int64_t num_threads, sode_gradient **gradient);
/* Bytes of scratch memory that this object holds. Curvature, pushforward and batches of more than 262 144 samples allocate more at their first call. */
SODE_API sode_status sode_gradient_bytes(sode_gradient *gradient, int64_t *bytes);
/* Computes the mean loss over the batch and its gradient [parameters]; either may be NULL. targets as in sode_dataset_create. */
SODE_API sode_status sode_gradient_run(sode_gradient *gradient, const sode_tensor *features, const sode_tensor *targets, double *loss,
                                       sode_tensor *parameter_gradient);
/* Sets a loss function of the caller's for sode_gradient_run (and for the curvature "hessian"); NULL: the network's loss. */
SODE_API sode_status sode_gradient_set_loss(sode_gradient *gradient, sode_loss_function loss, void *user_data);
/* J^T w, where J is the Jacobian of the scores and w [samples, outputs] a cotangent of the scores: with respect to the parameters, [parameters], and to the
 * features, [samples, inputs] or any shape of a batch (images with the channels first or last); either may be NULL. */
SODE_API sode_status sode_gradient_pullback(sode_gradient *gradient, const sode_tensor *features, const sode_tensor *cotangent,
                                            sode_tensor *parameter_gradient, sode_tensor *feature_gradient);
/* J v for a direction v that consists of a part in the parameters, [parameters], and one in the features, in any shape of a batch; either may be NULL (zero). Gives
 * the scores (may be NULL) and their tangent J v, both [samples, outputs]. */
SODE_API sode_status sode_gradient_pushforward(sode_gradient *gradient, const sode_tensor *features, const sode_tensor *parameter_direction,
                                               const sode_tensor *feature_direction, sode_tensor *scores, sode_tensor *tangent);
/* Multiplies the second derivatives of the mean loss over the batch by a direction [parameters], into product [parameters]. curvature: "gauss_newton" (J^T H J,
 * where H is the loss's second derivatives with respect to the scores: symmetric, positive semidefinite, exact; for huber H is their upper bound, 1; quantile
 * is SODE_ERR_INCOMPATIBLE) or "hessian" (sixth-order differences of exact
 * gradients, with errors of about 1e-11 in float64 and 1e-5 in float32, relative to the gradient's size, where these are smooth: within some 1e-2 of a kink,
 * as of relu, maximum pooling or row-sum steps, differences see both sides). targets as in sode_dataset_create. */
SODE_API sode_status sode_gradient_curvature(sode_gradient *gradient, const char *curvature, const sode_tensor *features, const sode_tensor *targets,
                                             const sode_tensor *direction, sode_tensor *product);
SODE_API void sode_gradient_free(sode_gradient *gradient);

/* ---- 11 Equations: reports of steps, solves, memory plans, and other forms of a block ---------------------------------------------------- */

/* Counts of the last run of a gradient object, or of a solve, summed over the samples; explicit integrators with fixed steps count nothing. */
typedef struct sode_step_report {
  uint32_t struct_size;
  uint32_t reserved0;
  int64_t evaluations;         /* of the field, by adaptive and implicit integrators */
  int64_t accepted_steps;      /* adaptive integrators */
  int64_t rejected_steps;
  int64_t iterations;          /* of the equation solvers in implicit integrators */
  double reconstruction_error; /* memory "reversible": largest |recovered - true| of a block's first state, relative to the largest |true| */
  uint64_t reserved[8];
} sode_step_report;
SODE_API sode_status sode_gradient_report(sode_gradient *gradient, sode_step_report *report);

/* The event w.y = level, where y is the visible state of a block. It ends a sample's solve where the trajectory first reaches or crosses the level in the
 * requested direction. The solver detects every crossing of the integrator's continuous extension, also several within one step, and takes the first. A
 * sample that starts on the level, within 4 units of rounding of level and w.y, leaves it without an event. The state at an event lies on the level up to
 * rounding, and never on the side that it came from, so that a solve that starts there goes on to the next event. Weights or a level that are not finite are
 * SODE_ERR_INVALID_DATA. */
typedef struct sode_event_function {
  uint32_t struct_size;
  int32_t direction;          /* 1: w.y rises through the level, -1: falls, 0: either */
  const sode_tensor *weights; /* w [width] */
  double level;
  uint64_t reserved[4];
} sode_event_function;
/* How a sample's solve ended: at the block's horizon, at its event, or because step control gave up (too many or too small steps). */
enum { SODE_END_HORIZON = 1, SODE_END_EVENT = 2, SODE_END_FAILURE = 3 };
/* Solves one block with an adaptive integrator (dopri5, tsit5), which chooses the steps of each sample separately. The samples first pass through the opening
 * and the preceding blocks. times [times] are ascending, within 0 … horizon (up to 4 units in the last place of their type beyond it count as the horizon);
 * states [samples, times, width] gets the states at these times. Both may be NULL, and so may event, ends [samples] (int32 or int64), end_times [samples] and
 * event_states [samples, width]. What a sample's solve did not reach is NaN. A sample whose step control gave up is not an error: its end says so, and
 * sode_failed_row_at gives the reason. Samples of a network with opening "trajectory" go from their initial states, at time 0, up to the last of `times`, which
 * takes the horizon's place; the times among their features are not used. */
SODE_API sode_status sode_network_solve(sode_network *network, int64_t block, const sode_tensor *features, const sode_tensor *times,
                                        const sode_event_function *event, sode_tensor *states, sode_tensor *ends, sode_tensor *end_times,
                                        sode_tensor *event_states, sode_step_report *report);
/* The same from given states and times. start_states [samples, state width] (sode_network_state_shape) are states of the block, from which the samples go on;
 * features may then be NULL; if they are not, they are checked (as many samples, finite numbers) and not used. With start_states NULL, samples start from the
 * states that the features lead to. start_times [samples], within 0 … horizon, say when each sample starts; NULL: all at 0. States at earlier times are NaN.
 * event_states may be [samples, width] or [samples, state width]: whole states, from which a further solve can go on at end_times. SODE_ERR_INVALID_DATA names
 * the first row of start_states that is not finite. */
SODE_API sode_status sode_network_solve_from(sode_network *network, int64_t block, const sode_tensor *features, const sode_tensor *start_states,
                                             const sode_tensor *start_times, const sode_tensor *times, const sode_event_function *event, sode_tensor *states,
                                             sode_tensor *ends, sode_tensor *end_times, sode_tensor *event_states, sode_step_report *report);
/* The same, but a sample that cannot begin, because its features, its start state or its start time cannot be taken, fails alone: its end is
 * SODE_END_FAILURE, its states and its end time are NaN, and sode_failed_row_at gives the reason. Returns SODE_ROWS_WITHOUT_RESULT if any sample failed, for
 * this reason or in its step control. */
SODE_API sode_status sode_network_solve_rows_or_nan(sode_network *network, int64_t block, const sode_tensor *features, const sode_tensor *start_states,
                                                    const sode_tensor *start_times, const sode_tensor *times, const sode_event_function *event,
                                                    sode_tensor *states, sode_tensor *ends, sode_tensor *end_times, sode_tensor *event_states,
                                                    sode_step_report *report);

/* Gives a network with the same parameters for sequences or trajectories of another number of steps: inputs, outputs and layers change with it. Layers must
 * share their weights (weights_in_time "shared"); SODE_ERR_INCOMPATIBLE for others, and for networks without steps. */
SODE_API sode_status sode_network_with_steps(sode_network *network, int64_t steps, sode_network **changed);
/* Known terms g(t, y) of a trajectory's equation dy/dt = f(y; theta) + g(t, y), such as gravity, a reaction law or a controller: the network learns f, the rest.
 * A network has them by its option known_terms (opening "trajectory"), and gets its functions by this call, a loaded one too, because functions are not stored. They then act in
 * everything that follows trajectories: fits, training, predictions, states, gradients, and sode_network_field. Networks made from one another (copy, with_steps,
 * project, refine) share them. Functions that were set stay; SODE_ERR_STATE for a second call, and for work without functions. Analyses that know nothing of
 * them (stability reports, mechanics, certificates) are SODE_ERR_INCOMPATIBLE.
 *
 * The functions work on a tile of samples, in the library's memory: times [samples], states [samples, n] as of sode_network_field, all in the network's
 * precision, with strides in which the samples of a number lie next to one another. Results hold zeros when a function is called; it writes what it knows.
 *   evaluate     values [samples, n] = g(t, y). t is the time of each sample's own, in the unit of its features; a float32 network has it in float32.
 *   pushforward  tangents [samples, n] = dg/dt time_tangents [samples] + dg/dy state_tangents [samples, n]
 *   pullback     state_gradients [samples, n] = (dg/dy)^T cotangents [samples, n]; time_gradients [samples] = (dg/dt)^T cotangents
 * Predictions need evaluate alone, but implicit integrators, which solve equations, may need all three. Gradients and fits need pullback, tangents
 * (sode_gradient_pushforward) pushforward.
 * A call that lacks one is SODE_ERR_STATE: the library forms no differences, whose scale it does not know. sode_network_check_derivatives tests whether
 * pullback is the transpose of pushforward. A sample may be given again at the end of a tile. sode_network_states gives one number more of a state, the time
 * since the sample's first one. A function returns 0 for success; another answer, or an exception, ends the call with
 * SODE_ERR_CALLBACK_FAILED. A result that is not finite counts as a trajectory that diverges, and the message of SODE_ERR_NOT_FINITE names it. The functions run
 * on the thread that called the library: work with known terms uses one thread for each caller, but several callers at once call them at once. release
 * is called when the last network with them is freed, on the thread that frees it; if this call fails, it is not. */
typedef int32_t (*sode_terms_function)(const sode_tensor *times, const sode_tensor *states, sode_tensor *values, void *user_data);
typedef int32_t (*sode_terms_pushforward)(const sode_tensor *times, const sode_tensor *states, const sode_tensor *time_tangents,
                                          const sode_tensor *state_tangents, sode_tensor *tangents, void *user_data);
typedef int32_t (*sode_terms_pullback)(const sode_tensor *times, const sode_tensor *states, const sode_tensor *cotangents, sode_tensor *time_gradients,
                                       sode_tensor *state_gradients, void *user_data);
typedef struct sode_known_terms {
  uint32_t struct_size;
  uint32_t reserved0;
  sode_terms_function evaluate;
  sode_terms_pushforward pushforward; /* or NULL */
  sode_terms_pullback pullback;       /* or NULL */
  void (*release)(void *user_data);   /* or NULL */
  void *user_data;
  uint64_t reserved[8];
} sode_known_terms;
/* SODE_ERR_NULL_POINTER without evaluate; SODE_ERR_INCOMPATIBLE for a network without the option. */
SODE_API sode_status sode_network_set_known_terms(sode_network *network, const sode_known_terms *terms);
/* What a fit of trajectories reports. */
typedef struct sode_trajectory_fit {
  uint32_t struct_size;
  uint32_t reserved0;
  double loss;            /* of the fitted segments, per observed number (for least_squares half the mean squared residual); NaN after an early end */
  double largest_gap;     /* largest |end of a segment - start of the next| in one number of the state; 0 for single shooting */
  int64_t segments;       /* of all trajectories */
  int64_t steps;          /* of the optimizer, in all rounds */
  uint64_t reserved[6];
} sode_trajectory_fit;
/* Fits the field of a network with opening "trajectory", outputs_at "steps" and readout "identity" to measured trajectories, by single or multiple shooting.
 * features [trajectories, inputs] hold initial states (guesses of them, if they are fitted) and times; states [trajectories, times, width] what was observed
 * there: NaN where nothing was. options: a JSON object of options of scope "trajectory_fit", or NULL for their defaults. Multiple shooting (option segment)
 * cuts trajectories into segments of so many intervals, fits the states at which segments begin together with the parameters, and closes the gaps by a
 * penalty (continuity) that grows from round to round; it also fits chaotic trajectories, which no shot from the first state follows (Bock & Plitt 1984).
 * The network gets the fitted parameters, and initial_states [trajectories, width], if it is not NULL, the states at the first times. The network's own loss
 * measures residuals. callback may be NULL; it gets SODE_PROGRESS_STEP with epoch (the round), step, objective and seconds. limits may be NULL; its epochs must
 * be 0. Returns how the last round ended: SODE_OK after the option `epochs` steps, SODE_CONVERGED or SODE_NO_DESCENT; or the reason of an early end. In all cases the
 * network has the parameters with the lowest objective that was evaluated in the last round. An early end before the first step changes nothing and writes nothing. SODE_ERR_NOT_FINITE names the
 * trajectory that diverges at the first guess: shorter segments help. SODE_ERR_INVALID_DATA names an infinite observation, or says that there is none. */
SODE_API sode_status sode_network_fit_trajectories(sode_network *network, const sode_tensor *features, const sode_tensor *states, const char *options,
                                                   size_t length, sode_callback callback, void *user_data, const sode_limits *limits,
                                                   sode_tensor *initial_states, sode_trajectory_fit *report);

/* The memory that a gradient object created with the same arguments will hold, and the steps that it will recompute. Computing the plan allocates none of
 * it. */
typedef struct sode_memory_plan {
  uint32_t struct_size;
  uint32_t reserved0;
  int64_t workers;       /* threads; each has scratch memory of its own, or with batch normalization over a whole batch each tile */
  int64_t tile_columns;  /* samples in the largest tile; a tile is a part of the batch that is computed at once */
  int64_t tape_bytes;    /* tapes (stored states) of all blocks and workers, which the option "memory_limit" limits */
  int64_t scratch_bytes; /* as sode_gradient_bytes gives for a new object: tapes, gradients, prepared operators, tiles, a vector as long as the parameters */
  uint64_t reserved[8];
} sode_memory_plan;
typedef struct sode_block_memory {
  uint32_t struct_size;
  uint32_t reserved0;
  const char *policy;       /* for "automatic": the policy that it chose */
  int64_t layers;
  int64_t states;           /* states that a tape holds at once */
  int64_t records;          /* records of steps that a tape holds at once */
  int64_t recomputed_steps; /* steps recomputed for one gradient; a forward pass has `layers` steps */
  int64_t tape_bytes;       /* of one worker */
  int64_t total_tape_bytes; /* of all workers */
  uint64_t reserved[8];
} sode_block_memory;
/* memory: as in sode_gradient_create. */
SODE_API sode_status sode_network_memory_plan(sode_network *network, int64_t max_batch, const char *memory, int64_t num_threads, sode_memory_plan *plan);
SODE_API sode_status sode_network_block_memory(sode_network *network, int64_t max_batch, const char *memory, int64_t num_threads, int64_t block,
                                               sode_block_memory *part);

/* Gives a network in whose specification the options of a JSON object are changed: layers, step_sizes, horizon, weights_in_time and its options, onto which
 * the weights are projected. Any other option may change too (gamma, activation, integrator, memory, loss …) if the tensors of a layer keep their names,
 * shapes and precision: the weights stay the same numbers, in another equation. Options that would change a layer's tensors are SODE_ERR_INCOMPATIBLE. The
 * given options change and all others stay: in all blocks, in the one block that "block": i names, or in each block by its own object of "blocks": [{...}, {}]
 * (one per block; {} changes nothing). Options that become meaningless are removed: basis_count with its basis; step_sizes with a new number of layers (a new
 * horizon stretches them). The new parameters are the L2 projections of the present weights as functions of time, for example onto more layers, onto fewer
 * coefficients, or from separate weights per layer onto smooth ones. Weights that the new form can represent, as functions of time, stay the same up to
 * rounding; where layers then read them at other times, scores change by O(h). */
SODE_API sode_status sode_network_project(sode_network *network, const char *text, size_t length, sode_network **projected);
/* Gives a network with each step halved: each block has twice the layers over the same horizon (multi-level learning, Haber & Ruthotto 2017), with weights
 * computed from the present ones. prolongation: "linear" (interpolates between the middles of the layers and extrapolates at the ends; exact for weights
 * linear in time) or "copy". Coefficients of weights_in_time stay as they are. SODE_ERR_UNKNOWN_NAME for another prolongation; SODE_ERR_OUT_OF_RANGE if the
 * network would be too large. */
SODE_API sode_status sode_network_refine(sode_network *network, const char *prolongation, sode_network **finer);
/* Give the network for images of twice the height and width, or of half (Haber, Ruthotto, Holtham & Jun 2017): kernels of 3 pixels become those of the other
 * grid by the Galerkin relation K_H = R K_h P, matrices that read pixels are spread over them or summed, all else stays, and so do kernels with a stride.
 * Restricting what was prolonged gives the same weights up to rounding. SODE_ERR_INCOMPATIBLE for other inputs than images and for other kernels than of 1
 * and 3 pixels; SODE_ERR_SHAPE_MISMATCH for images that cannot be halved (height and width must be even and at least 4, or 1), and where an image inside the
 * network, behind pooling or strides, would have one pixel along an axis at one resolution and more at the other: its kernels have no counterpart. */
SODE_API sode_status sode_network_prolong_images(sode_network *network, sode_network **finer);
SODE_API sode_status sode_network_restrict_images(sode_network *network, sode_network **coarser);
/* Gives the network whose tensors are the weights that this one multiplies by: options opening_norm, readout_norm, a connector's norm and steps "tight" compute
 * them from the tensors, and become "free" and "plain"; all else stays. Scores have the same bits on the same processor. Certificates, certified radii and
 * exports are about weights as they are stored, and need this form; steps "tight" are so near their limit that "non_expansive" may need sode_network_repair, which
 * changes such weights by some 1e-6 of them. Training it further keeps no norm. Without such an option the network is copied. A loss with margins that knows the
 * norm of a convolution only by its option norm becomes softmax_cross_entropy. SODE_ERR_INCOMPATIBLE for layers with steps "tight" whose weights are mixed from
 * coefficients in time; sode_network_project gives each layer its own, with similar scores. */
SODE_API sode_status sode_network_fold_norms(sode_network *network, sode_network **folded);

/* The feed-forward form of a block whose field is linear_activation or linear_cubic (Ruseckas 2019): weights W = I + h w [layers, n, n] and biases
 * B = h b [layers, n] of the layers y -> 𝒉(W y + B), 𝒉(x) = x + h g(x), which the integrator near_identity computes. Setting them sets w = (W - I)/h and
 * b = B/h; biases may be NULL (zeros). Getting a float32 network's weights in float64 arrays and setting them again gives the same bits. */
SODE_API sode_status sode_network_get_feed_forward(sode_network *network, int64_t block, sode_tensor *weights, sode_tensor *biases);
SODE_API sode_status sode_network_set_feed_forward(sode_network *network, int64_t block, const sode_tensor *weights, const sode_tensor *biases);
/* Makes the current block an ordinary feed-forward network y -> activation(W y + B): near_identity over linear_activation with g = (activation - id)/h. */
SODE_API sode_status sode_specification_set_feed_forward(sode_specification *specification, int64_t layers, double horizon, const char *activation);
/* How much a block's final states over a batch differ between its layers and its equation: largest and root mean square difference, of order 1 in h. */
typedef struct sode_near_identity_gap {
  uint32_t struct_size;
  uint32_t reserved0;
  double layers_to_euler_largest, layers_to_euler_rms; /* feed-forward layers against Euler's method with the same weights */
  double layers_to_flow_largest, layers_to_flow_rms;   /* against the flow of the equation */
  double euler_to_flow_largest, euler_to_flow_rms;
  uint64_t reserved[8];
} sode_near_identity_gap;
SODE_API sode_status sode_network_near_identity_gap(sode_network *network, int64_t block, const sode_tensor *features, sode_near_identity_gap *gap);

/* The vector field f(t, y; theta) of a block, the right-hand side of its equation dy/dt = f, with the parameters that the network has now. states [samples, n] are
 * states of the field: y, or (y, z) for fields with momenta; so are values, directions and cotangents. times [samples] lie within 0 ... horizon (rounding as in
 * sode_network_solve); NULL is possible where the weights are the same at all times. A layer with weights of its own has them from its beginning up to its end;
 * bases in time (weights_in_time) are evaluated at exactly t. With known terms the value is f + g(t, y), and times are any of the trajectories'. What the integrator and noise add to f is left out. SODE_ERR_INCOMPATIBLE for a field that reads a
 * sequence, and for an integrator of two fields (revnet, shake_shake, fractal, euler_maruyama); SODE_ERR_INVALID_DATA names the row of a state that is not finite,
 * SODE_ERR_NOT_FINITE that of a result. Work runs on the calling thread. */
SODE_API sode_status sode_network_field(sode_network *network, int64_t block, const sode_tensor *times, const sode_tensor *states, sode_tensor *values);
/* J v + (df/dtheta) d, where J = df/dy, for a direction of the states v [samples, n] and a direction d of all parameters of the network, [parameters]; NULL for
 * either is zero. Gives f (values, may be NULL) and this tangent, both [samples, n]. */
SODE_API sode_status sode_network_field_pushforward(sode_network *network, int64_t block, const sode_tensor *times, const sode_tensor *states,
                                                    const sode_tensor *parameter_direction, const sode_tensor *state_direction, sode_tensor *values,
                                                    sode_tensor *tangent);
/* The transpose, of a cotangent w [samples, n] of f: (df/dtheta)^T w summed over the samples, [parameters], and J^T w, [samples, n]; either may be NULL. */
SODE_API sode_status sode_network_field_pullback(sode_network *network, int64_t block, const sode_tensor *times, const sode_tensor *states,
                                                 const sode_tensor *cotangent, sode_tensor *parameter_gradient, sode_tensor *state_gradient);

/* ---- 12 Introspection ---------------------------------------------------------------------------------------------------------------- */

/* The names "registries" and "scopes" list all registries and all option scopes. Registries: fields, operators, connectors, normalizations, integrators,
 * activations, architectures, biases, openings, readouts, losses, optimizers, schedules, regularizers, trajectory_terms, constraints, time_bases,
 * memory_policies, noises, metrics, prolongations, problems, certificates. */
SODE_API sode_status sode_registry_count(const char *registry, int64_t *count);
SODE_API sode_status sode_registry_at(const char *registry, int64_t index, const char **name, const char **help);

/* The functions for integers set a SODE_OPTION_BOOL, to 0 or 1; JSON may say false or true too. */
enum { SODE_OPTION_INT = 1, SODE_OPTION_REAL = 2, SODE_OPTION_TEXT = 3, SODE_OPTION_BOOL = 4 };
typedef struct sode_option_info {
  uint32_t struct_size;
  int32_t type;             /* SODE_OPTION_… */
  const char *key;
  const char *unit;
  const char *help;
  const char *allowed;      /* in words: ">= 1", "one of tanh, relu" */
  const char *choices;      /* the allowed texts, separated by commas; NULL when free */
  int64_t int_default, int_low, int_high;
  double real_default, real_low, real_high;
  const char *text_default;
  const char *taken_by;     /* choices of other options that take this one (others refuse it): "field=linear_cubic", "a=x,y;b=z"; NULL: always taken */
  int32_t required;         /* 1: it has no default and must be set */
  int32_t automatic;        /* 1: chosen to suit the network or the data; the default above is the fixed one, which holds where none is chosen */
  uint64_t reserved[6];
} sode_option_info;
/* A scope is network, block, connector, architecture, trainer, stability_report, mechanics or certificate; or a choice of an option, such as "field=antisymmetric" or
 * "optimizer=sgd", for the
 * options that only this choice takes. share/doc/stableode/options.md and the manual page stableode(7), both installed with the library, list all options. */
SODE_API sode_status sode_option_count(const char *scope, int64_t *count);
SODE_API sode_status sode_option_at(const char *scope, int64_t index, sode_option_info *info);

/* ---- 13 Memory ------------------------------------------------------------------------------------------------------------------------- */

typedef struct sode_allocator {
  uint32_t struct_size;
  uint32_t reserved0;
  void *(*allocate)(size_t size, size_t alignment, void *user_data); /* returns NULL when out of memory */
  void (*release)(void *memory, size_t size, void *user_data);
  void *user_data;
  uint64_t reserved[4];
} sode_allocator;
/* Call it before anything else is created; later it returns SODE_ERR_STATE. The allocator serves all arrays: parameters, data, scratch memory, tapes, and files
 * while they are read or written. sode_set_memory_limit and sode_memory_usage count the same arrays. All three leave out the small objects that Swift's runtime
 * allocates with malloc (objects behind handles, texts, lists of a network's tensors) and the stacks of threads. */
SODE_API sode_status sode_set_allocator(const sode_allocator *allocator);
/* A call whose arrays would exceed the limit returns SODE_ERR_MEMORY; 0 = no limit. It also does so if the system has no room for an array of 64 MB or more
 * (standard allocator only). Other memory whose size depends on the caller (texts while they are read) counts too; small objects of a fixed size do not,
 * nor do the stacks of threads and of the tiles of a training batch under batch normalization (512 KB of addresses each).
 * A network keeps the scratch memory of its last prediction of at most 64 samples, up to 1 MB, which counts as well. It is given up when a prediction, predictor,
 * gradient, evaluation or training of the same network would exceed the limit, or when its parameters change. */
SODE_API sode_status sode_set_memory_limit(int64_t bytes);
/* Bytes of all arrays now, and their largest number since the last reset; either may be NULL. */
SODE_API sode_status sode_memory_usage(int64_t *current, int64_t *peak);
SODE_API sode_status sode_reset_memory_peak(void);

/* ---- 14 Analysis: what can be measured of a network's stability --------------------------------------------------------------------------- */

/* A report is a JSON document and arrays of float64 by name, which never change; any number of threads may read it. In its arrays NaN stands for what was left
 * out, which the document's "omitted" lists with the reason. A report measures a network with its present parameters along the given samples; it proves nothing
 * about others. Every statement in it names the sense in which something is stable or not, such as "absolute stability of euler for the frozen Jacobians". */
typedef struct sode_report sode_report;
/* The stability report. features: at most 1024 samples, each followed by itself. options: a JSON object of scope "stability_report", or NULL: dense_limit,
 * singular_values, lanczos_steps, depths, lyapunov_exponents, region_points. All numbers are computed in float64 with the network's parameters.
 * Layers are counted through all blocks, L of them; S samples. Arrays: layers [L, 3] (block, number in it, step size), weight_change [L], eigenvalues [S, L, n, 2]
 * of the frozen Jacobians (real, imaginary), stability_radius [S, L] (largest |R(h lambda)| of the scheme, found by applying the scheme to the linear test
 * equation), largest_step [S, L], amplification [S, L] (spectral radius of a step's own Jacobian), log_norm_2 and log_norm_inf [S, L], singular_values
 * [S, depths, k] and singular_range [S, depths, 2] of dY_N/dY_j at the depths singular_depths, lyapunov_exponents [S, blocks, m], energy_change [S, L],
 * state_norms [S, L, 2], region [blocks, p, p] and region_extent [blocks, 4]; and for linear_multistep multistep_k [L, 3], effective_time and acceleration [L]
 * of its modified equation. sode_report_array_at gives the meaning of each.
 * Source: Haber & Ruthotto 2017, section 2; Lu et al. 2018; Golub & Kahan 1965; Benettin et al. 1980. SODE_ERR_OUT_OF_RANGE for more than 16 384 layers. */
SODE_API sode_status sode_network_stability_report(sode_network *network, const sode_tensor *features, const char *options, size_t length,
                                                   sode_report **report);
/* The mechanics of a network (Ruseckas 2019): momenta a = dloss/dy beside the states, H = a.f(y, theta), and what Hamilton's equations say of them. Momenta begin
 * with the gradient of the network's loss at targets (as in sode_dataset_create), or with a cotangent [S, outputs] of the scores; one of the two is NULL.
 * symmetry: a matrix G [n, n], n numbers in the visible state of every block, for which a.Gy is observed (Noether); or NULL. options: scope "mechanics":
 * dense_limit, momenta. P points: the states before and after the layers of each block. Arrays: points [P, 3] (block, number, time), momenta [S, P, n],
 * hamiltonian [S, P], hamiltonian_rate [S, L, 3], hamilton_residual [S, L, 2], lagrangian [S, L], divergence [S, P], log_determinant [S, L, 2],
 * log_density_change, phase_determinant and symplectic_defect [S, blocks], entropy_change [blocks, 2], p_dot_v [S, links + 1]; with a symmetry noether and
 * symmetry_defect [S, P]. SODE_ERR_INCOMPATIBLE for targets where the loss has margins (margin_radius > 0), which are not computed here. */
SODE_API sode_status sode_network_mechanics(sode_network *network, const sode_tensor *features, const sode_tensor *targets, const sode_tensor *cotangent,
                                            const sode_tensor *symmetry, const char *options, size_t length, sode_report **report);
/* Tests the library's derivatives at the given samples in the network's precision, link by link (connectors, layers): for random v and p, p.Jv must equal
 * (J^T p).v up to rounding, and likewise for the parameters of each layer. The document's "holds" says whether all do, its statements name the worst link.
 * Arrays: state_difference [S, links], parameter_difference [S, groups]. The trainer's option check_derivatives does the same at the end of training. */
SODE_API sode_status sode_network_check_derivatives(sode_network *network, const sode_tensor *features, sode_report **report);
/* Writes the document, zero-terminated; size query as in sode_specification_json. Numbers that are not finite are null. */
SODE_API sode_status sode_report_json(sode_report *report, char *buffer, size_t capacity, size_t *needed);
SODE_API sode_status sode_report_array_count(sode_report *report, int64_t *count);
/* The name, extents (shape must have room for 4) and meaning of an array; results may be NULL. */
SODE_API sode_status sode_report_array_at(sode_report *report, int64_t index, const char **name, int32_t *ndim, int64_t *shape, const char **help);
/* Copies an array into one of float64 with the same extents. */
SODE_API sode_status sode_report_get_array(sode_report *report, const char *name, sode_tensor *values);
SODE_API void sode_report_free(sode_report *report);

/* ---- 15 Certificates ------------------------------------------------------------------------------------------------------------------- */

/* A statement about a network as it was when the certificate was made: a theorem, its hypotheses with their numbers, and a verdict. Nothing is called stable
 * without the sense of the word. SODE_PROVED: every hypothesis holds by upper bounds that are rounded outward. SODE_REFUTED: the certificate has a witness (two
 * inputs, two states, a vector and a layer, or a k) from which anyone can compute the violation. SODE_NOT_PROVABLE: the certificate says why, and where it can what
 * would make the statement provable (the largest step, the smallest gamma, a factor for the weights, the distance to the nearest weights). */
typedef struct sode_certificate sode_certificate;
enum { SODE_PROVED = 1, SODE_REFUTED = 2, SODE_NOT_PROVABLE = 3 };
/* Proves a statement of the registry "certificates". options: a JSON object with the statement's options (scope "certificate"), or NULL. input: the one input,
 * [inputs] or [1, inputs], that "certified_radius" is about; NULL for all other statements. What no theorem is known for is no error but SODE_NOT_PROVABLE.
 * SODE_ERR_UNKNOWN_NAME for another statement; SODE_ERR_INVALID_ARGUMENT for an input that is missing or not asked for. Cost: the norms of all operators once,
 * about n^3 operations for a matrix of n rows. */
SODE_API sode_status sode_network_certify(sode_network *network, const char *statement, const char *options, size_t length, const sode_tensor *input,
                                          sode_certificate **certificate);
/* SODE_PROVED, SODE_REFUTED or SODE_NOT_PROVABLE; and a number of the result by its name, such as "lipschitz" or "radius" (SODE_ERR_UNKNOWN_NAME for another). */
SODE_API sode_status sode_certificate_verdict(sode_certificate *certificate, int32_t *verdict);
SODE_API sode_status sode_certificate_number(sode_certificate *certificate, const char *name, double *value);
/* The whole certificate as JSON text, bound to the bytes that sode_network_save writes by their SHA-256. share/doc/stableode/certificate_format.md says how it is
 * checked without this library. Size query as in sode_specification_json. */
SODE_API sode_status sode_certificate_json(sode_certificate *certificate, char *buffer, size_t capacity, size_t *needed);
SODE_API void sode_certificate_free(sode_certificate *certificate);
/* Gives the network with the nearest weights for which a statement is proved: step_size, non_expansive, contraction, energy, absolute_stability, zero_stability, or
 * lipschitz_l2, also on a box, or lipschitz_linf with a limit (arguments as above). The numbers k of linear_multistep are moved into (-1, 1]; rows of the readout are
 * projected on the ball of l1 that a limit of lipschitz_linf allows. Of the layers whose conditions fail, for lipschitz_l2 of the readout, the singular values of
 * matrices above what the conditions allow become that, which is nearest in the spectral and the Frobenius norm (Higham 1989; up to 1e-5 of the norm, for bounds and roundings, or up to
 * 2 % where bounds are so loose that less is not provable); where a product of two norms is too large, both matrices are clipped in the same ratio; kernels of
 * convolutions are multiplied by a factor. distance: the Frobenius norm of the change of all tensors, rounded up; may be NULL. What is proved already is copied.
 * SODE_ERR_INCOMPATIBLE, with the reason and with what else helps, where no change of the weights is known. Cost: 60 n^3 operations or so for a matrix of n rows. A
 * certificate that is not proved has the distance in its repair, as "distance", if it is computed within about a second. */
SODE_API sode_status sode_network_repair(sode_network *network, const char *statement, const char *options, size_t length, double *distance,
                                         sode_network **repaired);
/* Certified radii of a batch: radii [samples] (f32, f64; rounded down) in the unit of the features, and classes [samples] (integers or floats; may be NULL). Every
 * input of the features' type within the radius of a sample, in the Euclidean norm, gets the sample's class from this library in the network's precision, its
 * rounding errors included: that of the scores, as sode_network_predict gives it (probabilities of nearly equal scores may round to equal numbers);
 * 0 where nothing can be proved. A network without classes, or of whose parts no bound is known, is SODE_ERR_INCOMPATIBLE, which names the reason. Rows without
 * a result are errors as in sode_network_predict. */
SODE_API sode_status sode_network_certified_radius(sode_network *network, const sode_tensor *features, int64_t num_threads, sode_tensor *classes,
                                                   sode_tensor *radii);

#ifdef __cplusplus
}
#endif
#endif /* STABLEODE_H */
