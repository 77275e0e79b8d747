// Trains 64 Euler steps of an antisymmetric equation on the peaks problem and classifies one point. Build: cc peaks.c $(pkg-config --cflags --libs stableode)
#include <stableode.h>
#include <stdio.h>
#include <stdlib.h>

static void check(sode_status status) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", sode_status_name(status), sode_last_error_message());
  exit(1);
}

int main(void) {
  const char *json = "{\"inputs\": 2, \"outputs\": 5, \"width\": 8, \"field\": \"antisymmetric\", \"gamma\": 0.1,"
                     " \"integrator\": \"euler\", \"layers\": 64, \"horizon\": 5.0}";
  sode_network *network;
  sode_dataset *training, *validation;
  sode_trainer *trainer;
  sode_predictor *predictor;
  sode_evaluation result = {sizeof result, 0, 0, 0, 0, {0}};
  float point[2] = {0.0f, 1.6f}, probabilities[5];

  check(sode_network_create_json(json, SODE_TEXT_END, &network));
  check(sode_dataset_create_problem("peaks", 4000, 1000, 1, &training, &validation));

  check(sode_trainer_create(network, &trainer));
  check(sode_trainer_set_text(trainer, "optimizer", "adam"));
  check(sode_trainer_set_real(trainer, "learning_rate", 0.01));
  check(sode_trainer_set_int(trainer, "epochs", 60));
  check(sode_trainer_run(trainer, training, validation, NULL));
  check(sode_network_evaluate(network, validation, 1, &result));
  printf("validation accuracy %.2f %%\n", 100 * result.accuracy);

  check(sode_predictor_create(network, 1, 1, &predictor));
  check(sode_predictor_run_f32(predictor, point, 1, SODE_PROBABILITIES, probabilities));
  printf("level 5 at (0, 1.6) with probability %.3f\n", probabilities[4]);

  sode_predictor_free(predictor);
  sode_trainer_free(trainer);
  sode_dataset_free(validation);
  sode_dataset_free(training);
  sode_network_free(network);
  return 0;
}
