/*
 * StableODE: create, train and evaluate stable ODE networks.
 *
 * A deep network is read as a discretized differential equation dy/dt = f(y; theta(t)), whose stability is designed in
 * (Haber & Ruthotto 2017, Ruseckas 2019, Lu et al. 2018). This header is the library's specification; it goes from simple to expert:
 *
 *   1 versions      2 status        3 tensors       4 specification   5 network        6 data
 *   7 training      8 prediction    9 files        10 derivatives    11 equations     12 introspection
 *  13 memory
 *
 * Every option, registry and layout of sequences is listed by the library itself (section 12), in share/doc/stableode/options.md and in the manual page
 * stableode(7), both made from these lists and installed with the library.
 *
 * The whole way in one program (examples/c/peaks.c):
 *
 *   // Trains a stable ODE network on the peaks problem and classifies one point. Build: cc peaks.c $(pkg-config --cflags --libs stableode)
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
 *   network             any number of readers     immutable while in use: training and set calls swap in new parameters whole; predictors made
 *                                                 before keep the parameters they were made with
 *   dataset             any number of readers     immutable
 *   predictor, gradient one thread at a time      each holds its own scratch: make one a thread
 *   trainer             one thread at a time      callbacks come on the calling thread, under no lock
 *   cancel token        any thread, any signal    request is lock-free and async-signal-safe
 *   The library starts threads only when asked (num_threads) and joins them before the call returns: fork() between calls is safe.
 *
 * OWNERSHIP
 *   tensors passed in   borrowed for the call; sode_dataset_retain alone keeps them, until its release callback
 *   tensors passed out  the caller's memory, of the shape the function documents; any strides
 *   handles             free with their sode_*_free, in any order (a child holds what it needs); free(NULL) does nothing;
 *                       use after free, double free and handles of another kind are errors, not crashes
 *   strings returned    live as long as the library, but sode_last_error_message: until this thread's next failing call
 *   on error            out-parameters are untouched and the object is as before; only `needed` is set by SODE_ERR_BUFFER_TOO_SMALL
 *
 * CALLBACKS
 *   A callback may call every function of the library with objects that the running call does not hold, and may read the network and the data sets
 *   that it does hold. What one thread at a time may use (the trainer, gradient or predictor at work) is SODE_ERR_HANDLE_BUSY to it, but for the calls that
 *   its function names. A callback may free any handle: the object goes when the running call has ended. Allocators and release functions call nothing here.
 *
 * TIME
 *   Long calls end within 100 ms of the request of a cancel token or of their time limit (sode_limits; for any call: sode_set_thread_limits), and
 *   report or tick at least every 100 ms. A call that ended early returns a positive status; its outputs and objects are as before it. Training
 *   keeps the steps it has taken; the one that was cut is taken anew when it goes on.
 *
 * VERSIONS
 *   Semantic versioning; soname libstableode.so.0. Functions and status numbers are only ever added. Structs begin with struct_size
 *   (set it to sizeof) and end in reserved zeros, so that old programs run with new libraries and new programs with old ones.
 *   Model files of every release stay loadable.
 *
 * NUMBERS
 *   A batch is samples x features. Layers act on each sample as K*y + b, K being outputs x inputs. On one instruction set the same inputs
 *   give the same bits for any number of threads and any split of a batch.
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
/* Compare with sode_version_number(): the library's must have the same major and at least this number. */
#define SODE_VERSION_NUMBER (SODE_VERSION_MAJOR * 10000 + SODE_VERSION_MINOR * 100 + SODE_VERSION_PATCH)

SODE_API int32_t sode_version_number(void);
/* "0.2.0" */
SODE_API const char *sode_version_text(void);
/* One line for bug reports: version, compiler, BLAS and how its products on several threads are kept apart, the CPU's instruction sets and the one in use. */
SODE_API const char *sode_build_info(void);

/* ---- 2 Status --------------------------------------------------------------------------------------------------------------------- */

/* 0 is success; negative numbers are errors; positive ones say why work ended early. X(NAME, number, text). Pinned for ever. */
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

/* "SODE_ERR_SHAPE_MISMATCH"; "SODE_UNKNOWN_STATUS" for a number that is none. */
SODE_API const char *sode_status_name(sode_status status);
SODE_API const char *sode_status_text(sode_status status);
/* The sentence about this thread's last failing call: what was wrong, what was given, what is allowed. "" before any. */
SODE_API const char *sode_last_error_message(void);
/* The rows that this thread's last prediction with SODE_ROWS_OR_NAN, or its last solve, left without a result: how many, and each one's number in the caller's
 * batch, status and reason, rows ascending. Texts live until the thread's next such call. */
SODE_API sode_status sode_failed_row_count(int64_t *count);
SODE_API sode_status sode_failed_row_at(int64_t index, int64_t *row, sode_status *reason, const char **text);

/* Where not said otherwise, callbacks return 0 to go on, > 0 to stop gracefully (SODE_STOPPED_BY_CALLBACK), < 0 to fail with SODE_ERR_CALLBACK_FAILED. */
/* An exception of C++ that leaves a callback ends the call with SODE_ERR_CALLBACK_FAILED and what() in the message; every object stays usable. One that leaves
 * an allocator counts as no memory; one that leaves a release function goes nowhere. A callback must not leave by longjmp, nor end its thread. */

