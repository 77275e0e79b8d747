/* A child forked while other threads are inside of short calls: no lock of theirs may stop it. The threads copy one network, read it, and set its metadata without pause, so that many forks find one of them inside. */
#include <stableode.h>
#include "check.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

enum { threads = 3, forks = 150 };
static sode_network *network;
static int stop;

static int use(const char *note) {
  sode_network *copy = NULL;
  float features[2] = {0.5f, -1}, scores[2];
  int64_t in[2] = {1, 2}, out[2] = {1, 2};
  sode_tensor x = sode_tensor_f32(features, 2, in), y = sode_tensor_f32(scores, 2, out);
  int failures = sode_network_copy(network, &copy) != SODE_OK;
  failures += sode_network_set_metadata(network, "note", note) != SODE_OK;
  failures += sode_network_predict(network, &x, SODE_SCORES, 1, &y) != SODE_OK;
  failures += sode_network_predict(copy, &x, SODE_SCORES, 1, &y) != SODE_OK;
  sode_network_free(copy);
  return failures;
}

static void *work(void *note) {
  while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) use(note);
  return NULL;
}

int main(void) {
  pthread_t started[threads];
  CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 2, \"layers\": 2}", SODE_TEXT_END, &network));
  CHECK(use("before") == 0);
  for (int i = 0; i < threads; i++) pthread_create(&started[i], NULL, work, "while");
  for (int i = 0; i < forks; i++) {
    pid_t child = fork();
    if (child == 0) {
      alarm(20);
      _exit(use("child"));
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
  for (int i = 0; i < threads; i++) pthread_join(started[i], NULL);
  CHECK(use("after") == 0);
  sode_network_free(network);
  return FINISH();
}
