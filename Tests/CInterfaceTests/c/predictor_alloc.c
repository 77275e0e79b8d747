/* sode_predictor_run_f32 for one sample neither allocates nor locks. The program's own malloc and pthread_mutex_lock replace libc's and count calls; the
 * program first checks that they are really called. */
#include "locks.h"

#include <stableode.h>
#include <stdlib.h>

#include "allocations.h"
#include "check.h"

static void run_of(const char *json, int64_t inputs, int64_t numbers) {
  sode_network *network = NULL;
  sode_predictor *predictor = NULL;
  static float sample[64];
  float result[64];
  int64_t in_shape[2] = {1, 0}, out_shape[2] = {1, numbers};
  sode_tensor in = sode_tensor_f32(sample, 2, in_shape), out = sode_tensor_f32(result, 2, out_shape);
  long before, locked;
  int i, what;

  in_shape[1] = inputs;
  for (i = 0; i < 64; i++) sample[i] = 0.01f * (float)i;
  before = allocations;
  locked = locks;
  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  CHECK(allocations > before); /* the replacements are called */
  CHECK_OK(sode_predictor_create(network, 1, 1, &predictor));
  { /* work that is shared by two threads needs locks */
    static float samples[1024 * 64], results[1024 * 64];
    int64_t samples_shape[2] = {1024, 0}, results_shape[2] = {1024, numbers};
    sode_tensor many = sode_tensor_f32(samples, 2, samples_shape), all = sode_tensor_f32(results, 2, results_shape);
    samples_shape[1] = inputs;
    CHECK_OK(sode_network_predict(network, &many, SODE_SCORES, 2, &all));
    CHECK(locks > locked);
  }
  for (what = SODE_SCORES; what <= SODE_CLASSES; what++) {
    before = allocations;
    locked = locks;
    for (i = 0; i < 1000; i++)
      if (sode_predictor_run_f32(predictor, sample, 1, what, result) != SODE_OK) break;
    CHECK(i == 1000);
    CHECK(allocations - before == 0);
    CHECK(locks - locked == 0);
  }
  before = allocations;
  locked = locks;
  for (i = 0; i < 1000; i++)
    if (sode_predictor_run(predictor, &in, SODE_SCORES, &out) != SODE_OK) break;
  CHECK(i == 1000);
  CHECK(allocations - before == 0);
  CHECK(locks - locked == 0);
  sode_predictor_free(predictor);
  sode_network_free(network);
}

static void run(const char *json, int64_t inputs) { run_of(json, inputs, 5); }

int main(void) {
  run("{\"inputs\": 2, \"outputs\": 5, \"width\": 8, \"layers\": 16, \"field\": \"antisymmetric\", \"integrator\": \"euler\"}", 2);
  run("{\"inputs\": 64, \"outputs\": 5, \"width\": 32, \"opening\": \"dense\", \"layers\": 8, \"field\": \"hamiltonian\", \"integrator\": \"verlet\"}", 64);
  run("{\"inputs\": 3, \"outputs\": 5, \"width\": 7, \"precision\": \"float64\", \"field\": \"dense\", \"blocks\": [{\"layers\": 2}, {\"layers\": 3,"
      " \"activation\": \"relu\"}]}", 3);
  run("{\"inputs\": 3, \"outputs\": 5, \"width\": 7, \"field\": \"linear_activation\", \"integrator\": \"near_identity\"}", 3);
  run_of("{\"inputs\": 6, \"outputs\": 5, \"width\": 7, \"opening\": \"sequence\", \"field\": \"antisymmetric_rnn\", \"layers\": 6, \"outputs_at\": \"steps\"}", 6, 30);
  run("{\"input_shape\": [1, 8, 8], \"outputs\": 5, \"blocks\": [{\"connector\": \"convolution\", \"channels\": 3, \"activation\": \"tanh\"}, {\"field\": \"gradient_flow\","
      " \"operator\": \"convolution\", \"integrator\": \"leapfrog\", \"layers\": 2}, {\"connector\": \"max_pooling\"}, {\"field\": \"rotate_relax\", \"operator\": \"convolution\","
      " \"integrator\": \"cayley\", \"rotation\": \"kernel\", \"padding\": \"periodic\", \"layers\": 1}, {\"connector\": \"global_average\"}]}", 64);
  run("{\"input_shape\": [1, 8, 8], \"outputs\": 5, \"field\": \"gradient_flow\", \"operator\": \"convolution\", \"integrator\": \"imex\", \"layers\": 2}", 64);
  run("{\"architecture\": \"lm_resnet_14\", \"input_shape\": [1, 8, 8], \"outputs\": 5}", 64);
  run("{\"architecture\": \"near_identity_cnn_20\", \"input_shape\": [1, 8, 8], \"outputs\": 5}", 64);
  return FINISH();
}