/* ---- 3 Tensors -------------------------------------------------------------------------------------------------------------------- */

/* Field for field a DLTensor of DLPack: pass a pointer to either. CPU memory only (device_type 1). */
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

/* A dense row-major tensor over memory and a shape of the caller's. */
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

/* A text's length argument: bytes, or this for a text that ends in a zero byte. */
#define SODE_TEXT_END ((size_t)-1)

/* ---- 4 Specification: what a network is -------------------------------------------------------------------------------------------- */

typedef struct sode_specification sode_specification;

/* A specification with every option at its default and one block; inputs and outputs have no default and must be set. Options (listed by sode_option_at, scopes
 * "network" and "block"): network: precision, inputs, outputs, opening, width, readout, loss, seed …; block: field, activation, bias, gamma, integrator, layers,
 * horizon, memory, initial_scale …. An option of scope "block" sets the current block, which is the last one.
 * Sequences: with opening "sequence" or "sequence_dense" a sample's features are its steps one after the other, each as sequence_layout says: "values" (channels
 * numbers), "times_values" (a time, then the channels) or "times_values_mask" (besides, a mask for each channel). Recurrent fields without interpolation read
 * step i in layer i and read no times; with interpolation a path through the observations is read, and times say where it goes. */
SODE_API sode_status sode_specification_create(sode_specification **specification);
SODE_API sode_status sode_specification_set_int(sode_specification *specification, const char *key, int64_t value);
SODE_API sode_status sode_specification_set_real(sode_specification *specification, const char *key, double value);
SODE_API sode_status sode_specification_set_text(sode_specification *specification, const char *key, const char *value);
/* A JSON object of options, applied wholly or not at all. "blocks": [{…}, …] replaces the blocks: each has the defaults, the block options beside "blocks", and
 * its own. Without "blocks", block options set the current block. (sode_network_project, where a network exists, changes all blocks.) */
SODE_API sode_status sode_specification_set_json(sode_specification *specification, const char *text, size_t length);
/* Appends a block (a copy of the current one), which becomes the current one. */
SODE_API sode_status sode_specification_add_block(sode_specification *specification);
/* The specification as JSON, zero-terminated. Size query: buffer NULL and capacity 0 give the bytes needed, the final zero included. */
SODE_API sode_status sode_specification_json(sode_specification *specification, char *buffer, size_t capacity, size_t *needed);
SODE_API void sode_specification_free(sode_specification *specification);

/* ---- 5 Network --------------------------------------------------------------------------------------------------------------------- */

typedef struct sode_network sode_network;
typedef struct sode_dataset sode_dataset;

/* Validates the whole specification and makes the network with parameters initialized from the option "seed". */
SODE_API sode_status sode_network_create(sode_specification *specification, sode_network **network);
SODE_API sode_status sode_network_create_json(const char *text, size_t length, sode_network **network);
SODE_API sode_status sode_network_copy(sode_network *network, sode_network **copy);
SODE_API sode_status sode_network_json(sode_network *network, char *buffer, size_t capacity, size_t *needed);

typedef struct sode_network_info {
  uint32_t struct_size;
  int32_t precision_bits; /* 32 or 64 */
  int64_t inputs;         /* features a sample */
  int64_t outputs;        /* scores a sample */
  int64_t blocks;
  int64_t parameters;     /* numbers, all tensors together */
  int64_t tensors;        /* named parameter tensors */
  int32_t checksum;       /* SODE_CHECKSUM_… */
  uint32_t reserved0;
  uint64_t reserved[7];
} sode_network_info;
/* The network was not loaded from a file or memory; its file's checksum was right; its file, written by another program, had none. */
enum { SODE_CHECKSUM_NOT_LOADED = 0, SODE_CHECKSUM_RIGHT = 1, SODE_CHECKSUM_ABSENT = 2 };
SODE_API sode_status sode_network_describe(sode_network *network, sode_network_info *info);

/* Parameters by name: "opening.W" [width, inputs], "blocks.0.K" [layers, n, n], "blocks.0.b" [layers, n or 1], "readout.W" [outputs, n],
 * "readout.b" [outputs]. shape holds at least 4 entries. */
SODE_API sode_status sode_network_parameter_at(sode_network *network, int64_t index, const char **name, int32_t *ndim, int64_t *shape);
SODE_API sode_status sode_network_get_parameter(sode_network *network, const char *name, sode_tensor *value);
SODE_API sode_status sode_network_set_parameter(sode_network *network, const char *name, const sode_tensor *value);
/* All parameters at once, [parameters], in the order of sode_network_parameter_at. */
SODE_API sode_status sode_network_get_parameters(sode_network *network, sode_tensor *values);
SODE_API sode_status sode_network_set_parameters(sode_network *network, const sode_tensor *values);
/* Draws new parameters. */
SODE_API sode_status sode_network_initialize(sode_network *network, uint64_t seed);
/* Each feature enters as (x - shift)*scale; both [inputs]; both NULL removes. Kept with the model in float64 and applied to features of float64, int32 and int64
 * in float64 before they are rounded to the network's precision: seconds around 1.7e9 stay apart. (int64 past 2^53 loses nothing if shift is near.) Times and
 * masks of sequences are left out: they enter as they are, with shift 0 and scale 1. get without a normalization is SODE_ERR_STATE. */
