/* Bad input, one case per line: each returns a status and a text that names what is wrong, leaks nothing and changes nothing. null_pointers.c tests
 * NULL, handles.c handles, allocator.c allocation, and files.c files. */
#include <math.h>
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

enum { SAMPLES = 12, INPUTS = 3 };

static float features[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];
static int64_t shape[2] = {SAMPLES, INPUTS}, label_shape[1] = {SAMPLES};

static sode_tensor good_features(void) { return sode_tensor_f32(features, 2, shape); }
static sode_tensor good_labels(void) { return sode_tensor_i32(labels, 1, label_shape); }

static void bad_numbers(sode_network *network, sode_predictor *predictor, sode_gradient *gradient) {
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  sode_tensor x = good_features(), y = good_labels(), y_real, out;
  sode_dataset *dataset = NULL;
  float scores[SAMPLES * 2], real_labels[SAMPLES], values[SAMPLES * 2];
  int64_t out_shape[2] = {SAMPLES, 2};
  double loss = -1;
  size_t i;
  out = sode_tensor_f32(scores, 2, out_shape);
  y_real = sode_tensor_f32(real_labels, 1, label_shape);
  for (i = 0; i < SAMPLES; i++) real_labels[i] = (float)labels[i];

  for (i = 0; i < 3; i++) {
    features[7 * INPUTS + 2] = bad[i];
    scores[0] = 123;
    CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_INVALID_DATA, "row 7, column 2");
    CHECK_ERROR(sode_dataset_retain(&x, &y, NULL, NULL, &dataset), SODE_ERR_INVALID_DATA, "row 7, column 2");
    CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &out), SODE_ERR_INVALID_DATA, "row 7, column 2");
    CHECK_ERROR(sode_predictor_run(predictor, &x, SODE_SCORES, &out), SODE_ERR_INVALID_DATA, "row 7, column 2");
    CHECK_ERROR(sode_predictor_run_f32(predictor, features, SAMPLES, SODE_SCORES, scores), SODE_ERR_INVALID_DATA, "row 7, column 2");
    CHECK_ERROR(sode_gradient_run(gradient, &x, &y, &loss, NULL), SODE_ERR_INVALID_DATA, "row 7, column 2");
    CHECK(scores[0] == 123 && loss == -1 && dataset == NULL);
    features[7 * INPUTS + 2] = 0;
    real_labels[4] = bad[i];
    CHECK_ERROR(sode_dataset_create(&x, &y_real, &dataset), SODE_ERR_INVALID_DATA, "row 4");
    real_labels[4] = 0;
    memset(values, 0, sizeof values);
    values[2 * 3 + 1] = bad[i];
    out.data = values;
    if (isnan(bad[i])) {
      /* NaN stands for a target that was not observed at a step; whoever uses the data set with outputs at the end refuses it (steps.c). */
      CHECK_OK(sode_dataset_create(&x, &out, &dataset));
      sode_dataset_free(dataset);
      dataset = NULL;
    } else {
      CHECK_ERROR(sode_dataset_create(&x, &out, &dataset), SODE_ERR_INVALID_DATA, "row 3, column 1");
    }
    out.data = scores;
  }
  /* Whether one number per sample is a label or a value depends on the loss. This network has two classes. */
  real_labels[5] = 0.5f;
  CHECK_OK(sode_dataset_create(&x, &y_real, &dataset));
  {
    sode_evaluation evaluation = {sizeof evaluation, 0, 0, -1, 0, {0}};
    CHECK_ERROR(sode_network_evaluate(network, dataset, 1, &evaluation), SODE_ERR_INVALID_DATA, "label 0.5 at row 5; labels must be whole numbers 0 … 1");
    CHECK(evaluation.loss == -1);
  }
  sode_dataset_free(dataset);
  dataset = NULL;
  CHECK_ERROR(sode_gradient_run(gradient, &x, &y_real, &loss, NULL), SODE_ERR_INVALID_DATA, "label 0.5 at row 5");
  labels[6] = -1;
  CHECK_ERROR(sode_gradient_run(gradient, &x, &y, &loss, NULL), SODE_ERR_INVALID_DATA, "label -1 at row 6; labels must be whole numbers 0 … 1");
  labels[6] = 2; /* the network has two classes; the error occurs when the data set is used with it */
  CHECK_OK(sode_dataset_create(&x, &y, &dataset));
  {
    sode_trainer *trainer = NULL;
    sode_evaluation evaluation = {sizeof evaluation, 0, 0, -1, 0, {0}};
    CHECK_OK(sode_trainer_create(network, &trainer));
    CHECK_ERROR(sode_trainer_run(trainer, dataset, NULL, NULL), SODE_ERR_INVALID_DATA, "row 6");
    CHECK_ERROR(sode_network_evaluate(network, dataset, 1, &evaluation), SODE_ERR_INVALID_DATA, "row 6");
    CHECK(evaluation.loss == -1);
    sode_trainer_free(trainer);
  }
  CHECK_ERROR(sode_gradient_run(gradient, &x, &y, &loss, NULL), SODE_ERR_INVALID_DATA, "row 6");
  labels[6] = 0;
  sode_dataset_free(dataset);
}

