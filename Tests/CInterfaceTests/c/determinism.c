/* Predictions, gradients and trained parameters have the same bits for 1 and 2 threads and for any split of a batch. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

enum { SAMPLES = 1203, INPUTS = 10, CLASSES = 4, MOST = 20000 };

static float features[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];
static float whole[SAMPLES * CLASSES], parts[SAMPLES * CLASSES];
static float gradients[2][MOST], trained[2][MOST];

static void same_bits(const char *json) {
  static const int64_t splits[] = {1, 2, 15, 16, 17, 64, 100, 601, SAMPLES};
  sode_network *network = NULL;
  sode_network_info info = {.struct_size = sizeof info};
  int64_t in_shape[2] = {SAMPLES, INPUTS}, out_shape[2] = {SAMPLES, CLASSES}, label_shape[1] = {SAMPLES}, start, i;
  sode_tensor in = sode_tensor_f32(features, 2, in_shape), out = sode_tensor_f32(whole, 2, out_shape), targets = sode_tensor_i32(labels, 1, label_shape);
  double loss[2] = {0, 1};
  int threads;
  size_t s;

  if (!CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network))) return;
  CHECK_OK(sode_network_describe(network, &info));
  if (!CHECK(info.parameters <= MOST)) return;

  CHECK_OK(sode_network_predict(network, &in, SODE_SCORES, 1, &out));
  out.data = parts;
  memset(parts, 0, sizeof parts);
  CHECK_OK(sode_network_predict(network, &in, SODE_SCORES, 2, &out));
  CHECK(memcmp(whole, parts, sizeof whole) == 0);
  for (s = 0; s < sizeof splits / sizeof *splits; s++) {
    sode_predictor *predictor = NULL;
    memset(parts, 0, sizeof parts);
    CHECK_OK(sode_predictor_create(network, splits[s], 1 + (int64_t)(s % 2), &predictor));
    for (start = 0; start < SAMPLES; start += splits[s]) {
      int64_t count = SAMPLES - start < splits[s] ? SAMPLES - start : splits[s];
      if (sode_predictor_run_f32(predictor, features + start * INPUTS, count, SODE_SCORES, parts + start * CLASSES) != SODE_OK) break;
    }
    CHECK(memcmp(whole, parts, sizeof whole) == 0);
    sode_predictor_free(predictor);
  }
  /* The same samples as f64, stored column by column. */
  {
    static double turned[INPUTS * SAMPLES];
    int64_t strides[2] = {1, SAMPLES}, k;
    sode_tensor other = sode_tensor_f64(turned, 2, in_shape);
    other.strides = strides;
    for (i = 0; i < SAMPLES; i++)
      for (k = 0; k < INPUTS; k++) turned[k * SAMPLES + i] = features[i * INPUTS + k];
    memset(parts, 0, sizeof parts);
    CHECK_OK(sode_network_predict(network, &other, SODE_SCORES, 1, &out));
    CHECK(memcmp(whole, parts, sizeof whole) == 0);
  }

  for (threads = 1; threads <= 2; threads++) {
    sode_gradient *gradient = NULL;
    sode_tensor result = sode_tensor_f32(gradients[threads - 1], 1, &info.parameters);
    CHECK_OK(sode_gradient_create(network, SAMPLES, NULL, threads, &gradient));
    CHECK_OK(sode_gradient_run(gradient, &in, &targets, &loss[threads - 1], &result));
    sode_gradient_free(gradient);
  }
  CHECK(loss[0] == loss[1]);
  CHECK(memcmp(gradients[0], gradients[1], (size_t)info.parameters * sizeof(float)) == 0);

  for (threads = 1; threads <= 2; threads++) {
    sode_network *student = NULL;
    sode_trainer *trainer = NULL;
    sode_dataset *data = NULL;
    sode_limits one_epoch = {.struct_size = sizeof one_epoch, .epochs = 1};
    sode_tensor result = sode_tensor_f32(trained[threads - 1], 1, &info.parameters);
    CHECK_OK(sode_network_copy(network, &student));
    CHECK_OK(sode_dataset_create(&in, &targets, &data));
    CHECK_OK(sode_trainer_create(student, &trainer));
    CHECK_OK(sode_trainer_set_json(trainer, "{\"epochs\": 3, \"batch_size\": 200, \"smoothness\": 0.001, \"weight_decay\": 0.0001}", SODE_TEXT_END));
    CHECK_OK(sode_trainer_set_int(trainer, "num_threads", threads));
    /* One run with one thread; three runs of one epoch each with two threads. */
    CHECK_OK(sode_trainer_run(trainer, data, data, threads == 1 ? NULL : &one_epoch));
    if (threads == 2) {
      CHECK_OK(sode_trainer_run(trainer, data, data, &one_epoch));
      CHECK_OK(sode_trainer_run(trainer, data, data, &one_epoch));
    }
    CHECK_OK(sode_network_get_parameters(student, &result));
    sode_trainer_free(trainer);
    sode_dataset_free(data);
    sode_network_free(student);
  }
  CHECK(memcmp(trained[0], trained[1], (size_t)info.parameters * sizeof(float)) == 0);
  {
    sode_tensor original = sode_tensor_f32(trained[1], 1, &info.parameters);
    CHECK_OK(sode_network_get_parameters(network, &original));
    CHECK(memcmp(trained[0], trained[1], (size_t)info.parameters * sizeof(float)) != 0); /* training changed the copy but not the original */
  }
  sode_network_free(network);
}

int main(void) {
  int64_t i;
  for (i = 0; i < SAMPLES * INPUTS; i++) features[i] = (float)((i * 7919 % 2003) / 1001.5 - 1);
  for (i = 0; i < SAMPLES; i++) labels[i] = (int32_t)(features[i * INPUTS] > 0) * 2 + (features[i * INPUTS + 1] > 0);
  same_bits("{\"inputs\": 10, \"outputs\": 4, \"width\": 13, \"layers\": 9, \"field\": \"antisymmetric\", \"gamma\": 0.2, \"integrator\": \"euler\"}");
  same_bits("{\"inputs\": 10, \"outputs\": 4, \"width\": 8, \"layers\": 9, \"opening\": \"dense\", \"field\": \"hamiltonian\", \"integrator\": \"verlet\"}");
  same_bits("{\"inputs\": 10, \"outputs\": 4, \"width\": 24, \"blocks\": [{\"layers\": 2, \"field\": \"dense\", \"activation\": \"softplus\"}, {\"layers\": 3}]}");
  return FINISH();
}