SODE_API sode_status sode_network_set_normalization(sode_network *network, const sode_tensor *shift, const sode_tensor *scale);
/* Fits it to training data: shift = mean, scale = 1/standard deviation of each feature; a feature that never changes gets scale 1 and enters as 0. Of
 * sequences each channel has one shift and scale for all steps, of its observations: what is masked or padded does not count. Times and masks are left out. */
SODE_API sode_status sode_network_fit_normalization(sode_network *network, sode_dataset *dataset);
SODE_API sode_status sode_network_get_normalization(sode_network *network, sode_tensor *shift, sode_tensor *scale);
/* Notes of the caller's own, a text for each key: names of classes and features, where the data came from. They stay with copies, model files, checkpoints and
 * refined or projected networks; in files they stand in the safetensors metadata, where any program reads them. NULL removes a key. Keys have 1 … 256 bytes; all
 * together 1 MB. SODE_ERR_INVALID_ARGUMENT for keys of the file itself (format, format_version, library_version, specification, checksum, training, "stableode."…). */
SODE_API sode_status sode_network_set_metadata(sode_network *network, const char *key, const char *value);
/* The text under a key, zero-terminated; size query as in sode_specification_json. SODE_ERR_UNKNOWN_NAME when there is none. */
SODE_API sode_status sode_network_get_metadata(sode_network *network, const char *key, char *buffer, size_t capacity, size_t *needed);
SODE_API sode_status sode_network_metadata_count(sode_network *network, int64_t *count);
/* A key, in ascending order. */
SODE_API sode_status sode_network_metadata_at(sode_network *network, int64_t index, char *key, size_t capacity, size_t *needed);
SODE_API void sode_network_free(sode_network *network);

/* ---- 6 Data ------------------------------------------------------------------------------------------------------------------------ */

/* features [samples, inputs] of any numeric type; targets [samples] or [samples, outputs]. The network's loss reads targets of one axis as class labels, whole
 * numbers 0 … classes-1, or, if it is least_squares with one output, as values; targets of two axes are values. Every number must be finite: an error names row
 * and column; a label that is no class of a network is SODE_ERR_INVALID_DATA where the two meet. create copies (in the given type); retain keeps pointing at the
 * caller's features and values (labels are copied) and calls release(user_data), if not NULL, when they are no longer needed; never when it fails. */
SODE_API sode_status sode_dataset_create(const sode_tensor *features, const sode_tensor *targets, sode_dataset **dataset);
SODE_API sode_status sode_dataset_retain(const sode_tensor *features, const sode_tensor *targets, void (*release)(void *user_data),
                                         void *user_data, sode_dataset **dataset);
/* IDX files (MNIST's format), gzip or plain. Images become [samples, rows*columns] of u8. */
SODE_API sode_status sode_dataset_load_idx(const char *images_path, const char *labels_path, sode_dataset **dataset);
/* A closed-form problem of the papers (registry "problems": ellipses, swiss_roll, peaks). counts of 0 mean the paper's. */
SODE_API sode_status sode_dataset_create_problem(const char *name, int64_t training_count, int64_t validation_count, uint64_t seed,
                                                 sode_dataset **training, sode_dataset **validation);
/* The samples start … start+count-1, sharing memory. */
SODE_API sode_status sode_dataset_slice(sode_dataset *dataset, int64_t start, int64_t count, sode_dataset **slice);
/* The same samples, sharing memory, with weights [samples] >= 0: what each counts in the training loss, sum w l / sum w over a batch. Evaluation, metrics and
 * validation count every sample once. */
SODE_API sode_status sode_dataset_weighted(sode_dataset *dataset, const sode_tensor *weights, sode_dataset **weighted);
/* Fold 0 … folds-1 of a cross-validation: its samples, and the others. Shuffled by seed; each class is dealt out evenly (counts differ by one at most).
 * Copies the samples, in the order they have in the data set. */
SODE_API sode_status sode_dataset_fold(sode_dataset *dataset, int64_t folds, int64_t fold, uint64_t seed, sode_dataset **training,
                                       sode_dataset **validation);

typedef struct sode_dataset_info {
  uint32_t struct_size;
  int32_t target_kind; /* 0 class labels, or whole numbers >= 0 that may be values too; 1 values */
  int64_t samples;
  int64_t features;
  int64_t targets;       /* classes (largest label + 1), or values a sample */
  sode_data_type feature_type;
  int32_t is_weighted;   /* 1: by sode_dataset_weighted */
  uint64_t reserved[8];
} sode_dataset_info;
SODE_API sode_status sode_dataset_describe(sode_dataset *dataset, sode_dataset_info *info);
/* Copies out; either may be NULL. Features and values as f32, f64 or their own type (one value a sample as [samples] or [samples, 1]); labels as i32 or i64
 * [samples]. */
SODE_API sode_status sode_dataset_get(sode_dataset *dataset, sode_tensor *features, sode_tensor *targets);
/* Copies out the weights [samples], f32 or f64: 1 each of a dataset without. */
SODE_API sode_status sode_dataset_get_weights(sode_dataset *dataset, sode_tensor *weights);
SODE_API void sode_dataset_free(sode_dataset *dataset);

/* ---- 7 Training -------------------------------------------------------------------------------------------------------------------- */

typedef struct sode_trainer sode_trainer;
typedef struct sode_cancel_token sode_cancel_token;