static void bad_shapes(sode_network *network, sode_predictor *predictor) {
  sode_tensor x = good_features(), y = good_labels(), out;
  sode_dataset *dataset = NULL;
  float scores[SAMPLES * 2];
  int64_t bad[5] = {SAMPLES, INPUTS, 1, 1, 1}, out_shape[2] = {SAMPLES, 2}, strides[4] = {INPUTS, 1, 1, 1}, short_labels[1] = {SAMPLES - 1};
  out = sode_tensor_f32(scores, 2, out_shape);

  x.shape = bad;
  bad[1] = INPUTS - 1;
  CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &out), SODE_ERR_SHAPE_MISMATCH, "[12, 2]");
  x.ndim = 1;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_SHAPE_MISMATCH, "features");
  x.ndim = 3; /* signals [samples, channels, length], which a network of other inputs does not take */
  CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &out), SODE_ERR_SHAPE_MISMATCH, "[12, 2, 1]");
  x.ndim = 5;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_SHAPE_MISMATCH, "5 axes");
  x.ndim = -1;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_SHAPE_MISMATCH, "-1 axes");
  x.ndim = 2;
  bad[0] = -3;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_SHAPE_MISMATCH, "shape[0] is -3");
  bad[1] = INPUTS;
  bad[0] = 0; /* zero samples */
  CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &out), SODE_ERR_INVALID_DATA, "0 samples");
  CHECK_ERROR(sode_predictor_run(predictor, &x, SODE_SCORES, &out), SODE_ERR_INVALID_DATA, "0 samples");
  y.shape = bad;
  CHECK(sode_dataset_create(&x, &y, &dataset) < 0 && strstr(sode_last_error_message(), "0 samples") != NULL);
  y.shape = short_labels;
  bad[0] = SAMPLES;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_SHAPE_MISMATCH, "11");
  y.shape = label_shape;
  out_shape[1] = 3;
  CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &out), SODE_ERR_SHAPE_MISMATCH, "result");
  out_shape[1] = 2;

  /* Strides and shapes whose size in bytes exceeds the address space. */
  x.strides = strides;
  strides[0] = INT64_MAX;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_OUT_OF_RANGE, "stride overflow");
  strides[0] = INT64_MIN;
  CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &out), SODE_ERR_OUT_OF_RANGE, "stride overflow");
  strides[0] = INT64_MAX / 44;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_OUT_OF_RANGE, "stride overflow");
  strides[0] = -(INT64_MAX / 100);
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_OUT_OF_RANGE, "stride overflow");
  strides[0] = INPUTS;
  bad[0] = INT64_MAX;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_OUT_OF_RANGE, "stride overflow");
  x.strides = NULL;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_OUT_OF_RANGE, "stride overflow");
  bad[0] = SAMPLES;
  x.byte_offset = UINT64_MAX - 3;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_OUT_OF_RANGE, "stride overflow");
  x.byte_offset = 2;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_INVALID_ARGUMENT, "aligned");
  x.byte_offset = 0;
  CHECK_ERROR(sode_predictor_run_f32(predictor, features, INT64_MAX, SODE_SCORES, scores), SODE_ERR_OUT_OF_RANGE, "samples");
  out.strides = (int64_t[2]){0, 1};
  CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &out), SODE_ERR_INVALID_ARGUMENT, "stride of 0");
  out.strides = NULL;

  /* Devices and types. */
  x.device.device_type = 2;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_UNSUPPORTED_TYPE, "device");
  x.device.device_type = 1;
  x.dtype.bits = 16;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_UNSUPPORTED_TYPE, "16 bits");
  x.dtype.bits = 32;
  x.dtype.lanes = 4;
  CHECK_ERROR(sode_dataset_create(&x, &y, &dataset), SODE_ERR_UNSUPPORTED_TYPE, "4 lanes");
  x.dtype.lanes = 1;
  out.dtype.code = 0;
  CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &out), SODE_ERR_UNSUPPORTED_TYPE, "result holds int32");
  CHECK(dataset == NULL);
}

