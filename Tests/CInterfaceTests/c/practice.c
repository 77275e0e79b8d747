/* Sample weights, folds, standardization, the caller's loss and metric, and the learning rate test. */
#include <math.h>
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

enum { SAMPLES = 40 };

typedef struct {
  int calls;
  int answer;    /* what the loss returns */
  int with_nan;  /* whether it returns a NaN */
  int64_t rows;  /* samples for which a gradient was requested */
} counter;

static double element(const sode_tensor *tensor, int64_t row, int64_t column) {
  return ((const double *)tensor->data)[row * tensor->strides[0] + column * tensor->strides[1]];
}

/* -log softmax(scores)[label], like the library's own loss. */
static int32_t cross_entropy(const sode_tensor *scores, const sode_tensor *targets, sode_tensor *losses, sode_tensor *gradient, void *user_data) {
  counter *seen = user_data;
  int64_t i, k, samples = scores->shape[0], outputs = scores->shape[1];
  seen->calls++;
  if (scores->dtype.bits != 64 || targets->dtype.bits != 32 || targets->ndim != 1 || losses->shape[0] != samples) return 99;
  if (gradient) seen->rows += samples;
  for (i = 0; i < samples; i++) {
    int32_t label = ((const int32_t *)targets->data)[i * targets->strides[0]];
    double total = 0;
    for (k = 0; k < outputs; k++) total += exp(element(scores, i, k));
    ((double *)losses->data)[i * losses->strides[0]] = seen->with_nan ? NAN : log(total) - element(scores, i, label);
    for (k = 0; gradient && k < outputs; k++)
      ((double *)gradient->data)[i * gradient->strides[0] + k * gradient->strides[1]] = exp(element(scores, i, k)) / total - (k == label);
  }
  return seen->answer;
}

/* Minus the number of samples whose score 0 is the largest; 0 is the best value. */
static int32_t own_metric(const sode_tensor *scores, const sode_tensor *targets, double *value, void *user_data) {
  counter *seen = user_data;
  seen->calls++;
  *value = seen->with_nan ? INFINITY : -element(scores, 0, 0);
  return scores->shape[0] == targets->shape[0] ? seen->answer : 98;
}

static sode_trainer *trainer_of(sode_network *network, const char *options) {
  sode_trainer *trainer = NULL;
  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_OK(sode_trainer_set_json(trainer, options, SODE_TEXT_END));
  return trainer;
}

