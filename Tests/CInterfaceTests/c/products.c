/* BLAS products on several threads at once: every thread gets the same bits as a single thread, also in a child that was forked during another thread's product.
 * The integrator exponential computes the exponential of each layer's matrix by products and solves of width 96. */
#include <stableode.h>
#include "check.h"
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { threads = 4, rounds = 12, count = 8 };
static sode_network *network;
static float features[count * 96], expected[count * 2];
static int wrong;

static void predict(float *scores) {
  sode_network *copy;
  int64_t in[2] = {count, 96}, out[2] = {count, 2};
  sode_tensor x = sode_tensor_f32(features, 2, in), y = sode_tensor_f32(scores, 2, out);
  /* New parameters each time, so that the library recomputes the operators. */
  if (sode_network_copy(network, &copy) != SODE_OK || sode_network_initialize(copy, 7) != SODE_OK || sode_network_predict(copy, &x, SODE_SCORES, 1, &y) != SODE_OK)
    memset(scores, 0, sizeof expected);
  sode_network_free(copy);
}

static void *work(void *unused) {
  (void)unused;
  for (int round = 0; round < rounds; round++) {
    float scores[count * 2];
    predict(scores);
    if (memcmp(scores, expected, sizeof expected) != 0) __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
  }
  return NULL;
}

int main(void) {
  puts(sode_build_info());
  for (int i = 0; i < count * 96; i++) features[i] = (float)((i * 37) % 19) / 19 - 0.5f;
  CHECK_OK(sode_network_create_json("{\"inputs\": 96, \"outputs\": 2, \"layers\": 4, \"field\": \"rotate_relax\", \"integrator\": \"exponential\"}", SODE_TEXT_END, &network));
  predict(expected);
  CHECK(expected[0] != 0);

  pthread_t started[threads];
  for (int i = 0; i < threads; i++) pthread_create(&started[i], NULL, work, NULL);
  for (int forks = 0; forks < 4; forks++) {
    pid_t child = fork();
    if (child == 0) {
      float scores[count * 2];
      alarm(60);
      predict(scores);
      _exit(memcmp(scores, expected, sizeof expected) != 0);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  for (int i = 0; i < threads; i++) pthread_join(started[i], NULL);
  CHECK(wrong == 0);
  sode_network_free(network);
  return FINISH();
}