static void bad_options(sode_network *network) {
  sode_specification *specification = NULL;
  sode_trainer *trainer = NULL;
  sode_network *made = NULL;
  char *endless = malloc(100000);

  CHECK_OK(sode_specification_create(&specification));
  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_ERROR(sode_specification_set_int(specification, "layer", 3), SODE_ERR_UNKNOWN_NAME, "did you mean 'layers'");
  CHECK_ERROR(sode_specification_set_int(specification, "zzzzzz", 3), SODE_ERR_UNKNOWN_NAME, "layers");
  CHECK_ERROR(sode_specification_set_text(specification, "field", "antisymetric"), SODE_ERR_UNKNOWN_NAME, "did you mean 'antisymmetric'");
  CHECK_ERROR(sode_specification_set_int(specification, "layers", 0), SODE_ERR_OUT_OF_RANGE, "layers is 0");
  CHECK_ERROR(sode_specification_set_int(specification, "layers", INT64_MIN), SODE_ERR_OUT_OF_RANGE, "layers");
  CHECK_ERROR(sode_specification_set_real(specification, "horizon", -0.5), SODE_ERR_OUT_OF_RANGE, "horizon is -0.5");
  CHECK_ERROR(sode_specification_set_real(specification, "horizon", 0), SODE_ERR_OUT_OF_RANGE, "horizon");
  CHECK_ERROR(sode_specification_set_real(specification, "horizon", NAN), SODE_ERR_OUT_OF_RANGE, "horizon");
  CHECK_ERROR(sode_specification_set_real(specification, "horizon", INFINITY), SODE_ERR_OUT_OF_RANGE, "horizon");
  CHECK_ERROR(sode_specification_set_real(specification, "layers", 2.5), SODE_ERR_UNSUPPORTED_TYPE, "layers");
  CHECK_ERROR(sode_specification_set_text(specification, "layers", "ten"), SODE_ERR_UNSUPPORTED_TYPE, "'ten'");
  CHECK_ERROR(sode_specification_set_text(specification, "field", "\xff\xfe"), SODE_ERR_INVALID_ARGUMENT, "UTF-8");
  CHECK_ERROR(sode_specification_set_text(specification, "\xc3", "x"), SODE_ERR_INVALID_ARGUMENT, "UTF-8");
  memset(endless, 'x', 99999);
  endless[99999] = 0;
  CHECK_ERROR(sode_specification_set_text(specification, "field", endless), SODE_ERR_OUT_OF_RANGE, "4096");
  CHECK_ERROR(sode_specification_set_int(specification, endless, 1), SODE_ERR_OUT_OF_RANGE, "key");
  CHECK_ERROR(sode_specification_set_json(specification, "{}", (size_t)1 << 62), SODE_ERR_OUT_OF_RANGE, "bytes");
  memset(endless, '[', 99999);
  CHECK_ERROR(sode_specification_set_json(specification, endless, SODE_TEXT_END), SODE_ERR_INVALID_ARGUMENT, "line 1");
  CHECK_ERROR(sode_network_create_json("{\"inputs\": 1e999}", SODE_TEXT_END, &made), SODE_ERR_INVALID_ARGUMENT, "line 1");
  CHECK_ERROR(sode_network_create_json("{\"inputs\": 1, \"outputs\": 0}", SODE_TEXT_END, &made), SODE_ERR_OUT_OF_RANGE, "outputs is 0");
  CHECK_ERROR(sode_network_create_json("{\"inputs\": 4, \"outputs\": 2, \"width\": 3}", SODE_TEXT_END, &made), SODE_ERR_INCOMPATIBLE, "width is 3");
  CHECK_ERROR(sode_network_create_json("{\"inputs\": 2, \"outputs\": 2, \"field\": \"dense\", \"memory\": \"reversible\"}", SODE_TEXT_END, &made),
              SODE_ERR_INCOMPATIBLE, "reversible");
  CHECK_ERROR(sode_network_create_json("{\"inputs\": 2, \"outputs\": 2, \"field\": \"dense\", \"gamma\": 0.5}", SODE_TEXT_END, &made),
              SODE_ERR_INCOMPATIBLE, "gamma");
  CHECK_ERROR(sode_network_create_json("{\"inputs\": 2, \"outputs\": 2, \"width\": 65536, \"layers\": 1000000}", SODE_TEXT_END, &made),
              SODE_ERR_OUT_OF_RANGE, "parameters");
  CHECK(made == NULL);

  CHECK_ERROR(sode_trainer_set_real(trainer, "learning_rat", 0.1), SODE_ERR_UNKNOWN_NAME, "did you mean 'learning_rate'");
  CHECK_ERROR(sode_trainer_set_real(trainer, "learning_rate", -1), SODE_ERR_OUT_OF_RANGE, "learning_rate is -1");
  CHECK_ERROR(sode_trainer_set_text(trainer, "optimizer", "adm"), SODE_ERR_UNKNOWN_NAME, "did you mean 'adam'");
  CHECK_ERROR(sode_trainer_set_json(trainer, "{\"epochs\": 5, \"batch_sise\": 3}", SODE_TEXT_END), SODE_ERR_UNKNOWN_NAME, "did you mean 'batch_size'");
  CHECK_ERROR(sode_trainer_set_json(trainer, "{\"epochs\": [5]}", SODE_TEXT_END), SODE_ERR_UNSUPPORTED_TYPE, "epochs");
  CHECK_ERROR(sode_trainer_set_json(trainer, "3", SODE_TEXT_END), SODE_ERR_INVALID_ARGUMENT, "object");
  free(endless);
  sode_trainer_free(trainer);
  sode_specification_free(specification);
}