/* What a training run reports. */
enum { SODE_PROGRESS_EPOCH = 1, SODE_PROGRESS_STEP = 2 };
typedef struct sode_progress {
  uint32_t struct_size;
  int32_t kind;               /* SODE_PROGRESS_EPOCH at each epoch's end; SODE_PROGRESS_STEP between, at least every 100 ms */
  int64_t epoch;              /* epochs completed */
  int64_t step;               /* optimizer steps taken */
  double epoch_fraction;      /* of the running epoch, 0 … 1 */
  double training_loss;       /* mean over the epoch so far, regularizers excluded */
  double training_accuracy;   /* fraction; NaN for least_squares */
  double validation_loss;     /* NaN without validation data or between epochs */
  double validation_accuracy;
  double learning_rate;
  double seconds;             /* of training, over all runs */
  int32_t is_best;            /* this epoch's iterate is the best so far of its level */
  int32_t level;              /* how often the network was refined before (sode_trainer_refine); epoch counts from there */
  double work;                /* gradients over the whole training set that the work so far is worth, over all runs; a forward pass counts 1/3 */
  double validation_metric;   /* the figure that chooses the iterate to keep; NaN as validation_loss */
  double objective;           /* what steps minimize, mean over the epoch so far: training_loss with all regularizers (adamw's decay is none) */
  uint64_t reserved[5];
} sode_progress;
typedef int32_t (*sode_callback)(const sode_progress *progress, void *user_data);

/* Called on the calling thread about every 50 ms, wherever its work stands: returns as callbacks do. */
typedef int32_t (*sode_tick)(void *user_data);
typedef struct sode_limits {
  uint32_t struct_size;
  uint32_t reserved0;
  int64_t epochs;             /* training: at most so many more epochs in this run; 0 = up to the option "epochs" */
  int64_t milliseconds;       /* at most so long in this call; 0 = no limit */
  sode_cancel_token *cancel;  /* or NULL */
  sode_tick tick;             /* or NULL */
  void *user_data;            /* of tick */
  uint64_t reserved[6];
} sode_limits;

/* Options: scope "trainer" (optimizer, learning_rate, batch_size, epochs, schedule, weight_decay, smoothness, patience, num_threads …). */
SODE_API sode_status sode_trainer_create(sode_network *network, sode_trainer **trainer);
SODE_API sode_status sode_trainer_set_int(sode_trainer *trainer, const char *key, int64_t value);
SODE_API sode_status sode_trainer_set_real(sode_trainer *trainer, const char *key, double value);
SODE_API sode_status sode_trainer_set_text(sode_trainer *trainer, const char *key, const char *value);
SODE_API sode_status sode_trainer_set_json(sode_trainer *trainer, const char *text, size_t length);
/* The present value of an option, its default included. For texts and for all options as a JSON object: a size query as in sode_specification_json. */
SODE_API sode_status sode_trainer_get_int(sode_trainer *trainer, const char *key, int64_t *value);
SODE_API sode_status sode_trainer_get_real(sode_trainer *trainer, const char *key, double *value);
SODE_API sode_status sode_trainer_get_text(sode_trainer *trainer, const char *key, char *buffer, size_t capacity, size_t *needed);
SODE_API sode_status sode_trainer_json(sode_trainer *trainer, char *buffer, size_t capacity, size_t *needed);
SODE_API sode_status sode_trainer_set_callback(sode_trainer *trainer, sode_callback callback, void *user_data);
/* What samples of each class count in the training loss, [classes] >= 0, beside weights of the samples; NULL: all alike (option class_weights: balanced). Before
 * the first run, later SODE_ERR_STATE; for losses of classes, else SODE_ERR_INCOMPATIBLE. */
SODE_API sode_status sode_trainer_set_class_weights(sode_trainer *trainer, const sode_tensor *weights);
/* A loss of the caller's for a tile of samples. scores [samples, outputs]; targets: labels [samples] of i32, or values [samples, outputs]; losses [samples] of
 * f64 and, unless it is NULL, gradient [samples, outputs], the derivative of each sample's own loss by its scores, are to be written. Tensors have strides and
 * last for the call; their numbers have the network's precision. 0: done; else, and where a result is not finite, the work ends with
 * SODE_ERR_CALLBACK_FAILED. It is called on the thread that called the library: work with a loss of the caller's uses one thread. */
typedef int32_t (*sode_loss_function)(const sode_tensor *scores, const sode_tensor *targets, sode_tensor *losses, sode_tensor *gradient, void *user_data);
/* A metric of the caller's over the whole validation data at each epoch's end: scores of f64; the value must be finite. */
typedef int32_t (*sode_metric_function)(const sode_tensor *scores, const sode_tensor *targets, double *value, void *user_data);
/* Training and validation loss instead of the network's (NULL), whose kind of targets stays; before the first run, or after loading. gauss_newton, varpro and
 * block_coordinate, which need its second derivatives, refuse it. */
SODE_API sode_status sode_trainer_set_loss(sode_trainer *trainer, sode_loss_function loss, void *user_data);
/* Chooses the iterate to keep, instead of the option "metric"; NULL: the option's. Before the first run, or after loading. */
SODE_API sode_status sode_trainer_set_metric(sode_trainer *trainer, sode_metric_function metric, int32_t larger_is_better, void *user_data);
/* Exponential range test on a copy of the iterate; the trainer stays as it is: a step at each of `steps` rates from low to high, in equal ratios. curve [steps, 2]
 * (may be NULL): rate, and loss of the batch before that step; NaN once it is no longer finite or four times its least. suggestion: where the smoothed loss
 * falls fastest; NaN where it never does. */
