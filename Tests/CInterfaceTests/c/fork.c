/* Training with two threads, then in a forked child: both finish with the same bits. If a library left threads or locks behind, the child would hang. */
#include <stableode.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { MOST = 4096 };

/* Trains for two epochs from new parameters and writes the final parameters. Returns 0 on success. */
static int train(float *parameters, int64_t *count) {
  sode_network *network = NULL;
  sode_dataset *training = NULL, *validation = NULL;
  sode_trainer *trainer = NULL;
  sode_network_info info = {.struct_size = sizeof info};
  sode_tensor all;
  int failures = 0;
  failures += sode_network_create_json("{\"inputs\": 2, \"outputs\": 5, \"width\": 8, \"layers\": 16, \"field\": \"hamiltonian\","
                                       " \"integrator\": \"verlet\"}", SODE_TEXT_END, &network) != SODE_OK;
  failures += sode_dataset_create_problem("peaks", 1500, 300, 1, &training, &validation) != SODE_OK;
  failures += sode_trainer_create(network, &trainer) != SODE_OK;
  failures += sode_trainer_set_json(trainer, "{\"epochs\": 2, \"batch_size\": 500, \"num_threads\": 2}", SODE_TEXT_END) != SODE_OK;
  failures += sode_trainer_run(trainer, training, validation, NULL) != SODE_OK;
  failures += sode_network_describe(network, &info) != SODE_OK;
  if (info.parameters > MOST) return 1;
  *count = info.parameters;
  all = sode_tensor_f32(parameters, 1, count);
  failures += sode_network_get_parameters(network, &all) != SODE_OK;
  sode_trainer_free(trainer);
  sode_dataset_free(training);
  sode_dataset_free(validation);
  sode_network_free(network);
  return failures;
}

int main(void) {
  static float before[MOST], after[MOST];
  int64_t count = 0, again = 0;
  int round, status = -1;

  CHECK(train(before, &count) == 0);
  for (round = 0; round < 5; round++) {
    pid_t child = fork();
    if (child == 0) {
      /* exits with 0 only if training succeeded and gave the parent's bits */
      int failures = train(after, &again);
      _exit(failures != 0 || again != count || memcmp(before, after, (size_t)count * sizeof(float)) != 0);
    }
    if (CHECK(child > 0)) {
      /* After 30 s a hanging child counts as a failure, so that the test always ends. */
      int waited = 0;
      pid_t ended = 0;
      while ((ended = waitpid(child, &status, WNOHANG)) == 0 && waited++ < 3000) nanosleep(&(struct timespec){0, 10000000}, NULL);
      CHECK(ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
  }
  CHECK(train(after, &again) == 0 && again == count && memcmp(before, after, (size_t)count * sizeof(float)) == 0);
  return FINISH();
}
