/* Derivatives through the C interface: the gradient matches the loss, J^T is the transpose of J, strides and types do not matter, and errors change
 * nothing. */
#include <math.h>
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

enum { SAMPLES = 37, INPUTS = 3, OUTPUTS = 4, MOST = 4096 };

static double features[SAMPLES * INPUTS], direction[MOST], feature_direction[SAMPLES * INPUTS], cotangent[SAMPLES * OUTPUTS];
static double scores[SAMPLES * OUTPUTS], tangent[SAMPLES * OUTPUTS], pulled[MOST], pulled_features[SAMPLES * INPUTS];
static double parameters[MOST], moved[MOST], gradient_of_loss[MOST], again[MOST];
static int32_t labels[SAMPLES];

static uint64_t state = 88172645463325252u;
static double noise(void) { /* xorshift64, in (-1, 1) */
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (double)(state >> 11) / 4503599627370496.0 - 1.0;
}

static void fill(double *numbers, int64_t count) {
  int64_t i;
  for (i = 0; i < count; i++) numbers[i] = noise();
}

static double dot(const double *a, const double *b, int64_t count) {
  double sum = 0;
  int64_t i;
  for (i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

static double loss_at(sode_network *network, sode_gradient *gradient, const double *values, int64_t count, sode_tensor *input, sode_tensor *targets) {
  double loss = NAN;
  sode_tensor all = sode_tensor_f64((double *)(size_t)values, 1, &count);
  CHECK_OK(sode_network_set_parameters(network, &all));
  CHECK_OK(sode_gradient_run(gradient, input, targets, &loss, NULL));
  return loss;
}

static void differentiate(const char *json) {
  sode_network *network = NULL;
  sode_gradient *gradient = NULL;
  sode_network_info info = {.struct_size = sizeof info};
  int64_t input_shape[2] = {SAMPLES, INPUTS}, score_shape[2] = {SAMPLES, OUTPUTS}, label_shape[1] = {SAMPLES}, count, bytes = 0, i;
  sode_tensor input = sode_tensor_f64(features, 2, input_shape), targets = sode_tensor_i32(labels, 1, label_shape);
  sode_tensor result, values, w = sode_tensor_f64(cotangent, 2, score_shape), v, x = sode_tensor_f64(feature_direction, 2, input_shape);
  sode_tensor jv = sode_tensor_f64(tangent, 2, score_shape), out = sode_tensor_f64(scores, 2, score_shape), jtw;
  sode_tensor jtw_features = sode_tensor_f64(pulled_features, 2, input_shape);
  double loss = NAN, plus, minus, slope, left, right, step = 1e-5;
  int64_t backwards[1] = {-1};

  if (!CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network))) return;
  CHECK_OK(sode_network_describe(network, &info));
  count = info.parameters;
  if (!CHECK(count <= MOST)) return;
  values = sode_tensor_f64(parameters, 1, &count);
  result = sode_tensor_f64(gradient_of_loss, 1, &count);
  v = sode_tensor_f64(direction, 1, &count);
  jtw = sode_tensor_f64(pulled, 1, &count);
  fill(features, SAMPLES * INPUTS);
  fill(direction, count);
  fill(feature_direction, SAMPLES * INPUTS);
  fill(cotangent, SAMPLES * OUTPUTS);
  for (i = 0; i < SAMPLES; i++) labels[i] = (int32_t)(i % OUTPUTS);
  CHECK_OK(sode_network_get_parameters(network, &values));
  CHECK_OK(sode_gradient_create(network, SAMPLES, NULL, 2, &gradient));
  CHECK_OK(sode_gradient_bytes(gradient, &bytes));
  CHECK(bytes >= count * 8);

  /* The central difference of the loss along a direction: truncation h^2 ~ 1e-10, rounding 1e-16/h ~ 1e-11. */
  CHECK_OK(sode_gradient_run(gradient, &input, &targets, &loss, &result));
  for (i = 0; i < count; i++) moved[i] = parameters[i] + step * direction[i];
  plus = loss_at(network, gradient, moved, count, &input, &targets);
  for (i = 0; i < count; i++) moved[i] = parameters[i] - step * direction[i];
  minus = loss_at(network, gradient, moved, count, &input, &targets);
  CHECK(loss_at(network, gradient, parameters, count, &input, &targets) == loss);
  slope = (plus - minus) / (2 * step);
  CHECK(fabs(slope - dot(gradient_of_loss, direction, count)) < 1e-7 * (1 + fabs(slope)));

  /* <J v, w> = <v, J^T w> up to rounding, for parameters and features together. */
  CHECK_OK(sode_gradient_pushforward(gradient, &input, &v, &x, &out, &jv));
  CHECK_OK(sode_gradient_pullback(gradient, &input, &w, &jtw, &jtw_features));
  left = dot(tangent, cotangent, SAMPLES * OUTPUTS);
  right = dot(direction, pulled, count) + dot(feature_direction, pulled_features, SAMPLES * INPUTS);
  CHECK(fabs(left - right) < 1e-12 * (fabs(left) + fabs(right)) + 1e-13);
  /* J is linear: the tangents of the two directions alone add up. */
  {
    static double one[SAMPLES * OUTPUTS], other[SAMPLES * OUTPUTS];
    sode_tensor first = sode_tensor_f64(one, 2, score_shape), second = sode_tensor_f64(other, 2, score_shape);
    double worst = 0;
    CHECK_OK(sode_gradient_pushforward(gradient, &input, &v, NULL, NULL, &first));
    CHECK_OK(sode_gradient_pushforward(gradient, &input, NULL, &x, NULL, &second));
    for (i = 0; i < SAMPLES * OUTPUTS; i++) worst = fmax(worst, fabs(one[i] + other[i] - tangent[i]));
    CHECK(worst < 1e-12 * (1 + fabs(left)));
    CHECK_OK(sode_network_predict(network, &input, SODE_SCORES, 1, &first));
    worst = 0;
    for (i = 0; i < SAMPLES * OUTPUTS; i++) worst = fmax(worst, fabs(one[i] - scores[i]));
    CHECK(worst < 1e-12);
  }

  /* A result with a negative stride and labels of another type give the same bits. */
  result.data = again + count - 1;
  result.strides = backwards;
  {
    static double labels_f64[SAMPLES];
    sode_tensor other = sode_tensor_f64(labels_f64, 1, label_shape);
    for (i = 0; i < SAMPLES; i++) labels_f64[i] = labels[i];
    CHECK_OK(sode_gradient_run(gradient, &input, &other, NULL, &result));
  }
  for (i = 0; i < count && again[count - 1 - i] == gradient_of_loss[i]; i++) {}
  CHECK(i == count);

  labels[5] = OUTPUTS;
  result.strides = NULL;
  result.data = again;
  CHECK_ERROR(sode_gradient_run(gradient, &input, &targets, &loss, &result), SODE_ERR_INVALID_DATA, "row 5");
  labels[5] = -1;
  CHECK_ERROR(sode_gradient_run(gradient, &input, &targets, &loss, &result), SODE_ERR_INVALID_DATA, "row 5");
  labels[5] = 0;
  CHECK_ERROR(sode_gradient_pushforward(gradient, &input, &w, NULL, NULL, &jv), SODE_ERR_SHAPE_MISMATCH, "parameter_direction");
  CHECK_ERROR(sode_gradient_pullback(gradient, &input, &x, &jtw, NULL), SODE_ERR_SHAPE_MISMATCH, "cotangent");
  CHECK_ERROR(sode_gradient_pullback(gradient, &input, &w, NULL, NULL), SODE_ERR_NULL_POINTER, "parameter_gradient");
  CHECK_ERROR(sode_gradient_create(network, SAMPLES, "store_al", 1, &gradient), SODE_ERR_UNKNOWN_NAME, "did you mean 'store_all'");

  sode_network_free(network);
  CHECK_OK(sode_gradient_run(gradient, &input, &targets, &loss, NULL)); /* the gradient object keeps its network alive */
  sode_gradient_free(gradient);
  CHECK_ERROR(sode_gradient_run(gradient, &input, &targets, &loss, NULL), SODE_ERR_INVALID_HANDLE, "freed");
}

int main(void) {
  differentiate("{\"precision\": \"float64\", \"inputs\": 3, \"outputs\": 4, \"width\": 6, \"layers\": 7, \"field\": \"antisymmetric\", \"gamma\": 0.3,"
                " \"integrator\": \"euler\"}");
  differentiate("{\"precision\": \"float64\", \"inputs\": 3, \"outputs\": 4, \"width\": 6, \"layers\": 7, \"opening\": \"dense\", \"field\": \"hamiltonian\","
                " \"integrator\": \"verlet\", \"bias\": \"scalar\"}");
  differentiate("{\"precision\": \"float64\", \"inputs\": 3, \"outputs\": 4, \"width\": 5, \"opening\": \"dense\", \"blocks\": [{\"field\": \"dense\","
                " \"layers\": 3, \"activation\": \"softplus\"}, {\"field\": \"hamiltonian\", \"integrator\": \"verlet\", \"memory\": \"reversible\"}]}");
  return FINISH();
}
