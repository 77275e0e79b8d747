/* Prediction: scores, probabilities and classes are consistent; states of every layer; normalization; predictors keep their parameters. */
#include <math.h>
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

enum { SAMPLES = 50, INPUTS = 4, CLASSES = 3, LAYERS = 6, WIDTH = 5 };

static float features[SAMPLES * INPUTS], scores[SAMPLES * CLASSES], probabilities[SAMPLES * CLASSES], raw[SAMPLES * CLASSES], other[SAMPLES * CLASSES];
static float states[(LAYERS + 1) * SAMPLES * 2 * WIDTH];

int main(void) {
  sode_network *network = NULL, *regression = NULL;
  sode_predictor *predictor = NULL, *later = NULL;
  int64_t in_shape[2] = {SAMPLES, INPUTS}, out_shape[2] = {SAMPLES, CLASSES}, class_shape[1] = {SAMPLES}, classes[SAMPLES];
  int64_t state_shape[3] = {LAYERS + 1, SAMPLES, 2 * WIDTH}, per_input[1] = {INPUTS}, layers = 0, width = 0, i, k;
  sode_tensor in = sode_tensor_f32(features, 2, in_shape), out = sode_tensor_f32(scores, 2, out_shape), all = sode_tensor_f32(states, 3, state_shape);
  sode_tensor chosen = sode_tensor_i64(classes, 1, class_shape);
  double shift[INPUTS] = {1, 2, 3, 4}, scale[INPUTS] = {0.5, 0.5, 2, 1}, got_shift[INPUTS], got_scale[INPUTS];
  sode_tensor shifts = sode_tensor_f64(shift, 1, per_input), scales = sode_tensor_f64(scale, 1, per_input);
  sode_tensor got_shifts = sode_tensor_f64(got_shift, 1, per_input), got_scales = sode_tensor_f64(got_scale, 1, per_input);
  int right = 1;

  for (i = 0; i < SAMPLES * INPUTS; i++) features[i] = (float)sin((double)i);
  CHECK_OK(sode_network_create_json("{\"inputs\": 4, \"outputs\": 3, \"width\": 5, \"opening\": \"dense\", \"field\": \"hamiltonian\","
                                    " \"integrator\": \"verlet\", \"layers\": 6}", SODE_TEXT_END, &network));
  CHECK_OK(sode_network_predict(network, &in, SODE_SCORES, 1, &out));
  memcpy(raw, scores, sizeof raw);
  out.data = probabilities;
  CHECK_OK(sode_network_predict(network, &in, SODE_PROBABILITIES, 1, &out));
  CHECK_OK(sode_network_predict(network, &in, SODE_CLASSES, 1, &chosen));
  for (i = 0; i < SAMPLES; i++) {
    double total = 0, sum = 0;
    int64_t best = 0;
    for (k = 0; k < CLASSES; k++) {
      total += exp((double)raw[i * CLASSES + k]);
      sum += probabilities[i * CLASSES + k];
      if (raw[i * CLASSES + k] > raw[i * CLASSES + best]) best = k;
    }
    /* float32 softmax: a few units of 1e-7 */
    for (k = 0; k < CLASSES; k++) right = right && fabs(exp((double)raw[i * CLASSES + k]) / total - probabilities[i * CLASSES + k]) < 1e-6;
    right = right && fabs(sum - 1) < 1e-6 && classes[i] == best;
  }
  CHECK(right);

  /* The states of a Hamiltonian field are (y, z). z starts at 0; y starts with the opening's output and ends as the readout's input. */
  CHECK_OK(sode_network_state_shape(network, 0, &layers, &width));
  CHECK(layers == LAYERS && width == 2 * WIDTH);
  CHECK_OK(sode_network_states(network, 0, &in, &all));
  for (i = 0, right = 1; i < SAMPLES; i++)
    for (k = WIDTH; k < 2 * WIDTH; k++) right = right && states[i * 2 * WIDTH + k] == 0;
  CHECK(right);
  {
    float weights[CLASSES * WIDTH], bias[CLASSES];
    int64_t weight_shape[2] = {CLASSES, WIDTH}, bias_shape[1] = {CLASSES};
    sode_tensor w = sode_tensor_f32(weights, 2, weight_shape), b = sode_tensor_f32(bias, 1, bias_shape);
    CHECK_OK(sode_network_get_parameter(network, "readout.W", &w));
    CHECK_OK(sode_network_get_parameter(network, "readout.b", &b));
    for (i = 0, right = 1; i < SAMPLES; i++)
      for (k = 0; k < CLASSES; k++) {
        const float *last = states + (LAYERS * SAMPLES + i) * 2 * WIDTH;
        double score = bias[k];
        int m;
        for (m = 0; m < WIDTH; m++) score += (double)weights[k * WIDTH + m] * last[m];
        right = right && fabs(score - raw[i * CLASSES + k]) < 1e-5;
      }
    CHECK(right);
  }
  CHECK_ERROR(sode_network_states(network, 1, &in, &all), SODE_ERR_OUT_OF_RANGE, "block");
  CHECK_ERROR(sode_network_states(network, -1, &in, &all), SODE_ERR_OUT_OF_RANGE, "block");
  state_shape[0] = LAYERS;
  CHECK_ERROR(sode_network_states(network, 0, &in, &all), SODE_ERR_SHAPE_MISMATCH, "states");

  /* Normalization is part of the network: raw features now give the same results as normalized ones before. A predictor keeps the normalization that
   * it was made with. */
  CHECK_ERROR(sode_network_get_normalization(network, &got_shifts, &got_scales), SODE_ERR_STATE, "normalization");
  CHECK_OK(sode_predictor_create(network, SAMPLES, 1, &predictor));
  CHECK_OK(sode_network_set_normalization(network, &shifts, &scales));
  CHECK_OK(sode_network_get_normalization(network, &got_shifts, &got_scales));
  CHECK(memcmp(shift, got_shift, sizeof shift) == 0 && memcmp(scale, got_scale, sizeof scale) == 0);
  CHECK_OK(sode_predictor_create(network, SAMPLES, 1, &later));
  for (i = 0; i < SAMPLES; i++)
    for (k = 0; k < INPUTS; k++) features[i * INPUTS + k] = (float)(features[i * INPUTS + k] / scale[k] + shift[k]);
  CHECK_OK(sode_predictor_run_f32(later, features, SAMPLES, SODE_SCORES, other));
  for (i = 0, right = 1; i < SAMPLES * CLASSES; i++) right = right && fabs((double)other[i] - raw[i]) < 1e-4;
  CHECK(right);
  for (i = 0; i < SAMPLES * INPUTS; i++) features[i] = (float)sin((double)i);
  CHECK_OK(sode_predictor_run_f32(predictor, features, SAMPLES, SODE_SCORES, other));
  CHECK(memcmp(other, raw, sizeof raw) == 0);
  CHECK_OK(sode_network_set_normalization(network, NULL, NULL));
  out.data = scores;
  CHECK_OK(sode_network_predict(network, &in, SODE_SCORES, 2, &out));
  CHECK(memcmp(scores, raw, sizeof raw) == 0);
  scale[2] = NAN;
  CHECK_ERROR(sode_network_set_normalization(network, &shifts, &scales), SODE_ERR_NOT_FINITE, "scale");
  CHECK_ERROR(sode_network_set_normalization(network, &shifts, NULL), SODE_ERR_NULL_POINTER, "scale");

  /* f64 input and output of an f32 network: the same numbers. */
  {
    static double wide[SAMPLES * INPUTS], wide_scores[SAMPLES * CLASSES];
    for (i = 0; i < SAMPLES * INPUTS; i++) wide[i] = features[i];
    CHECK_OK(sode_predictor_run_f64(predictor, wide, SAMPLES, SODE_SCORES, wide_scores));
    for (i = 0, right = 1; i < SAMPLES * CLASSES; i++) right = right && wide_scores[i] == raw[i];
    CHECK(right);
  }
  CHECK_ERROR(sode_predictor_run_f32(predictor, features, SAMPLES + 1, SODE_SCORES, other), SODE_ERR_OUT_OF_RANGE, "samples");
  CHECK_ERROR(sode_predictor_run_f32(predictor, features, 0, SODE_SCORES, other), SODE_ERR_INVALID_DATA, "samples");
  CHECK_ERROR(sode_predictor_run_f32(predictor, features, -1, SODE_SCORES, other), SODE_ERR_INVALID_DATA, "samples");
  CHECK_ERROR(sode_predictor_run_f32(predictor, features, 1, 3, other), SODE_ERR_OUT_OF_RANGE, "what");
  CHECK_ERROR(sode_predictor_create(network, 0, 1, &later), SODE_ERR_OUT_OF_RANGE, "max_batch");
  CHECK_ERROR(sode_predictor_create(network, 1, -1, &later), SODE_ERR_OUT_OF_RANGE, "num_threads");

  /* Least squares: the probabilities are the scores, and there are no classes. */
  CHECK_OK(sode_network_create_json("{\"inputs\": 4, \"outputs\": 3, \"loss\": \"least_squares\"}", SODE_TEXT_END, &regression));
  CHECK_OK(sode_network_predict(regression, &in, SODE_SCORES, 1, &out));
  out.data = other;
  CHECK_OK(sode_network_predict(regression, &in, SODE_PROBABILITIES, 1, &out));
  CHECK(memcmp(scores, other, sizeof scores) == 0);
  CHECK_ERROR(sode_network_predict(regression, &in, SODE_CLASSES, 1, &chosen), SODE_ERR_INCOMPATIBLE, "classes");

  sode_predictor_free(predictor);
  sode_predictor_free(later);
  sode_network_free(regression);
  sode_network_free(network);
  return FINISH();
}
