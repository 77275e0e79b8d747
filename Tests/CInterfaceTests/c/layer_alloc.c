/* The layers of schemes that do not iterate allocate nothing: a call makes the same number of allocations for a network of 12 layers as for one of 3. This program's
 * own malloc replaces that of libc and counts the calls. Checked are predictions, gradients, pullbacks and pushforwards of every field and scheme. */
#define _GNU_SOURCE
#include <stableode.h>
#include <stdlib.h>

#include "allocations.h"
#include "check.h"

enum { SAMPLES = 17, INPUTS = 3, OUTPUTS = 4, MOST = 8192, CALLS = 5 };

/* The calls whose allocations are counted, in the order of the counts. */
static const char *const call_names[CALLS] = {"prediction of one sample", "prediction of a batch", "gradient", "pullback", "pushforward"};

static float features[SAMPLES * INPUTS], scores[SAMPLES * OUTPUTS], tangent[SAMPLES * OUTPUTS], gradient_values[MOST], direction[MOST];
static int32_t labels[SAMPLES];

/* Counts the allocations of each call. Every call is made twice and counted the second time, because the first one may allocate memory that is kept.
 * Returns false if the field and the integrator cannot be combined. */
static int count(const char *field, const char *integrator, int layers, long counts[CALLS]) {
  char json[512];
  sode_network *network = NULL;
  sode_gradient *gradient = NULL;
  sode_predictor *predictor = NULL;
  sode_network_info info = {.struct_size = sizeof info};
  int64_t input_shape[2] = {SAMPLES, INPUTS}, label_shape[1] = {SAMPLES}, score_shape[2] = {SAMPLES, OUTPUTS}, parameter_shape[1];
  sode_tensor input = sode_tensor_f32(features, 2, input_shape), targets = sode_tensor_i32(labels, 1, label_shape);
  sode_tensor out = sode_tensor_f32(scores, 2, score_shape), jv = sode_tensor_f32(tangent, 2, score_shape), result, along;
  double loss;
  int round, status;

  snprintf(json, sizeof json,
           "{\"inputs\": %d, \"outputs\": %d, \"width\": 6, \"opening\": \"dense\", \"layers\": %d, \"horizon\": 0.5, \"field\": \"%s\", \"integrator\": \"%s\"}", INPUTS,
           OUTPUTS, layers, field, integrator);
  counts[0] = allocations;
  status = sode_network_create_json(json, SODE_TEXT_END, &network);
  if (status != SODE_OK) {
    CHECK(status == SODE_ERR_INCOMPATIBLE);
    return 0;
  }
  CHECK(allocations > counts[0]); /* the counter counts */
  CHECK_OK(sode_network_describe(network, &info));
  parameter_shape[0] = info.parameters;
  if (!CHECK(info.parameters <= MOST)) return 0;
  result = sode_tensor_f32(gradient_values, 1, parameter_shape);
  along = sode_tensor_f32(direction, 1, parameter_shape);
  CHECK_OK(sode_gradient_create(network, SAMPLES, NULL, 1, &gradient));
  CHECK_OK(sode_predictor_create(network, SAMPLES, 1, &predictor));
  for (round = 0; round < 2; round++) {
    long before = allocations;
    CHECK_OK(sode_predictor_run_f32(predictor, features, 1, SODE_SCORES, scores));
    counts[0] = allocations - before;
    before = allocations;
    CHECK_OK(sode_predictor_run_f32(predictor, features, SAMPLES, SODE_SCORES, scores));
    counts[1] = allocations - before;
    before = allocations;
    CHECK_OK(sode_gradient_run(gradient, &input, &targets, &loss, &result));
    counts[2] = allocations - before;
    before = allocations;
    CHECK_OK(sode_gradient_pullback(gradient, &input, &out, &result, NULL));
    counts[3] = allocations - before;
    before = allocations;
    CHECK_OK(sode_gradient_pushforward(gradient, &input, &along, NULL, &out, &jv));
    counts[4] = allocations - before;
  }
  sode_predictor_free(predictor);
  sode_gradient_free(gradient);
  sode_network_free(network);
  return 1;
}

/* Whether a scheme takes an option that limits its iterations or its own steps. The calls of such schemes may allocate more for more layers. */
static int iterates(const char *integrator) {
  char scope[128];
  int64_t options = 0, i;
  snprintf(scope, sizeof scope, "integrator=%s", integrator);
  CHECK_OK(sode_option_count(scope, &options));
  for (i = 0; i < options; i++) {
    sode_option_info info = {.struct_size = sizeof info};
    CHECK_OK(sode_option_at(scope, i, &info));
    if (strcmp(info.key, "solver_iterations") == 0 || strcmp(info.key, "max_steps") == 0) return 1;
  }
  return 0;
}

int main(void) {
  int64_t fields = 0, integrators = 0, i, j;
  int call, iterating = 0;
  for (i = 0; i < SAMPLES * INPUTS; i++) features[i] = 0.1f * (float)(i % 13) - 0.6f;
  for (i = 0; i < SAMPLES; i++) labels[i] = (int32_t)(i % OUTPUTS);
  for (i = 0; i < MOST; i++) direction[i] = 0.01f * (float)(i % 7);
  CHECK_OK(sode_registry_count("fields", &fields));
  CHECK_OK(sode_registry_count("integrators", &integrators));
  for (i = 0; i < integrators; i++) {
    const char *integrator = NULL;
    int pairs = 0;
    CHECK_OK(sode_registry_at("integrators", i, &integrator, NULL));
    if (iterates(integrator)) {
      iterating++;
      continue;
    }
    for (j = 0; j < fields; j++) {
      const char *field = NULL;
      long few[CALLS] = {0}, many[CALLS] = {0};
      CHECK_OK(sode_registry_at("fields", j, &field, NULL));
      if (!count(field, integrator, 3, few) || !count(field, integrator, 12, many)) continue;
      pairs++;
      CHECK(few[0] == 0 && few[1] == 0 && many[0] == 0 && many[1] == 0); /* predictors allocate nothing at all */
      for (call = 2; call < CALLS; call++)
        if (!CHECK(few[call] == many[call]))
          printf("# %s, %s, %s: %ld allocations with 3 layers, %ld with 12\n", integrator, field, call_names[call], few[call], many[call]);
    }
    if (!CHECK(pairs > 0)) printf("# no field can be combined with %s\n", integrator);
  }
  CHECK(iterating > 0 && iterating < integrators);
  return FINISH();
}
