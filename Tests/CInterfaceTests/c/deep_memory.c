/* Verlet, width 16, 10 000 layers, batch 64: reversible training needs memory for the parameters, their gradient and a constant amount besides. Its
 * gradient equals that of store_all up to a relative error of 1e-4 in f32. */
#include <math.h>
#include <stableode.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

enum { WIDTH = 16, BATCH = 64, CLASSES = 4 };

/* The peak of bytes during one gradient call, beyond those in use before the network was made. Writes the gradient to `result`. */
static int64_t peak_of(int64_t layers, const char *memory, float *result, int64_t *parameters) {
  char json[400];
  static float features[BATCH * WIDTH];
  static int32_t labels[BATCH];
  sode_network *network = NULL;
  sode_gradient *gradient = NULL;
  sode_network_info info = {.struct_size = sizeof info};
  int64_t shape[2] = {BATCH, WIDTH}, label_shape[1] = {BATCH}, before = 0, peak = 0, i;
  sode_tensor input = sode_tensor_f32(features, 2, shape), targets = sode_tensor_i32(labels, 1, label_shape), out;
  double loss = NAN;

  for (i = 0; i < BATCH * WIDTH; i++) features[i] = (float)((i * 37 % 101) / 50.5 - 1);
  for (i = 0; i < BATCH; i++) labels[i] = (int32_t)(i % CLASSES);
  snprintf(json, sizeof json,
           "{\"inputs\": %d, \"outputs\": %d, \"width\": %d, \"field\": \"hamiltonian\", \"integrator\": \"verlet\", \"layers\": %lld,"
           " \"horizon\": 10.0, \"seed\": 3}",
           WIDTH, CLASSES, WIDTH, (long long)layers);
  CHECK_OK(sode_memory_usage(&before, NULL));
  CHECK_OK(sode_reset_memory_peak());
  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  CHECK_OK(sode_network_describe(network, &info));
  *parameters = info.parameters;
  out = sode_tensor_f32(result, 1, &info.parameters);
  CHECK_OK(sode_gradient_create(network, BATCH, memory, 1, &gradient));
  CHECK_OK(sode_gradient_run(gradient, &input, &targets, &loss, &out));
  CHECK(isfinite(loss));
  CHECK_OK(sode_memory_usage(NULL, &peak));
  sode_gradient_free(gradient);
  sode_network_free(network);
  return peak - before;
}

int main(void) {
  const size_t most = (size_t)10000 * (WIDTH * WIDTH + WIDTH) + 1000;
  float *reversible = malloc(most * sizeof(float)), *stored = malloc(most * sizeof(float));
  int64_t shallow_count, deep_count, i;
  const int64_t shallow = peak_of(100, "reversible", reversible, &shallow_count);
  const int64_t deep = peak_of(10000, "reversible", reversible, &deep_count);
  const int64_t all = peak_of(10000, "store_all", stored, &deep_count);
  double difference = 0, size = 0, now = 0;
  const int64_t per_layer = 4 * (deep_count - shallow_count);

  printf("reversible: %lld bytes at 100 layers, %lld at 10 000; store-all: %lld; parameters of 10 000 layers: %lld\n", (long long)shallow,
         (long long)deep, (long long)all, (long long)(4 * deep_count));
  /* Only the parameters and the gradient grow with depth. */
  CHECK(deep - shallow <= 2 * per_layer + 65536);
  CHECK(all > deep + (int64_t)4 * 10000 * WIDTH * BATCH);
  for (i = 0; i < deep_count; i++) {
    difference += ((double)reversible[i] - stored[i]) * ((double)reversible[i] - stored[i]);
    size += (double)stored[i] * stored[i];
  }
  now = sqrt(difference / size);
  printf("relative difference of the gradients: %.2e\n", now);
  CHECK(size > 0 && now < 1e-4);
  free(reversible);
  free(stored);
  return FINISH();
}
