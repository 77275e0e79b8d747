/* Multi-level learning: refinement of networks and trainers by hand and by the multi-level driver, the history of all levels, and runs that end early. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

static const char *const specification =
    "{\"inputs\": 2, \"outputs\": 2, \"width\": 4, \"field\": \"antisymmetric\", \"layers\": 4, \"horizon\": 4, \"seed\": 1, \"precision\": \"float64\"}";

static int64_t parameters(sode_network *network) {
  sode_network_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK_OK(sode_network_describe(network, &info));
  return info.parameters;
}

static sode_progress row(sode_trainer *trainer, int64_t index) {
  sode_progress row;
  memset(&row, 0, sizeof row);
  row.struct_size = sizeof row;
  CHECK_OK(sode_trainer_history_at(trainer, index, &row));
  return row;
}

static int32_t stop_in_second_level(const sode_progress *progress, void *user_data) {
  ++*(int *)user_data;
  return progress->level == 1 && progress->kind == SODE_PROGRESS_EPOCH;
}

static sode_trainer *made(sode_network **network) {
  sode_trainer *trainer = NULL;
  CHECK_OK(sode_network_create_json(specification, SODE_TEXT_END, network));
  CHECK_OK(sode_trainer_create(*network, &trainer));
  CHECK_OK(sode_trainer_set_json(trainer, "{\"epochs\": 3, \"learning_rate\": 0.02, \"smoothness\": 1e-4, \"num_threads\": 1}", SODE_TEXT_END));
  return trainer;
}

int main(void) {
  sode_network *network = NULL, *finer = NULL, *finest = NULL, *by_hand = NULL, *none = NULL;
  sode_trainer *trainer = NULL, *next = NULL, *last = NULL, *nobody = NULL;
  sode_dataset *training = NULL, *validation = NULL;
  double *one, *two;
  int64_t count = 0, shape[1], size[1];
  int calls = 0;
  sode_tensor first, second;

  CHECK_OK(sode_dataset_create_problem("ellipses", 200, 100, 1, &training, &validation));

  /* A network without a trainer: twice the layers. */
  trainer = made(&network);
  CHECK(parameters(network) == 4 * 20 + 10);
  CHECK_OK(sode_network_refine(network, "copy", &finer));
  CHECK(parameters(finer) == 8 * 20 + 10);
  sode_network_free(finer);
  finer = NULL;
  CHECK_ERROR(sode_network_refine(network, "liner", &finer), SODE_ERR_UNKNOWN_NAME, "linear");
  CHECK_ERROR(sode_trainer_refine(trainer, "cubic", &finer, &next), SODE_ERR_UNKNOWN_NAME, "copy");
  CHECK(finer == NULL && next == NULL);

  /* By hand, 4 → 8 → 16. */
  CHECK_OK(sode_trainer_run(trainer, training, validation, NULL));
  CHECK_OK(sode_trainer_refine(trainer, "linear", &finer, &next));
  CHECK_OK(sode_trainer_run(next, training, validation, NULL));
  CHECK_OK(sode_trainer_refine(next, "linear", &by_hand, &last));
  CHECK_OK(sode_trainer_run(last, training, validation, NULL));
  CHECK_OK(sode_trainer_history_count(trainer, &count));
  CHECK(count == 3);
  CHECK_OK(sode_trainer_history_count(last, &count));
  CHECK(count == 9 && row(last, 2).level == 0 && row(last, 3).level == 1 && row(last, 3).epoch == 1 && row(last, 8).level == 2);
  sode_trainer_free(last);
  sode_trainer_free(next);
  sode_trainer_free(trainer);
  sode_network_free(finer);
  sode_network_free(network);
  next = last = NULL;

  /* By the driver: the callback stops it in the second level; continuing gives the same bits. */
  trainer = made(&network);
  CHECK_OK(sode_trainer_set_callback(trainer, stop_in_second_level, &calls));
  CHECK_ERROR(sode_multilevel_run(trainer, 12, "linear", training, validation, NULL, &finer, &next), SODE_ERR_OUT_OF_RANGE, "power of 2");
  CHECK_STATUS(sode_multilevel_run(trainer, 16, "linear", training, validation, NULL, &finer, &next), SODE_STOPPED_BY_CALLBACK);
  CHECK(calls >= 4 && parameters(finer) == 8 * 20 + 10);
  CHECK_OK(sode_trainer_set_callback(next, NULL, NULL));
  CHECK_OK(sode_multilevel_run(next, 16, "linear", training, validation, NULL, &finest, &last));
  CHECK_OK(sode_trainer_history_count(last, &count));
  CHECK(count == 9 && row(last, 8).level == 2 && row(last, 8).epoch == 3);
  shape[0] = size[0] = parameters(finest);
  CHECK(shape[0] == 16 * 20 + 10);
  one = malloc((size_t)shape[0] * sizeof *one);
  two = malloc((size_t)shape[0] * sizeof *two);
  first = sode_tensor_f64(one, 1, shape);
  second = sode_tensor_f64(two, 1, size);
  CHECK_OK(sode_network_get_parameters(finest, &first));
  CHECK_OK(sode_network_get_parameters(by_hand, &second));
  CHECK(memcmp(one, two, (size_t)shape[0] * sizeof *one) == 0);
  free(one);
  free(two);

  /* Nothing is left to refine: the run ends at its own level. */
  CHECK_OK(sode_multilevel_run(last, 16, "linear", training, validation, NULL, &none, &nobody));
  CHECK(none == NULL && nobody == NULL);
  sode_trainer_free(trainer);
  sode_network_free(network);
  sode_network_free(finer);
  sode_trainer_free(last);
  sode_trainer_free(next);
  sode_network_free(by_hand);
  sode_network_free(finest);
  sode_dataset_free(training);
  sode_dataset_free(validation);
  return FINISH();
}