int main(void) {
  const char *json = "{\"inputs\": 2, \"outputs\": 3, \"width\": 4, \"layers\": 3, \"precision\": \"float64\", \"seed\": 4}";
  const char *options = "{\"epochs\": 3, \"batch_size\": 16, \"optimizer\": \"adam\", \"learning_rate\": 0.05, \"num_threads\": 2}";
  sode_network *network = NULL, *other = NULL, *loaded = NULL;
  sode_dataset *data = NULL, *weighted = NULL, *training = NULL, *validation = NULL;
  sode_trainer *trainer, *second;
  sode_gradient *gradient = NULL;
  sode_dataset_info info;
  sode_progress row;
  double features[2 * SAMPLES], weights[SAMPLES], class_weights[3] = {1, 2, 0.5}, first[200], again[200], curve[20], loss, own_loss, suggestion, mean = 0, variance = 0;
  double shift[2], scale[2], before[3 * SAMPLES], after[3 * SAMPLES];
  int64_t labels[SAMPLES], feature_shape[2] = {SAMPLES, 2}, label_shape[1] = {SAMPLES}, class_shape[1] = {3}, curve_shape[2] = {10, 2}, pair[1] = {2};
  int64_t score_shape[2] = {SAMPLES, 3}, parameter_shape[1], i;
  size_t size = 0;
  void *bytes;
  sode_network_info network_info;
  counter seen = {0, 0, 0, 0}, metric_seen = {0, 0, 0, 0};
  sode_tensor x = sode_tensor_f64(features, 2, feature_shape), y = sode_tensor_i64(labels, 1, label_shape), w = sode_tensor_f64(weights, 1, label_shape);
  sode_tensor c = sode_tensor_f64(class_weights, 1, class_shape), p, q, curve_tensor = sode_tensor_f64(curve, 2, curve_shape);
  sode_tensor shift_tensor = sode_tensor_f64(shift, 1, pair), scale_tensor = sode_tensor_f64(scale, 1, pair);
  sode_tensor before_tensor = sode_tensor_f64(before, 2, score_shape), after_tensor = sode_tensor_f64(after, 2, score_shape);

  for (i = 0; i < SAMPLES; i++) {
    features[2 * i] = sin(1.7 * (double)i) * 3 + 1;
    features[2 * i + 1] = 0.25;
    labels[i] = i % 3;
    weights[i] = (double)(i % 4);
  }
  CHECK_OK(sode_dataset_create(&x, &y, &data));
  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &other));
  memset(&network_info, 0, sizeof network_info);
  network_info.struct_size = sizeof network_info;
  CHECK_OK(sode_network_describe(network, &network_info));
  parameter_shape[0] = network_info.parameters;
  CHECK(network_info.parameters <= 200);
  p = sode_tensor_f64(first, 1, parameter_shape);
  q = sode_tensor_f64(again, 1, parameter_shape);

  /* Weights: errors name the row; the weighted data set shares the samples. */
  CHECK_OK(sode_dataset_weighted(data, &w, &weighted));
  weights[7] = -1;
  CHECK_ERROR(sode_dataset_weighted(data, &w, &training), SODE_ERR_INVALID_DATA, "row 7");
  CHECK_ERROR(sode_dataset_weighted(data, &x, &training), SODE_ERR_SHAPE_MISMATCH, "weights");

  /* Folds: 14 samples of class 0 and 13 of each other class are distributed over four folds. */
  CHECK_OK(sode_dataset_fold(weighted, 4, 1, 9, &training, &validation));
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK_OK(sode_dataset_describe(validation, &info));
  CHECK(info.samples == 10 && info.targets == 3 && info.features == 2);
  CHECK_OK(sode_dataset_describe(training, &info));
  CHECK(info.samples == 30);
  CHECK_ERROR(sode_dataset_fold(data, 41, 0, 9, &training, &validation), SODE_ERR_OUT_OF_RANGE, "folds");
  CHECK_ERROR(sode_dataset_fold(data, 4, 4, 9, &training, &validation), SODE_ERR_OUT_OF_RANGE, "fold");

  /* Standardization by the mean and the deviation of the first feature; the second is constant. A saved and loaded model predicts the same bits. */
  CHECK_OK(sode_network_fit_normalization(network, data));
  CHECK_OK(sode_network_get_normalization(network, &shift_tensor, &scale_tensor));
  for (i = 0; i < SAMPLES; i++) mean += features[2 * i] / SAMPLES;
  for (i = 0; i < SAMPLES; i++) variance += (features[2 * i] - mean) * (features[2 * i] - mean) / SAMPLES;
  CHECK(fabs(shift[0] - mean) < 1e-14 && fabs(scale[0] * sqrt(variance) - 1) < 1e-14 && shift[1] == 0.25 && scale[1] == 1);
  CHECK_OK(sode_network_save_memory(network, NULL, 0, &size));
  bytes = malloc(size);
  CHECK_OK(sode_network_save_memory(network, bytes, size, &size));
  CHECK_OK(sode_network_load_memory(bytes, size, &loaded));
  free(bytes);
  CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 1, &before_tensor));
  CHECK_OK(sode_network_predict(loaded, &x, SODE_SCORES, 2, &after_tensor));
  CHECK(memcmp(before, after, sizeof before) == 0);
  sode_network_free(loaded);
  CHECK_OK(sode_network_set_normalization(network, NULL, NULL));

  /* Training with the caller's loss gives the same result as with the library's loss, weights included; validation reports the caller's loss. */
  trainer = trainer_of(network, options);
  second = trainer_of(other, options);
  CHECK_OK(sode_trainer_set_class_weights(trainer, &c));
  CHECK_OK(sode_trainer_set_class_weights(second, &c));
  CHECK_OK(sode_trainer_set_loss(second, cross_entropy, &seen));
  CHECK_OK(sode_trainer_set_metric(second, own_metric, 1, &metric_seen));
  CHECK_OK(sode_trainer_run(trainer, training, NULL, NULL));
  CHECK_OK(sode_trainer_run(second, training, NULL, NULL));
  CHECK(seen.rows == 90 && metric_seen.calls == 0);
  CHECK_OK(sode_network_get_parameters(network, &p));
  CHECK_OK(sode_network_get_parameters(other, &q));
  for (i = 0; i < network_info.parameters; i++)
    if (!(fabs(first[i] - again[i]) < 1e-10)) CHECK(!"the caller's loss trains as the library's");
  CHECK_ERROR(sode_trainer_set_loss(second, NULL, NULL), SODE_ERR_STATE, "loss");
  CHECK_ERROR(sode_trainer_set_metric(second, NULL, 1, NULL), SODE_ERR_STATE, "metric");
  CHECK_ERROR(sode_trainer_set_class_weights(second, NULL), SODE_ERR_STATE, "class weights");
  sode_trainer_free(second);

  /* The learning rate test tries ten rates on a copy. */
  CHECK_OK(sode_trainer_find_learning_rate(trainer, training, 1e-4, 1, 10, &curve_tensor, &suggestion));
  CHECK(curve[0] == 1e-4 && fabs(curve[18] - 1) < 1e-12 && isfinite(curve[1]));
  CHECK_OK(sode_network_get_parameters(network, &q));
  CHECK(memcmp(first, again, sizeof(double) * (size_t)network_info.parameters) == 0);
  CHECK_ERROR(sode_trainer_find_learning_rate(trainer, training, 1, 1e-4, 10, NULL, &suggestion), SODE_ERR_OUT_OF_RANGE, "low");
  CHECK_ERROR(sode_trainer_find_learning_rate(trainer, training, 1e-4, 1, 9, &curve_tensor, &suggestion), SODE_ERR_SHAPE_MISMATCH, "curve");
  sode_trainer_free(trainer);

  /* The metric determines which iterate is kept, and the history contains it. */
  trainer = trainer_of(other, options);
  CHECK_OK(sode_trainer_set_metric(trainer, own_metric, 0, &metric_seen));
  CHECK_OK(sode_trainer_run(trainer, training, validation, NULL));
  memset(&row, 0, sizeof row);
  row.struct_size = sizeof row;
  CHECK_OK(sode_trainer_history_at(trainer, 2, &row));
  CHECK(metric_seen.calls == 3 && isfinite(row.validation_metric) && row.validation_metric != row.validation_loss);
  sode_trainer_free(trainer);

  /* Callbacks that fail or return NaN. */
  metric_seen.with_nan = 1;
  trainer = trainer_of(other, options);
  CHECK_OK(sode_trainer_set_metric(trainer, own_metric, 0, &metric_seen));
  CHECK_ERROR(sode_trainer_run(trainer, training, validation, NULL), SODE_ERR_CALLBACK_FAILED, "must be finite");
  sode_trainer_free(trainer);
  for (i = 0; i < 2; i++) {
    seen.with_nan = i == 0;
    seen.answer = i == 1 ? 7 : 0;
    trainer = trainer_of(other, options);
    CHECK_OK(sode_trainer_set_loss(trainer, cross_entropy, &seen));
    if (i == 0) CHECK_ERROR(sode_trainer_run(trainer, training, NULL, NULL), SODE_ERR_CALLBACK_FAILED, "must be finite");
    if (i == 1) CHECK_ERROR(sode_trainer_run(trainer, training, NULL, NULL), SODE_ERR_CALLBACK_FAILED, "returned 7");
    sode_trainer_free(trainer);
  }

  /* The caller's loss in gradient objects. */
  seen.answer = seen.with_nan = 0;
  CHECK_OK(sode_gradient_create(network, SAMPLES, NULL, 2, &gradient));
  CHECK_OK(sode_gradient_run(gradient, &x, &y, &loss, &p));
  CHECK_OK(sode_gradient_set_loss(gradient, cross_entropy, &seen));
  CHECK_OK(sode_gradient_run(gradient, &x, &y, &own_loss, &q));
  CHECK(fabs(loss - own_loss) < 1e-13);
  for (i = 0; i < network_info.parameters; i++)
    if (!(fabs(first[i] - again[i]) < 1e-13)) CHECK(!"the caller's loss has the library's gradient");
  seen.answer = -3;
  CHECK_ERROR(sode_gradient_run(gradient, &x, &y, &own_loss, NULL), SODE_ERR_CALLBACK_FAILED, "returned -3");

  sode_gradient_free(gradient);
  sode_dataset_free(training);
  sode_dataset_free(validation);
  sode_dataset_free(weighted);
  sode_dataset_free(data);
  sode_network_free(other);
  sode_network_free(network);
  return FINISH();
}
