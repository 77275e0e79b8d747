/* Handles are numbers, not addresses: use after free, double free, and forged or foreign pointers are errors. Calls on busy objects are refused. */
#include <pthread.h>
#include <stableode.h>
#include <stdint.h>

#include "check.h"

static const char *const json = "{\"inputs\": 2, \"outputs\": 3, \"width\": 4, \"layers\": 3}";

/* Threads create, use and free handles concurrently: a slot must never belong to two owners. */
static void *churn(void *result) {
  int64_t failures = 0;
  int i;
  for (i = 0; i < 3000; i++) {
    sode_specification *specification = NULL, *stale;
    if (sode_specification_create(&specification) != SODE_OK) failures++;
    if (sode_specification_set_int(specification, "inputs", i + 1) != SODE_OK) failures++;
    stale = specification;
    sode_specification_free(specification);
    if (sode_specification_set_int(stale, "inputs", 1) != SODE_ERR_INVALID_HANDLE) failures++;
  }
  *(int64_t *)result = failures;
  return NULL;
}

static void *hammer(void *argument) {
  void **arguments = argument;
  sode_specification *specification = arguments[0];
  int64_t *counts = arguments[1];
  int i;
  for (i = 0; i < 20000; i++) {
    sode_status status = sode_specification_set_int(specification, "width", 8);
    if (status == SODE_OK) counts[0]++;
    else if (status == SODE_ERR_HANDLE_BUSY) counts[1]++;
    else counts[2]++;
  }
  return NULL;
}

int main(void) {
  sode_network *network = NULL, *copy = NULL;
  sode_specification *specification = NULL;
  sode_predictor *predictor = NULL;
  sode_cancel_token *token = NULL;
  sode_network_info info = {.struct_size = sizeof info};
  float point[2] = {0.5f, -0.5f}, scores[3], scores_after[3];
  pthread_t threads[2];
  int64_t failures[2] = {-1, -1}, counts[2][3] = {{0}};
  void *arguments[2][2];
  int i, on_stack;

  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  CHECK_OK(sode_specification_create(&specification));

  /* A handle of another kind is refused. */
  CHECK_ERROR(sode_network_describe((sode_network *)specification, &info), SODE_ERR_INVALID_HANDLE, "another kind");
  CHECK_ERROR(sode_specification_add_block((sode_specification *)network), SODE_ERR_INVALID_HANDLE, "specification");
  /* Pointers that never were handles. */
  CHECK_ERROR(sode_network_describe((sode_network *)&on_stack, &info), SODE_ERR_INVALID_HANDLE, "network");
  CHECK_ERROR(sode_network_describe((sode_network *)(uintptr_t)1, &info), SODE_ERR_INVALID_HANDLE, "network");
  CHECK_ERROR(sode_network_describe((sode_network *)UINTPTR_MAX, &info), SODE_ERR_INVALID_HANDLE, "network");
  for (i = 0; i < 64; i++) CHECK(sode_network_describe((sode_network *)((uintptr_t)network ^ (uintptr_t)1 << i), &info) < 0);
  CHECK_ERROR(sode_network_describe(NULL, &info), SODE_ERR_NULL_POINTER, "network");

  /* Dependent objects keep what they need alive, but a freed handle is invalid in all calls. */
  CHECK_OK(sode_predictor_create(network, 1, 1, &predictor));
  CHECK_OK(sode_predictor_run_f32(predictor, point, 1, SODE_SCORES, scores));
  CHECK_OK(sode_network_copy(network, &copy));
  sode_network_free(network);
  CHECK_ERROR(sode_network_describe(network, &info), SODE_ERR_INVALID_HANDLE, "freed");
  CHECK_OK(sode_predictor_run_f32(predictor, point, 1, SODE_SCORES, scores_after));
  CHECK(memcmp(scores, scores_after, sizeof scores) == 0);
  CHECK_OK(sode_network_describe(copy, &info));
  CHECK(info.inputs == 2 && info.outputs == 3 && info.precision_bits == 32 && info.blocks == 1);

  /* A double free is harmless and reported. */
  sode_network_free(network);
  CHECK(strstr(sode_last_error_message(), "freed") != NULL);
  sode_network_free(NULL);
  sode_predictor_free((sode_predictor *)copy);
  CHECK(strstr(sode_last_error_message(), "another kind") != NULL);
  CHECK_OK(sode_network_describe(copy, &info));
  /* A new object in the same slot has another handle. */
  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  CHECK(network != copy);

  /* Cancel tokens. */
  CHECK_OK(sode_cancel_token_create(&token));
  CHECK_OK(sode_cancel_token_request(token));
  CHECK_OK(sode_cancel_token_reset(token));
  CHECK_STATUS(sode_cancel_token_request((sode_cancel_token *)network), SODE_ERR_INVALID_HANDLE);
  CHECK_STATUS(sode_cancel_token_request(NULL), SODE_ERR_NULL_POINTER);
  sode_cancel_token_free(token);
  CHECK_STATUS(sode_cancel_token_request(token), SODE_ERR_INVALID_HANDLE);
  CHECK_ERROR(sode_cancel_token_reset(token), SODE_ERR_INVALID_HANDLE, "freed");
  sode_cancel_token_free(token);

  /* Two threads use an object that only one thread at a time may use: each call either succeeds or is refused as busy. */
  for (i = 0; i < 2; i++) {
    arguments[i][0] = specification;
    arguments[i][1] = counts[i];
    CHECK(pthread_create(&threads[i], NULL, hammer, arguments[i]) == 0);
  }
  for (i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(counts[0][0] + counts[0][1] == 20000 && counts[1][0] + counts[1][1] == 20000);
  CHECK(counts[0][2] == 0 && counts[1][2] == 0);

  for (i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, churn, &failures[i]) == 0);
  for (i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(failures[0] == 0 && failures[1] == 0);

  sode_predictor_free(predictor);
  sode_network_free(copy);
  sode_network_free(network);
  sode_specification_free(specification);
  return FINISH();
}
