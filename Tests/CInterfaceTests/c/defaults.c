/* Networks and trainers with nothing but their defaults: the choices can be read, inputs and targets are standardized, and results are in the caller's units. */
#include <math.h>
#include <stableode.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { SAMPLES = 400, INPUTS = 3 };

/* Times in seconds since 1970, a day apart, of which the features are parts of different sizes. */
static double target(const double *x) { return 1.7e9 + 86400 * (sin(3 * x[0]) + x[1] / 1e6); }

static double error(sode_network *network, const double *features, const double *targets) {
  int64_t shape[2] = {SAMPLES, INPUTS}, out_shape[2] = {SAMPLES, 1};
  double found[SAMPLES], sum = 0;
  sode_tensor x = sode_tensor_f64((double *)features, 2, shape), y = sode_tensor_f64(found, 2, out_shape);
  int64_t i;
  CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 1, &y));
  for (i = 0; i < SAMPLES; i++) sum += (found[i] - targets[i]) * (found[i] - targets[i]);
  return sum / SAMPLES;
}

int main(void) {
  static double features[SAMPLES * INPUTS], targets[SAMPLES];
  int64_t shape[2] = {SAMPLES, INPUTS}, labels_shape[1] = {SAMPLES}, one[1] = {1}, epochs = 0, i;
  double shift = 0, scale = 0, rate = 0, direction = 0, mean;
  char text[4096], name[32];
  size_t needed;
  sode_evaluation result = {sizeof result, 0, 0, 0, 0, {0}};
  sode_network *network = NULL, *copy = NULL;
  sode_dataset *data = NULL;
  sode_trainer *trainer = NULL;
  sode_gradient *gradient = NULL;
  sode_tensor x = sode_tensor_f64(features, 2, shape), y = sode_tensor_f64(targets, 1, labels_shape);
  sode_tensor shift_out = sode_tensor_f64(&shift, 1, one), scale_out = sode_tensor_f64(&scale, 1, one);

  srand(1);
  for (i = 0; i < SAMPLES; i++) {
    features[3 * i] = 2.0 * rand() / RAND_MAX - 1;
    features[3 * i + 1] = 1e6 * (2.0 * rand() / RAND_MAX - 1);
    features[3 * i + 2] = 7;
    targets[i] = target(features + 3 * i);
  }
  CHECK_OK(sode_dataset_create(&x, &y, &data));
  CHECK_OK(sode_network_create_json("{\"inputs\": 3, \"outputs\": 1, \"loss\": \"least_squares\"}", SODE_TEXT_END, &network));
  CHECK_OK(sode_network_json(network, text, sizeof text, &needed));
  CHECK(strstr(text, "\"opening\":\"dense\"") && strstr(text, "\"width\":64") && strstr(text, "\"layers\":5"));
  CHECK_ERROR(sode_network_get_target_scaling(network, &shift_out, &scale_out), SODE_ERR_STATE, "not scaled");

  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_ERROR(sode_trainer_get_int(trainer, "epochs", &epochs), SODE_ERR_STATE, "chosen by the first run");
  CHECK_OK(sode_trainer_json(trainer, text, sizeof text, &needed));
  CHECK(strstr(text, "\"epochs\"") == NULL && strstr(text, "\"normalization\":\"by_tails\""));
  CHECK_OK(sode_trainer_run(trainer, data, NULL, NULL));
  CHECK_OK(sode_trainer_get_int(trainer, "epochs", &epochs));
  CHECK_OK(sode_trainer_get_real(trainer, "learning_rate", &rate));
  CHECK_OK(sode_trainer_get_text(trainer, "optimizer", name, sizeof name, &needed));
  CHECK(epochs > 1 && rate > 0 && strcmp(name, "adamw") == 0);
  CHECK_OK(sode_trainer_json(trainer, text, sizeof text, &needed));
  CHECK(strstr(text, "\"epochs\"") && strstr(text, "\"batch_size\""));

  /* The float32 network keeps what it learned of times near 1.7e9 s: much less than a day is left. */
  CHECK_OK(sode_network_get_target_scaling(network, &shift_out, &scale_out));
  CHECK(fabs(shift - 1.7e9) < 86400 && scale > 86400 / 4.0 && scale < 4 * 86400.0);
  mean = error(network, features, targets);
  CHECK(sqrt(mean) < 0.1 * scale);
  CHECK_OK(sode_network_evaluate(network, data, 1, &result));
  CHECK(fabs(result.loss - 0.5 * mean) < 1e-3 * mean);

  /* Files and copies keep the scaling: the same bits. */
  CHECK_OK(sode_network_save(network, "scaled.safetensors"));
  CHECK_OK(sode_network_load("scaled.safetensors", &copy));
  CHECK(error(copy, features, targets) == mean);
  sode_network_free(copy);

  /* The derivative is that of the caller's outputs by the caller's features. */
  {
    int64_t few[2] = {1, INPUTS}, out[2] = {1, 1};
    double cotangent = 1, by_features[INPUTS], step = 1e-3, points[2 * INPUTS], values[2];
    int64_t two[2] = {2, INPUTS}, pair[2] = {2, 1};
    sode_tensor w = sode_tensor_f64(&cotangent, 2, out), sample = sode_tensor_f64(features, 2, few), g = sode_tensor_f64(by_features, 2, few);
    sode_tensor v = sode_tensor_f64(values, 2, pair), p = sode_tensor_f64(points, 2, two);
    memcpy(points, features, sizeof points / 2);
    memcpy(points + INPUTS, features, sizeof points / 2);
    points[0] -= step;
    points[INPUTS] += step;
    CHECK_OK(sode_gradient_create(network, 1, NULL, 1, &gradient));
    CHECK_OK(sode_gradient_pullback(gradient, &sample, &w, NULL, &g));
    CHECK_OK(sode_network_predict(network, &p, SODE_SCORES, 1, &v));
    direction = (values[1] - values[0]) / (2 * step);
    CHECK(fabs(by_features[0] - direction) < 0.05 * (fabs(direction) + scale));
    sode_gradient_free(gradient);
  }

  /* A scaling can be set and removed; classes have none. */
  shift = 0;
  scale = -1;
  CHECK_ERROR(sode_network_set_target_scaling(network, &shift_out, &scale_out), SODE_ERR_OUT_OF_RANGE, "scale of the targets is -1");
  CHECK_OK(sode_network_set_target_scaling(network, NULL, NULL));
  CHECK_ERROR(sode_network_get_target_scaling(network, &shift_out, NULL), SODE_ERR_STATE, "not scaled");
  sode_trainer_free(trainer);
  sode_network_free(network);
  sode_dataset_free(data);
  scale = 1;
  CHECK_OK(sode_network_create_json("{\"inputs\": 3, \"outputs\": 2}", SODE_TEXT_END, &network));
  CHECK_ERROR(sode_network_set_target_scaling(network, &shift_out, &scale_out), SODE_ERR_INCOMPATIBLE, "does not scale its targets");
  sode_network_free(network);
  return FINISH();
}