SODE_API sode_status sode_trainer_find_learning_rate(sode_trainer *trainer, sode_dataset *training, double low, double high, int64_t steps,
                                                     sode_tensor *curve, double *suggestion);
/* Trains, and goes on bit for bit where an earlier run stopped; parameters that were set in the network since then become the iterate, the optimizer's vectors
 * staying. In the trainer's callback sode_trainer_save and sode_trainer_history_* may be called with it, and everything with other objects; parameters that the
 * callback sets are trained on. Other calls with the trainer are SODE_ERR_HANDLE_BUSY. validation and limits may be NULL. With validation data the network holds
 * the best iterate when the run returns, however it ended; without, the last. Returns 0 or a positive status for an early end. */
SODE_API sode_status sode_trainer_run(sode_trainer *trainer, sode_dataset *training, sode_dataset *validation, const sode_limits *limits);
/* One row an epoch, as its SODE_PROGRESS_EPOCH reported it. */
SODE_API sode_status sode_trainer_history_count(sode_trainer *trainer, int64_t *count);
SODE_API sode_status sode_trainer_history_at(sode_trainer *trainer, int64_t index, sode_progress *row);
SODE_API void sode_trainer_free(sode_trainer *trainer);
/* Multi-level learning: a network with each step halved (sode_network_refine) and a trainer that goes on with it, its options, optimizer's state and history
 * carried over. It begins from the parameters the coarse network holds, its epochs count anew, and its rows say level + 1. Both are the caller's to free. */
SODE_API sode_status sode_trainer_refine(sode_trainer *trainer, const char *prolongation, sode_network **network, sode_trainer **finer);
/* Trains for the option "epochs" and refines, until the deepest block has `layers` layers (its present number times a power of 2) and these are trained too.
 * limits counts over all levels. Gives the network and trainer of the level it ended at: run it again with these to go on after an early end; the history has
 * a row for each epoch of each level. Where it ended at the trainer's own level both are NULL. Returns as sode_trainer_run. */
SODE_API sode_status sode_multilevel_run(sode_trainer *trainer, int64_t layers, const char *prolongation, sode_dataset *training, sode_dataset *validation,
                                         const sode_limits *limits, sode_network **network, sode_trainer **finest);

SODE_API sode_status sode_cancel_token_create(sode_cancel_token **token);
/* Lock-free and async-signal-safe, and so without a message on failure. Work under the token ends within 100 ms with SODE_CANCELLED. */
SODE_API sode_status sode_cancel_token_request(sode_cancel_token *token);
SODE_API sode_status sode_cancel_token_reset(sode_cancel_token *token);
SODE_API void sode_cancel_token_free(sode_cancel_token *token);
/* Limits for every call that this thread makes from now on; NULL takes them back. milliseconds count for each call anew, epochs must be 0. A call that they end
 * returns SODE_CANCELLED, SODE_TIME_LIMIT or SODE_STOPPED_BY_CALLBACK within 100 ms, as positive numbers; its outputs and objects are as before it. A call with
 * sode_limits of its own keeps to both. The token may be freed only after the limits are taken back: calls then are SODE_ERR_INVALID_HANDLE. */
SODE_API sode_status sode_set_thread_limits(const sode_limits *limits);

/* ---- 8 Prediction ------------------------------------------------------------------------------------------------------------------ */

/* What prediction gives: scores (the readout's outputs) [samples, outputs]; probabilities (softmax or logistic; least_squares: the scores);
 * classes [samples] as integers. An error names the first row without a result, and the result array is as it was: a feature that is not finite or too large for the
 * network's precision (SODE_ERR_INVALID_DATA, with its column), scores that are not finite (SODE_ERR_NOT_FINITE), a step that failed. With SODE_ROWS_OR_NAN added such rows
 * become NaN (class -1), the others are predicted, and the call returns SODE_ROWS_WITHOUT_RESULT; sode_failed_row_at has the reasons. */
enum { SODE_SCORES = 0, SODE_PROBABILITIES = 1, SODE_CLASSES = 2, SODE_ROWS_OR_NAN = 0x100 };

typedef struct sode_evaluation {
  uint32_t struct_size;
  uint32_t reserved0;
  int64_t samples;
  double loss;      /* mean */
  double accuracy;  /* fraction; NaN for least_squares */
  uint64_t reserved[8];
} sode_evaluation;
/* num_threads 0 = the CPUs of the affinity mask. */
SODE_API sode_status sode_network_evaluate(sode_network *network, sode_dataset *dataset, int64_t num_threads, sode_evaluation *evaluation);
/* Metrics of the registry "metrics", their names separated by commas ("accuracy,macro_f1"), from one pass over the data: values [names]. Those of classes
 * need a loss of classes, r2 and mean_absolute_error one of values. NaN where the data do not define one (auc of one class). */
