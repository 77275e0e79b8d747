/* Cancellation, limits and callbacks: work ends within 100 ms of a request made in a signal handler, reports the reason, and can be continued. */
#include <signal.h>
#include <stableode.h>
#include <sys/time.h>
#include <time.h>

#include "check.h"

static sode_cancel_token *token;
static volatile double requested_at;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
/* The processor time of this single-threaded program, which other programs on the machine do not affect. */
static double spent(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void on_alarm(int signal_number) {
  (void)signal_number;
  requested_at = spent();
  sode_cancel_token_request(token);
}

struct answers {
  int64_t calls, epochs_seen;
  int32_t answer;
  sode_trainer *trainer;
  sode_status inside;
};

static int32_t on_progress(const sode_progress *progress, void *user_data) {
  struct answers *answers = user_data;
  int64_t count;
  answers->calls++;
  if (progress->kind == SODE_PROGRESS_EPOCH) answers->epochs_seen = progress->epoch;
  answers->inside = sode_trainer_history_count(answers->trainer, &count);
  return answers->answer;
}

int main(void) {
  sode_network *network = NULL;
  sode_dataset *training = NULL, *validation = NULL;
  sode_trainer *trainer = NULL;
  sode_limits limits = {.struct_size = sizeof limits};
  sode_evaluation evaluation = {sizeof evaluation, 0, 0, 0, 0, {0}};
  struct sigaction action;
  struct itimerval in_a_while = {{0, 0}, {0, 150000}};
  struct answers answers = {0, 0, 0, NULL, SODE_OK};
  int64_t rows = 0, i;
  sode_progress row = {0};
  double start;

  CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 5, \"width\": 32, \"layers\": 64, \"horizon\": 5.0}", SODE_TEXT_END, &network));
  CHECK_OK(sode_dataset_create_problem("peaks", 4000, 1000, 1, &training, &validation));
  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_OK(sode_trainer_set_json(trainer, "{\"epochs\": 100000, \"batch_size\": 64, \"num_threads\": 1}", SODE_TEXT_END));
  CHECK_OK(sode_cancel_token_create(&token));

  /* A request before the run: at most one batch is processed. */
  limits.cancel = token;
  CHECK_OK(sode_cancel_token_request(token));
  CHECK_STATUS(sode_trainer_run(trainer, training, validation, &limits), SODE_CANCELLED);
  CHECK_OK(sode_cancel_token_reset(token));

  /* A request by a signal handler during training. */
  memset(&action, 0, sizeof action);
  action.sa_handler = on_alarm;
  sigemptyset(&action.sa_mask);
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  CHECK(setitimer(ITIMER_REAL, &in_a_while, NULL) == 0);
  CHECK_STATUS(sode_trainer_run(trainer, training, validation, &limits), SODE_CANCELLED);
  CHECK(requested_at > 0 && spent() - requested_at < 0.1);

  /* The same within one long step of a deep network with all samples in one batch; then training continues as if it had not been cancelled. */
  {
    sode_network *deep = NULL, *undisturbed = NULL;
    sode_trainer *one_step = NULL;
    sode_limits one_epoch = {.struct_size = sizeof one_epoch, .epochs = 1};
    static float after[2][600000];
    int64_t parameters = 0, steps = 0;
    int which;
    sode_network_info info = {.struct_size = sizeof info};
    sode_progress last = {0};
    last.struct_size = sizeof last;
    CHECK_OK(sode_cancel_token_reset(token));
    CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 5, \"width\": 16, \"layers\": 2000, \"horizon\": 5.0}", SODE_TEXT_END, &deep));
    CHECK_OK(sode_network_copy(deep, &undisturbed));
    for (which = 0; which < 2; which++) {
      sode_tensor values = sode_tensor_f32(after[which], 1, &parameters);
      sode_network *network_of_this = which == 0 ? deep : undisturbed;
      CHECK_OK(sode_trainer_create(network_of_this, &one_step));
      CHECK_OK(sode_trainer_set_json(one_step, "{\"epochs\": 1, \"batch_size\": 100000, \"num_threads\": 1}", SODE_TEXT_END));
      if (which == 0) {
        in_a_while.it_value.tv_usec = 100000; /* by then the system has provided the memory of the step */
        one_epoch.cancel = token;
        requested_at = 0;
        CHECK(setitimer(ITIMER_REAL, &in_a_while, NULL) == 0);
        CHECK_STATUS(sode_trainer_run(one_step, training, NULL, &one_epoch), SODE_CANCELLED);
        CHECK(requested_at > 0 && spent() - requested_at < 0.1);
        CHECK_OK(sode_trainer_history_count(one_step, &steps));
        CHECK(steps == 0);
        one_epoch.cancel = NULL;
      }
      CHECK_OK(sode_trainer_run(one_step, training, NULL, &one_epoch));
      CHECK_OK(sode_trainer_history_at(one_step, 0, &last));
      CHECK(last.step == 1);
      CHECK_OK(sode_network_describe(network_of_this, &info));
      parameters = info.parameters;
      if (CHECK(parameters <= 600000)) CHECK_OK(sode_network_get_parameters(network_of_this, &values));
      sode_trainer_free(one_step);
    }
    CHECK(memcmp(after[0], after[1], (size_t)parameters * sizeof(float)) == 0);
    sode_network_free(deep);
    sode_network_free(undisturbed);
  }

  /* A time limit. */
  CHECK_OK(sode_cancel_token_reset(token));
  limits.milliseconds = 100;
  start = now();
  CHECK_STATUS(sode_trainer_run(trainer, training, validation, &limits), SODE_TIME_LIMIT);
  CHECK(now() - start >= 0.09 && now() - start < 0.3); /* the clock of limits ticks every 4 ms, or 10 */

  /* Freeing a token during its run is harmless. Here it is freed before the next run, which is an error. */
  sode_cancel_token_free(token);
  CHECK_ERROR(sode_trainer_run(trainer, training, validation, &limits), SODE_ERR_INVALID_HANDLE, "cancel");
  limits.cancel = NULL;
  limits.milliseconds = 0;

  /* One epoch per run: the callback receives it, and the history keeps it. The callback may read the history. */
  answers.trainer = trainer;
  limits.epochs = 1;
  CHECK_OK(sode_trainer_set_callback(trainer, on_progress, &answers));
  CHECK_OK(sode_trainer_run(trainer, training, validation, &limits));
  CHECK(answers.calls > 0 && answers.epochs_seen > 0);
  CHECK(answers.inside == SODE_OK);
  CHECK_OK(sode_trainer_history_count(trainer, &rows));
  CHECK(rows == answers.epochs_seen);
  row.struct_size = sizeof row;
  for (i = 0; i < rows; i++) {
    CHECK_OK(sode_trainer_history_at(trainer, i, &row));
    CHECK(row.kind == SODE_PROGRESS_EPOCH && row.epoch == i + 1 && row.training_loss > 0 && row.validation_accuracy > 0 && row.seconds > 0);
  }
  CHECK_ERROR(sode_trainer_history_at(trainer, rows, &row), SODE_ERR_OUT_OF_RANGE, "index");

  /* The callback stops one run and fails in the next. The network is usable after both. */
  limits.epochs = 0;
  answers.answer = 1;
  CHECK_STATUS(sode_trainer_run(trainer, training, validation, &limits), SODE_STOPPED_BY_CALLBACK);
  answers.answer = -7;
  CHECK_ERROR(sode_trainer_run(trainer, training, validation, &limits), SODE_ERR_CALLBACK_FAILED, "-7");
  CHECK_OK(sode_trainer_set_callback(trainer, NULL, NULL));
  CHECK_OK(sode_network_evaluate(network, validation, 2, &evaluation));
  CHECK(evaluation.samples == 1000 && evaluation.loss > 0);

  limits.epochs = -1;
  CHECK_ERROR(sode_trainer_run(trainer, training, validation, &limits), SODE_ERR_OUT_OF_RANGE, "epochs");
  limits.epochs = 0;
  limits.milliseconds = -1;
  CHECK_ERROR(sode_trainer_run(trainer, training, validation, &limits), SODE_ERR_OUT_OF_RANGE, "milliseconds");

  sode_trainer_free(trainer);
  sode_dataset_free(training);
  sode_dataset_free(validation);
  sode_network_free(network);
  return FINISH();
}
