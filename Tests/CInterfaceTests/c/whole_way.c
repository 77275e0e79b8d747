/* The whole life of a small network: it is created, trained and evaluated, predicts samples one at a time and all at once, is saved to memory and loaded,
 * and predicts again. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

enum { SAMPLES = 200, CLASSES = 5 };

static float features[SAMPLES * 2];
static float together[SAMPLES * CLASSES], alone[SAMPLES * CLASSES], loaded_scores[SAMPLES * CLASSES];

static void live(const char *json) {
  sode_network *network = NULL, *loaded = NULL;
  sode_dataset *training = NULL, *validation = NULL;
  sode_trainer *trainer = NULL;
  sode_predictor *predictor = NULL;
  sode_evaluation before = {sizeof before, 0, 0, 0, 0, {0}}, after = {sizeof after, 0, 0, 0, 0, {0}};
  int64_t feature_shape[2] = {SAMPLES, 2}, score_shape[2] = {SAMPLES, CLASSES};
  sode_tensor input = sode_tensor_f32(features, 2, feature_shape);
  sode_tensor scores = sode_tensor_f32(together, 2, score_shape), again = sode_tensor_f32(loaded_scores, 2, score_shape);
  size_t needed = 0;
  void *bytes;
  int i;

  if (!CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network))) return;
  CHECK_OK(sode_dataset_create_problem("peaks", 1000, SAMPLES, 1, &training, &validation));
  CHECK_OK(sode_network_evaluate(network, validation, 1, &before));

  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_OK(sode_trainer_set_text(trainer, "optimizer", "adam"));
  CHECK_OK(sode_trainer_set_real(trainer, "learning_rate", 0.01));
  CHECK_OK(sode_trainer_set_int(trainer, "epochs", 5));
  CHECK_OK(sode_trainer_run(trainer, training, validation, NULL));
  CHECK_OK(sode_network_evaluate(network, validation, 1, &after));
  CHECK(after.samples == SAMPLES);
  CHECK(after.loss < before.loss);

  CHECK_OK(sode_dataset_get(validation, &input, NULL));
  CHECK_OK(sode_network_predict(network, &input, SODE_SCORES, 1, &scores));
  CHECK_OK(sode_predictor_create(network, 1, 1, &predictor));
  for (i = 0; i < SAMPLES; i++)
    if (sode_predictor_run_f32(predictor, features + 2 * i, 1, SODE_SCORES, alone + CLASSES * i) != SODE_OK) break;
  CHECK(i == SAMPLES);
  CHECK(memcmp(alone, together, sizeof alone) == 0); /* a sample has the same bits alone and in a batch */

  CHECK_OK(sode_network_save_memory(network, NULL, 0, &needed));
  bytes = malloc(needed);
  CHECK_OK(sode_network_save_memory(network, bytes, needed, &needed));
  CHECK_OK(sode_network_load_memory(bytes, needed, &loaded));
  CHECK_OK(sode_network_predict(loaded, &input, SODE_SCORES, 2, &again));
  CHECK(memcmp(loaded_scores, together, sizeof together) == 0);

  free(bytes);
  sode_network_free(network); /* the predictor and the trainer keep what they need alive */
  CHECK_OK(sode_predictor_run_f32(predictor, features, 1, SODE_SCORES, alone));
  sode_predictor_free(predictor);
  sode_network_free(loaded);
  sode_dataset_free(training);
  sode_dataset_free(validation);
  sode_trainer_free(trainer);
}

int main(void) {
  live("{\"inputs\": 2, \"outputs\": 5, \"width\": 8, \"field\": \"antisymmetric\", \"gamma\": 0.1, \"integrator\": \"euler\", \"layers\": 8,"
       " \"horizon\": 2.0}");
  live("{\"inputs\": 2, \"outputs\": 5, \"width\": 8, \"field\": \"hamiltonian\", \"integrator\": \"verlet\", \"layers\": 8, \"horizon\": 2.0}");
  return FINISH();
}
