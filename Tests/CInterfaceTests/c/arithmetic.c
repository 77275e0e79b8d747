/* The host's arithmetic does not reach the library: flush-to-zero, a rounding mode and exceptions that trap change no bit, on any number of threads, and are as they were after every call. */
#include <stableode.h>
#include <stdlib.h>
#include <xmmintrin.h>

#include "check.h"

enum { ROWS = 64, INPUTS = 2, OUTPUTS = 2, SETTINGS = 5, CONTROL = 0xffc0 };

/* Nearest; flush-to-zero and denormals-are-zero; upward; downward with both; every exception traps. */
static const unsigned settings[SETTINGS] = {0x1f80, 0x9fc0, 0x5f80, 0xbfc0, 0x0000};
static float features[ROWS * INPUTS];
static int64_t shape[2] = {ROWS, INPUTS}, out_shape[2] = {ROWS, OUTPUTS};

static int keeps(unsigned setting) {
  int same = (_mm_getcsr() & CONTROL) == (setting & CONTROL);
  _mm_setcsr(0x1f80);
  return same;
}

/* A callback that leaves its thread flushing to zero. */
static int32_t flushing(const sode_progress *progress, void *data) {
  (void)progress;
  (*(int *)data)++;
  _mm_setcsr(0x9fc0);
  return 0;
}

static void predictions(sode_network *network) {
  float expected[ROWS * OUTPUTS], found[ROWS * OUTPUTS], one[OUTPUTS];
  double radii[ROWS], same_radii[ROWS];
  sode_tensor x = sode_tensor_f32(features, 2, shape), out = sode_tensor_f32(expected, 2, out_shape), again = sode_tensor_f32(found, 2, out_shape);
  sode_tensor radius = sode_tensor_f64(radii, 1, shape), same_radius = sode_tensor_f64(same_radii, 1, shape);
  sode_predictor *predictor = NULL;
  int setting, subnormal = 0, i;

  CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 1, &out));
  for (i = 0; i < ROWS * OUTPUTS; i++) subnormal += expected[i] != 0 && expected[i] < 1e-38f && expected[i] > -1e-38f;
  CHECK(subnormal > ROWS / 2);
  CHECK_OK(sode_network_certified_radius(network, &x, 1, NULL, &radius));
  CHECK_OK(sode_predictor_create(network, 1, 1, &predictor));
  for (setting = 0; setting < SETTINGS; setting++) {
    int64_t threads;
    for (threads = 1; threads <= 3; threads += 2) {
      sode_status status;
      memset(found, 0, sizeof found);
      _mm_setcsr(settings[setting]);
      status = sode_network_predict(network, &x, SODE_SCORES, threads, &again);
      CHECK(keeps(settings[setting]));
      CHECK(status == SODE_OK && memcmp(expected, found, sizeof found) == 0);
      _mm_setcsr(settings[setting]);
      status = sode_network_certified_radius(network, &x, threads, NULL, &same_radius);
      CHECK(keeps(settings[setting]));
      CHECK(status == SODE_OK && memcmp(radii, same_radii, sizeof radii) == 0);
    }
    {
      sode_status status;
      _mm_setcsr(settings[setting]);
      status = sode_predictor_run_f32(predictor, features + INPUTS, 1, SODE_SCORES, one);
      CHECK(keeps(settings[setting]));
      CHECK(status == SODE_OK && memcmp(one, expected + OUTPUTS, sizeof one) == 0);
      /* A call that fails restores them as well. */
      _mm_setcsr(settings[setting]);
      status = sode_predictor_run_f32(predictor, NULL, 1, SODE_SCORES, one);
      CHECK(keeps(settings[setting]));
      CHECK(status == SODE_ERR_NULL_POINTER);
    }
  }
  sode_predictor_free(predictor);
}

/* Training whose callback sets its thread to flush: the same parameters, and the caller's setting afterwards. */
static void training(void) {
  static float parameters[2][256];
  sode_dataset *data = NULL, *validation = NULL;
  int flushes;

  CHECK_OK(sode_dataset_create_problem("peaks", 64, 16, 1, &data, &validation));
  for (flushes = 0; flushes < 2; flushes++) {
    sode_network *network = NULL;
    sode_trainer *trainer = NULL;
    sode_network_info info = {.struct_size = sizeof info};
    sode_tensor values = sode_tensor_f32(parameters[flushes], 1, &info.parameters);
    sode_status status;
    int calls = 0;
    CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 5, \"layers\": 2}", SODE_TEXT_END, &network));
    CHECK_OK(sode_network_describe(network, &info));
    CHECK(info.parameters <= 256);
    CHECK_OK(sode_trainer_create(network, &trainer));
    CHECK_OK(sode_trainer_set_int(trainer, "epochs", 3));
    if (flushes) CHECK_OK(sode_trainer_set_callback(trainer, flushing, &calls));
    status = sode_trainer_run(trainer, data, NULL, NULL);
    CHECK(keeps(0x1f80));
    CHECK(status >= 0 && calls == 3 * flushes);
    CHECK_OK(sode_network_get_parameters(network, &values));
    sode_trainer_free(trainer);
    sode_network_free(network);
  }
  CHECK(memcmp(parameters[0], parameters[1], sizeof parameters[0]) == 0);
  sode_dataset_free(data);
  sode_dataset_free(validation);
}

int main(void) {
  const char *json =
      "{\"inputs\": 2, \"outputs\": 2, \"width\": 2, \"opening\": \"zero_padding\", \"field\": \"gradient_flow\", \"steps\": \"row_sums\", \"layers\": 1, \"activation\": \"relu\"}";
  float weights[4] = {0, 0, 1e-20f, 3e-21f}, zeros[4] = {0, 0, 0, 0};
  int64_t square[2] = {2, 2}, cube[3] = {1, 2, 2};
  sode_tensor readout = sode_tensor_f32(weights, 2, square), bias = sode_tensor_f32(zeros, 1, square), kernel = sode_tensor_f32(zeros, 3, cube);
  sode_network *network = NULL;
  int i;

  for (i = 0; i < ROWS * INPUTS; i++) features[i] = 1e-20f * (float)(1 + i % 7) - 3e-20f;
  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  CHECK_OK(sode_network_set_parameter(network, "blocks.0.K", &kernel));
  CHECK_OK(sode_network_set_parameter(network, "readout.W", &readout));
  CHECK_OK(sode_network_set_parameter(network, "readout.b", &bias));
  predictions(network);
  sode_network_free(network);
  training();
  return FINISH();
}