SODE_API sode_status sode_network_metrics(sode_network *network, sode_dataset *dataset, int64_t num_threads, const char *names, sode_tensor *values);
/* Samples by class (row) and predicted class (column): counts [classes, classes] of i32 or i64. */
SODE_API sode_status sode_network_confusion(sode_network *network, sode_dataset *dataset, int64_t num_threads, sode_tensor *counts);
/* figures [classes, 4] of each class: precision, recall, F1, samples; NaN where undefined (never predicted, no samples). */
SODE_API sode_status sode_network_class_figures(sode_network *network, sode_dataset *dataset, int64_t num_threads, sode_tensor *figures);
SODE_API sode_status sode_network_predict(sode_network *network, const sode_tensor *features, int32_t what, int64_t num_threads,
                                          sode_tensor *result);
/* The states of one block at every layer, [layers + 1, samples, state width]; the state of a Hamiltonian field is (y, z), width 2n. */
SODE_API sode_status sode_network_states(sode_network *network, int64_t block, const sode_tensor *features, sode_tensor *states);
SODE_API sode_status sode_network_state_shape(sode_network *network, int64_t block, int64_t *layers, int64_t *state_width);

typedef struct sode_predictor sode_predictor;
/* Scratch and packed weights for batches of up to max_batch samples. Running it takes no lock, parses nothing and allocates nothing with one thread. */
SODE_API sode_status sode_predictor_create(sode_network *network, int64_t max_batch, int64_t num_threads, sode_predictor **predictor);
SODE_API sode_status sode_predictor_run(sode_predictor *predictor, const sode_tensor *features, int32_t what, sode_tensor *result);
/* Dense rows: features samples x inputs; result samples x outputs. SODE_CLASSES: [samples], each class as a number of the result's type: 3.0f. */
SODE_API sode_status sode_predictor_run_f32(sode_predictor *predictor, const float *features, int64_t samples, int32_t what, float *result);
SODE_API sode_status sode_predictor_run_f64(sode_predictor *predictor, const double *features, int64_t samples, int32_t what, double *result);
SODE_API void sode_predictor_free(sode_predictor *predictor);

/* ---- 9 Files ----------------------------------------------------------------------------------------------------------------------- */

/* A model file is a safetensors file with the specification in its metadata and a checksum. What another program writes from the same tensors and metadata loads
 * too; when it left the checksum out, sode_network_info says so. Saving replaces the target whole: the old file or the new one is there, never a part. The new file
 * has the old one's mode, and its owner and group where the process may give them; symbolic links are followed. It has no name until it is complete; should a
 * killed process leave a file .stableode-….tmp, the next save into that folder removes it. Only regular files are read and written. */
SODE_API sode_status sode_network_save(sode_network *network, const char *path);
SODE_API sode_status sode_network_load(const char *path, sode_network **network);
/* Size query: buffer NULL and capacity 0 give the bytes needed. */
SODE_API sode_status sode_network_save_memory(sode_network *network, void *buffer, size_t capacity, size_t *needed);
SODE_API sode_status sode_network_load_memory(const void *bytes, size_t count, sode_network **network);

/* A checkpoint: the trainer and its network, to go on bit for bit elsewhere; sode_network_load reads the network alone. sode_trainer_save may be called in the
 * trainer's callback too. Functions of the caller's are not stored: where training had a loss or a metric of the caller's, the loaded trainer's run is
 * SODE_ERR_STATE until sode_trainer_set_loss or sode_trainer_set_metric has set it again.
 * Loading gives both, the caller's to free; SODE_ERR_FILE_FORMAT for a model without training. */
SODE_API sode_status sode_trainer_save(sode_trainer *trainer, const char *path);
SODE_API sode_status sode_trainer_load(const char *path, sode_network **network, sode_trainer **trainer);

/* ---- 10 Derivatives, for optimizers and losses of your own ---------------------------------------------------------------------------- */

typedef struct sode_gradient sode_gradient;
/* Scratch for derivatives of batches of up to max_batch samples (it does not grow with max_batch beyond some tiles), of the network's parameters at each call. memory: "store_all",
 * "reversible", or NULL for what the blocks' option "memory" says. Exact derivatives of the steps taken, not of the continuous problem. */
SODE_API sode_status sode_gradient_create(sode_network *network, int64_t max_batch, const char *memory, int64_t num_threads, sode_gradient **gradient);
/* Bytes of scratch that this object holds. Curvature, pushforward and batches of more than 262 144 samples make more at their first call. */
SODE_API sode_status sode_gradient_bytes(sode_gradient *gradient, int64_t *bytes);
/* Mean loss over the batch and its gradient [parameters] (may be NULL). targets as in sode_dataset_create. */
SODE_API sode_status sode_gradient_run(sode_gradient *gradient, const sode_tensor *features, const sode_tensor *targets, double *loss,
                                       sode_tensor *parameter_gradient);
/* A loss of the caller's in sode_gradient_run; NULL: the network's. */
SODE_API sode_status sode_gradient_set_loss(sode_gradient *gradient, sode_loss_function loss, void *user_data);
/* J^T w for w [samples, outputs], a cotangent of the scores: with respect to parameters [parameters] and features [samples, inputs]; either may be NULL. */
SODE_API sode_status sode_gradient_pullback(sode_gradient *gradient, const sode_tensor *features, const sode_tensor *cotangent,
                                            sode_tensor *parameter_gradient, sode_tensor *feature_gradient);
/* J v for a direction in the parameters [parameters] and one in the features [samples, inputs]; either may be NULL (zero). Gives the
 * scores (may be NULL) and their tangent, both [samples, outputs]. */