static void bad_parameters(sode_network *network) {
  sode_network_info info = {.struct_size = sizeof info};
  float *before, *after, bias[2] = {0, NAN};
  int64_t bias_shape[2] = {2, 1};
  sode_tensor all, b = sode_tensor_f32(bias, 1, bias_shape);

  CHECK_OK(sode_network_describe(network, &info));
  before = malloc((size_t)info.parameters * sizeof(float));
  after = malloc((size_t)info.parameters * sizeof(float));
  all = sode_tensor_f32(before, 1, &info.parameters);
  CHECK_OK(sode_network_get_parameters(network, &all));
  CHECK_ERROR(sode_network_set_parameter(network, "readout.b", &b), SODE_ERR_NOT_FINITE, "readout.b");
  CHECK_ERROR(sode_network_set_parameter(network, "readout.B", &b), SODE_ERR_UNKNOWN_NAME, "did you mean 'readout.b'");
  b.ndim = 2;
  CHECK_ERROR(sode_network_set_parameter(network, "readout.b", &b), SODE_ERR_SHAPE_MISMATCH, "[2, 1]");
  all.data = after;
  memcpy(after, before, (size_t)info.parameters * sizeof(float));
  after[3] = INFINITY;
  CHECK_ERROR(sode_network_set_parameters(network, &all), SODE_ERR_NOT_FINITE, "element 3");
  {
    double too_large[2] = {1e300, 0}; /* finite in f64, but infinite in this f32 network */
    sode_tensor large = sode_tensor_f64(too_large, 1, bias_shape);
    CHECK_ERROR(sode_network_set_parameter(network, "readout.b", &large), SODE_ERR_NOT_FINITE, "readout.b");
  }
  CHECK_OK(sode_network_get_parameters(network, &all));
  CHECK(memcmp(before, after, (size_t)info.parameters * sizeof(float)) == 0);
  info.struct_size = 0;
  CHECK_ERROR(sode_network_describe(network, &info), SODE_ERR_INVALID_ARGUMENT, "struct_size");
  free(before);
  free(after);
}

/* Training that diverges is an error, and the network keeps finite parameters. */
static void blow_up(void) {
  sode_network *network = NULL;
  sode_trainer *trainer = NULL;
  sode_dataset *training = NULL, *validation = NULL;
  sode_evaluation evaluation = {sizeof evaluation, 0, 0, 0, 0, {0}};
  CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 5, \"width\": 8, \"activation\": \"relu\", \"field\": \"dense\", \"layers\": 30}",
                                    SODE_TEXT_END, &network));
  CHECK_OK(sode_dataset_create_problem("peaks", 500, 100, 1, &training, &validation));
  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_OK(sode_trainer_set_json(trainer, "{\"optimizer\": \"sgd\", \"learning_rate\": 1e10, \"epochs\": 50}", SODE_TEXT_END));
  CHECK_ERROR(sode_trainer_run(trainer, training, validation, NULL), SODE_ERR_NOT_FINITE, "not finite");
  CHECK_OK(sode_network_evaluate(network, validation, 1, &evaluation));
  CHECK(isfinite(evaluation.loss));
  sode_trainer_free(trainer);
  sode_dataset_free(training);
  sode_dataset_free(validation);
  sode_network_free(network);
}

int main(void) {
  sode_network *network = NULL;
  sode_predictor *predictor = NULL;
  sode_gradient *gradient = NULL;
  int64_t i;

  for (i = 0; i < SAMPLES * INPUTS; i++) features[i] = (float)i / 10;
  for (i = 0; i < SAMPLES; i++) labels[i] = (int32_t)(i % 2);
  CHECK_OK(sode_network_create_json("{\"inputs\": 3, \"outputs\": 2, \"width\": 4, \"layers\": 3}", SODE_TEXT_END, &network));
  CHECK_OK(sode_predictor_create(network, SAMPLES, 1, &predictor));
  CHECK_OK(sode_gradient_create(network, SAMPLES, NULL, 1, &gradient));
  bad_numbers(network, predictor, gradient);
  bad_shapes(network, predictor);
  bad_options(network);
  bad_parameters(network);
  blow_up();
  sode_gradient_free(gradient);
  sode_predictor_free(predictor);
  sode_network_free(network);
  return FINISH();
}
