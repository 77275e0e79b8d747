/* A host's allocator refuses the n-th request, for every n. The call fails with SODE_ERR_MEMORY and changes nothing, so the same call succeeds when
 * it is repeated, all results have the same bits, and nothing leaks. The memory limit is tested in the same way. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

static int64_t requests, refuse_at = -1, live_blocks;
static int refusals; /* calls that failed for lack of memory, with an error text that says so */
static size_t live_bytes;

static void *allocate(size_t size, size_t alignment, void *user_data) {
  void *memory = NULL;
  *(int *)user_data += 1;
  if (++requests == refuse_at) return NULL;
  if (posix_memalign(&memory, alignment, size) != 0) return NULL;
  live_blocks++;
  live_bytes += size;
  return memory;
}

static void release(void *memory, size_t size, void *user_data) {
  *(int *)user_data += 1;
  live_blocks--;
  live_bytes -= size;
  free(memory);
}

enum { SAMPLES = 100 };

/* Uses a network from creation to release and repeats each call that was refused memory. Returns the first other failure; writes the trained `parameters`. */
static sode_status live(float *parameters, int64_t *count) {
  sode_network *network = NULL, *loaded = NULL;
  sode_dataset *training = NULL, *validation = NULL;
  sode_trainer *trainer = NULL;
  sode_predictor *predictor = NULL;
  sode_gradient *gradient = NULL;
  static float features[SAMPLES * 2], scores[SAMPLES * 5];
  static int32_t labels[SAMPLES];
  int64_t in_shape[2] = {SAMPLES, 2}, out_shape[2] = {SAMPLES, 5}, label_shape[1] = {SAMPLES};
  sode_tensor in = sode_tensor_f32(features, 2, in_shape), out = sode_tensor_f32(scores, 2, out_shape), targets = sode_tensor_i32(labels, 1, label_shape);
  sode_network_info info = {.struct_size = sizeof info};
  sode_tensor all;
  double loss;
  char *bytes = NULL;
  size_t needed = 0;
  sode_status status;

#define TRY(call)                                                                                        \
  status = (call);                                                                                      \
  if (status == SODE_ERR_MEMORY && strstr(sode_last_error_message(), "memory")) refusals++, status = (call); \
  if (status < 0) goto done
  TRY(sode_network_create_json("{\"inputs\": 2, \"outputs\": 5, \"width\": 6, \"layers\": 4}", SODE_TEXT_END, &network));
  TRY(sode_dataset_create_problem("peaks", 200, 100, 1, &training, &validation));
  TRY(sode_dataset_get(validation, &in, &targets));
  TRY(sode_trainer_create(network, &trainer));
  TRY(sode_trainer_set_json(trainer, "{\"epochs\": 2, \"num_threads\": 2}", SODE_TEXT_END));
  TRY(sode_trainer_run(trainer, training, validation, NULL));
  TRY(sode_predictor_create(network, SAMPLES, 1, &predictor));
  TRY(sode_predictor_run(predictor, &in, SODE_SCORES, &out));
  TRY(sode_gradient_create(network, SAMPLES, NULL, 1, &gradient));
  TRY(sode_gradient_run(gradient, &in, &targets, &loss, NULL));
  TRY(sode_network_save_memory(network, NULL, 0, &needed));
  bytes = malloc(needed);
  TRY(sode_network_save_memory(network, bytes, needed, NULL));
  TRY(sode_network_load_memory(bytes, needed, &loaded));
  TRY(sode_network_describe(loaded, &info));
  *count = info.parameters;
  all = sode_tensor_f32(parameters, 1, count);
  TRY(sode_network_get_parameters(loaded, &all));
#undef TRY
done:
  free(bytes);
  sode_gradient_free(gradient);
  sode_predictor_free(predictor);
  sode_trainer_free(trainer);
  sode_dataset_free(training);
  sode_dataset_free(validation);
  sode_network_free(network);
  sode_network_free(loaded);
  return status;
}

int main(void) {
  static float expected[1000], parameters[1000];
  int64_t expected_count = 0, count = 0, n, total, current = -1;
  int calls = 0, refused = 0;
  sode_allocator hooks = {sizeof hooks, 0, allocate, NULL, NULL, {0}};
  sode_network *network = NULL;
  int64_t before;

  CHECK_ERROR(sode_set_allocator(NULL), SODE_ERR_NULL_POINTER, "allocator");
  CHECK_ERROR(sode_set_allocator(&hooks), SODE_ERR_NULL_POINTER, "release");
  hooks.release = release;
  hooks.user_data = &calls;
  CHECK_OK(sode_set_allocator(&hooks));
  CHECK_OK(live(expected, &expected_count));
  CHECK(calls > 0 && live_blocks == 0 && live_bytes == 0);
  CHECK_OK(sode_memory_usage(&current, NULL));
  CHECK(current == 0);
  CHECK_ERROR(sode_set_allocator(&hooks), SODE_ERR_STATE, "allocator");

  total = requests;
  for (n = 1; n <= total; n++) {
    sode_status status;
    requests = 0;
    refusals = 0;
    refuse_at = n;
    memset(parameters, 0, sizeof parameters);
    status = live(parameters, &count);
    refuse_at = -1;
    if (status == SODE_OK && refusals == 1 && live_blocks == 0 && live_bytes == 0 && count == expected_count &&
        memcmp(parameters, expected, (size_t)count * sizeof(float)) == 0)
      refused++;
    else
      printf("request %lld of %lld: status %s, %d refusals, %lld blocks, %s\n", (long long)n, (long long)total, sode_status_name(status), refusals,
             (long long)live_blocks, memcmp(parameters, expected, sizeof parameters) == 0 ? "same bits" : "other bits");
  }
  CHECK(refused == total && total > 10);

  /* The memory limit: requests beyond it are refused, nothing is lost, and without the limit they succeed again. */
  CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 5}", SODE_TEXT_END, &network));
  CHECK_OK(sode_memory_usage(&before, NULL));
  CHECK_OK(sode_set_memory_limit(before + 1000));
  {
    sode_network *large = NULL;
    CHECK_ERROR(sode_network_create_json("{\"inputs\": 2, \"outputs\": 5, \"width\": 256, \"layers\": 10}", SODE_TEXT_END, &large), SODE_ERR_MEMORY, "limit");
    CHECK(large == NULL);
    CHECK_OK(sode_memory_usage(&current, NULL));
    CHECK(current == before);
    CHECK_ERROR(sode_set_memory_limit(-1), SODE_ERR_OUT_OF_RANGE, "bytes");
    CHECK_OK(sode_set_memory_limit(0));
    CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 5, \"width\": 256, \"layers\": 10}", SODE_TEXT_END, &large));
    sode_network_free(large);
  }
  sode_network_free(network);
  CHECK(live_blocks == 0);
  return FINISH();
}