SODE_API sode_status sode_gradient_pushforward(sode_gradient *gradient, const sode_tensor *features, const sode_tensor *parameter_direction,
                                               const sode_tensor *feature_direction, sode_tensor *scores, sode_tensor *tangent);
/* Second derivatives of the mean loss over the batch times a direction [parameters], into product [parameters]. curvature: "gauss_newton" (J^T H J, H the
 * loss's second derivatives with respect to the scores: symmetric, positive semidefinite, exact) or "hessian" (by sixth-order differences of exact gradients:
 * right to about 1e-11 of their size in float64, 1e-5 in float32). targets as in sode_dataset_create. */
SODE_API sode_status sode_gradient_curvature(sode_gradient *gradient, const char *curvature, const sode_tensor *features, const sode_tensor *targets,
                                             const sode_tensor *direction, sode_tensor *product);
SODE_API void sode_gradient_free(sode_gradient *gradient);

/* ---- 11 Equations: what steps do, what they remember, and other readings of a block ------------------------------------------------------ */

/* What the steps of the last run of a gradient object, or of a solve, did, summed over the samples; explicit integrators of fixed steps count nothing. */
typedef struct sode_step_report {
  uint32_t struct_size;
  uint32_t reserved0;
  int64_t evaluations;         /* of the field: adaptive and implicit integrators */
  int64_t accepted_steps;      /* adaptive integrators */
  int64_t rejected_steps;
  int64_t iterations;          /* of the solvers of implicit integrators */
  double reconstruction_error; /* memory "reversible": largest |recovered - true| of a block's first state, in parts of the largest |true| */
  uint64_t reserved[8];
} sode_step_report;
SODE_API sode_status sode_gradient_report(sode_gradient *gradient, sode_step_report *report);

/* The event w.y = level on the visible state y of a block: it ends a sample's solve where the trajectory first changes its side of the level, or reaches it,
 * in the asked direction. Every change of side of the continuous extension is seen, several within one step too, and the first is taken. A sample that begins
 * on the level, within 4 units of rounding of level and w.y, leaves it without an event. The state at an event lies on the level to rounding and never on the
 * side that was left: a solve that begins there goes on to the next event. */
typedef struct sode_event_function {
  uint32_t struct_size;
  int32_t direction;          /* 1: w.y rises through the level, -1: falls, 0: either */
  const sode_tensor *weights; /* w [width] */
  double level;
  uint64_t reserved[4];
} sode_event_function;
/* How a sample's solve ended: at the block's horizon, at its event, or because step control gave up (too many or too small steps). */
enum { SODE_END_HORIZON = 1, SODE_END_EVENT = 2, SODE_END_FAILURE = 3 };
/* Solves one block with an adaptive integrator (dopri5, tsit5), each sample with steps of its own; samples go through the opening and the blocks before.
 * times [times]: ascending, from 0 to the horizon (4 units in the last place of their type beyond it are the horizon);
 * states [samples, times, width] there (both may be NULL). event may be NULL. ends [samples] (int32 or
 * int64), end_times [samples] and event_states [samples, width] may be NULL. Where a sample did not get, NaN is written. A sample whose step control gave up
 * is no error: its end says so, and sode_failed_row_at has the reason. */
SODE_API sode_status sode_network_solve(sode_network *network, int64_t block, const sode_tensor *features, const sode_tensor *times,
                                        const sode_event_function *event, sode_tensor *states, sode_tensor *ends, sode_tensor *end_times,
                                        sode_tensor *event_states, sode_step_report *report);

/* What a gradient object made with the same arguments will hold and compute again: said before anything is allocated. */
typedef struct sode_memory_plan {
  uint32_t struct_size;
  uint32_t reserved0;
  int64_t workers;       /* threads that have scratch of their own */
  int64_t tile_columns;  /* samples of the widest tile */
  int64_t tape_bytes;    /* tapes of all blocks and workers: what the option "memory_limit" limits */
  int64_t scratch_bytes; /* what sode_gradient_bytes gives for a new gradient: tapes, gradients, prepared operators, tiles, a vector like the parameters */
  uint64_t reserved[8];
} sode_memory_plan;
typedef struct sode_block_memory {
  uint32_t struct_size;
  uint32_t reserved0;
  const char *policy;       /* "automatic" says what it chose */
  int64_t layers;
  int64_t states;           /* states and records that a tape holds at once */
  int64_t records;
  int64_t recomputed_steps; /* steps computed again for one gradient; a forward sweep has `layers` */
  int64_t tape_bytes;       /* of one worker, and of all */
  int64_t total_tape_bytes;
  uint64_t reserved[8];
} sode_block_memory;
/* memory: as in sode_gradient_create. */
SODE_API sode_status sode_network_memory_plan(sode_network *network, int64_t max_batch, const char *memory, int64_t num_threads, sode_memory_plan *plan);
SODE_API sode_status sode_network_block_memory(sode_network *network, int64_t max_batch, const char *memory, int64_t num_threads, int64_t block,
                                               sode_block_memory *part);

/* A network with options of this one's specification changed (a JSON object): layers, step_sizes, horizon, weights_in_time and its options, and nothing that
 * changes a layer's tensors. The options given change and all others stay: in all blocks, in the one that "block": i names, or in each by its own object of
 * "blocks": [{...}, {}] (one a block; {} changes nothing). Options that the new ones leave without meaning go: basis_count with its basis; step_sizes with a new
 * number of layers (a new horizon stretches them). The new network's parameters are the L2 projections of the present weights, read as functions of time: more
 * layers, fewer coefficients, smooth weights out of layers of their own. What the new space holds goes over exactly up to rounding. */
SODE_API sode_status sode_network_project(sode_network *network, const char *text, size_t length, sode_network **projected);
/* A network with each step halved, twice the layers of each block over the same horizon (multi-level learning, Haber & Ruthotto 2017), and the prolonged
 * present weights. prolongation: "linear" (interpolation between the middles of the layers and extrapolation at the ends; exact for weights linear in time)
 * or "copy". Coefficients of weights_in_time stay as they are. SODE_ERR_UNKNOWN_NAME; SODE_ERR_OUT_OF_RANGE when it would be too large. */
SODE_API sode_status sode_network_refine(sode_network *network, const char *prolongation, sode_network **finer);

/* The feed-forward reading of a block whose field is linear_activation or linear_cubic (Ruseckas 2019): weights W = I + h w [layers, n, n] and biases
 * B = h b [layers, n] of the layers y -> 𝒉(W y + B), 𝒉(x) = x + h g(x), which the integrator near_identity computes. Setting them sets w = (W - I)/h and
 * b = B/h; biases may be NULL (zeros). float64 arrays bring float32 networks back bit for bit. */
SODE_API sode_status sode_network_get_feed_forward(sode_network *network, int64_t block, sode_tensor *weights, sode_tensor *biases);
SODE_API sode_status sode_network_set_feed_forward(sode_network *network, int64_t block, const sode_tensor *weights, const sode_tensor *biases);
/* Makes the current block the ordinary feed-forward net y -> activation(W y + B): near_identity over linear_activation with g = (activation - id)/h. */
SODE_API sode_status sode_specification_set_feed_forward(sode_specification *specification, int64_t layers, double horizon, const char *activation);
/* How far the layers are from the equation, in a block's final state over a batch: largest and root mean square difference. Of order 1 in h. */
typedef struct sode_near_identity_gap {
  uint32_t struct_size;
  uint32_t reserved0;
  double layers_to_euler_largest, layers_to_euler_rms; /* feed-forward layers against Euler's method with the same weights */
  double layers_to_flow_largest, layers_to_flow_rms;   /* against the flow of the equation */
  double euler_to_flow_largest, euler_to_flow_rms;
  uint64_t reserved[8];
} sode_near_identity_gap;
SODE_API sode_status sode_network_near_identity_gap(sode_network *network, int64_t block, const sode_tensor *features, sode_near_identity_gap *gap);

/* ---- 12 Introspection ---------------------------------------------------------------------------------------------------------------- */

/* "registries" and "scopes" name all there are. Registries: fields, integrators, activations, biases, openings, readouts, losses, optimizers, schedules,
 * regularizers, trajectory_terms, constraints, time_bases, memory_policies, noises, metrics, prolongations, problems. */
SODE_API sode_status sode_registry_count(const char *registry, int64_t *count);
SODE_API sode_status sode_registry_at(const char *registry, int64_t index, const char **name, const char **help);

/* SODE_OPTION_BOOL is set as 0 or 1 by the functions for integers, in JSON as false or true too. */
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
  const char *taken_by;     /* the choices of other options that take this one, else refused: "field=linear_cubic", "a=x,y;b=z"; NULL: always taken */
  int32_t required;         /* 1: it must be set and has no default */
  int32_t reserved0;
  uint64_t reserved[6];
} sode_option_info;
/* Scopes: network, block, trainer; and one choice of an option, such as "field=antisymmetric" or "optimizer=sgd": the options that it takes beside the common
 * ones. share/doc/stableode/options.md and the manual page stableode(7), both installed with the library, list them all. */
SODE_API sode_status sode_option_count(const char *scope, int64_t *count);
SODE_API sode_status sode_option_at(const char *scope, int64_t index, sode_option_info *info);

/* ---- 13 Memory ------------------------------------------------------------------------------------------------------------------------- */

typedef struct sode_allocator {
  uint32_t struct_size;
  uint32_t reserved0;
  void *(*allocate)(size_t size, size_t alignment, void *user_data); /* NULL = no memory */
  void (*release)(void *memory, size_t size, void *user_data);
  void *user_data;
  uint64_t reserved[4];
} sode_allocator;
/* Before anything else is created; else SODE_ERR_STATE. The allocator serves every array: parameters, data, scratch, tapes, files while they are read and
 * written; sode_set_memory_limit and sode_memory_usage count the same. Neither covers the small objects that Swift's runtime allocates with malloc (objects
 * behind handles, texts, lists of a network's tensors) nor the stacks of threads. */
SODE_API sode_status sode_set_allocator(const sode_allocator *allocator);
/* Arrays past the limit are SODE_ERR_MEMORY; 0 = no limit. So are arrays of 64 MB and more that the standard allocator finds the system has no room for. What a
 * size of the caller's makes the library take beside arrays (texts while they are read) counts too; small objects of a fixed size do not. */
SODE_API sode_status sode_set_memory_limit(int64_t bytes);
/* Bytes of arrays now and at most since the last reset; either may be NULL. */
SODE_API sode_status sode_memory_usage(int64_t *current, int64_t *peak);
SODE_API sode_status sode_reset_memory_peak(void);

#ifdef __cplusplus
}
#endif
#endif /* STABLEODE_H */
