/* Feeding an observation neither allocates nor locks, and gives the bits of the whole sequence. The program's own malloc and pthread_mutex_lock replace libc's and
 * count calls; the program first checks that malloc is really called. */
#include "locks.h"

#include <stableode.h>
#include <stdlib.h>

#include "allocations.h"
#include "check.h"

enum { STEPS = 16, MOST = 16 * 64 };

/* streams: rows of the stepper; has_end: whether its layers have weights of their own. */
static void run(const char *json, int64_t step_width, int64_t streams, int has_end) {
  static float whole[4 * MOST], observation[4 * 64], scores[4 * 5], expected[4 * 5];
  static double state[4 * 1200], state_again[4 * 1200];
  sode_stepper_info info = {sizeof info, 0, 0, 0, 0, 0, 0, 0, {0}};
  int64_t in_shape[2], out_shape[2], state_shape[2], row, step, i;
  sode_network *network = NULL;
  sode_stepper *stepper = NULL;
  sode_tensor in, out, kept, again;
  long before = allocations, locked;
  int round;

  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  CHECK(allocations > before);
  CHECK_OK(sode_stepper_create(network, streams, &stepper));
  CHECK_OK(sode_stepper_describe(stepper, &info));
  CHECK(info.rows == streams && info.step_width == step_width && info.outputs == 5 && info.observations == 0);
  CHECK(info.most_observations == (has_end ? STEPS : 0));
  for (row = 0; row < streams; row++)
    for (step = 0; step < STEPS; step++)
      for (i = 0; i < step_width; i++) {
        float *number = &whole[(row * STEPS + step) * step_width + i];
        *number = 0.3f * (float)((row + 3 * step + 7 * i) % 11) - 1.5f;
        if (step_width == 7 && i == 0) *number = 0.25f * (float)step;
        if (step_width == 7 && i >= 4) *number = (float)((row + step + i) % 3 != 0);
      }
  in_shape[0] = out_shape[0] = state_shape[0] = streams;
  in_shape[1] = STEPS * step_width;
  out_shape[1] = 5;
  state_shape[1] = info.state_width;
  in = sode_tensor_f32(whole, 2, in_shape);
  out = sode_tensor_f32(expected, 2, out_shape);
  CHECK_OK(sode_network_predict(network, &in, SODE_SCORES, 1, &out));
  kept = sode_tensor_f64(state, 2, state_shape);
  again = sode_tensor_f64(state_again, 2, state_shape);
  in_shape[1] = step_width;
  in = sode_tensor_f32(observation, 2, in_shape);
  out = sode_tensor_f32(scores, 2, out_shape);
  for (round = 0; round < 50; round++) {
    before = allocations;
    locked = locks;
    for (step = 0; step < STEPS; step++) {
      for (row = 0; row < streams; row++) memcpy(&observation[row * step_width], &whole[(row * STEPS + step) * step_width], (size_t)step_width * sizeof(float));
      if (round % 2 ? sode_stepper_feed(stepper, &in, SODE_SCORES, &out) : sode_stepper_feed_f32(stepper, observation, SODE_SCORES, scores)) break;
    }
    CHECK(step == STEPS);
    CHECK(memcmp(scores, expected, (size_t)streams * 5 * sizeof(float)) == 0);
    CHECK_OK(sode_stepper_reset(stepper));
    CHECK(allocations - before == 0);
    CHECK(locks - locked == 0);
  }
  /* A state goes into another stepper and back. */
  for (step = 0; step < STEPS; step++) CHECK_OK(sode_stepper_feed_f32(stepper, observation, SODE_PROBABILITIES, scores));
  if (has_end) CHECK_STATUS(sode_stepper_feed_f32(stepper, observation, SODE_SCORES, scores), SODE_ERR_STATE);
  CHECK_OK(sode_stepper_get_state(stepper, &kept));
  sode_stepper_free(stepper);
  CHECK_OK(sode_stepper_create(network, streams, &stepper));
  CHECK_OK(sode_stepper_set_state(stepper, &kept));
  CHECK_OK(sode_stepper_get_state(stepper, &again));
  CHECK(memcmp(state, state_again, (size_t)(streams * info.state_width) * sizeof(double)) == 0);
  CHECK_STATUS(sode_stepper_feed_f32(stepper, observation, SODE_SCORES | SODE_ROWS_OR_NAN, scores), SODE_ERR_OUT_OF_RANGE);
  CHECK_STATUS(sode_stepper_feed_f32(stepper, NULL, SODE_SCORES, scores), SODE_ERR_NULL_POINTER);
  CHECK_STATUS(sode_stepper_feed_f32((sode_stepper *)network, observation, SODE_SCORES, scores), SODE_ERR_INVALID_HANDLE);
  sode_stepper_free(stepper);
  CHECK_STATUS(sode_stepper_reset(stepper), SODE_ERR_INVALID_HANDLE);
  sode_network_free(network);
}

int main(void) {
  run("{\"opening\": \"sequence\", \"channels\": 4, \"inputs\": 64, \"outputs\": 5, \"width\": 32, \"field\": \"antisymmetric_rnn\", \"layers\": 16, \"horizon\": 4}", 4, 1, 1);
  run("{\"opening\": \"sequence\", \"channels\": 4, \"inputs\": 64, \"outputs\": 5, \"width\": 32, \"field\": \"antisymmetric_rnn\", \"weights_in_time\": \"shared\","
      " \"layers\": 16, \"horizon\": 4}", 4, 1, 0);
  run("{\"opening\": \"sequence_dense\", \"channels\": 4, \"inputs\": 64, \"outputs\": 5, \"width\": 8, \"field\": \"gated_antisymmetric_rnn\", \"layers\": 16}", 4, 3, 1);
  run("{\"opening\": \"sequence\", \"channels\": 3, \"sequence_layout\": \"times_values_mask\", \"sequence_time\": \"absolute\", \"inputs\": 112, \"outputs\": 5, \"width\": 9,"
      " \"field\": \"ode_rnn\", \"integrator\": \"rk4\", \"layers\": 48, \"horizon\": 6, \"weights_in_time\": \"shared\"}", 7, 4, 0);
  run("{\"opening\": \"sequence\", \"channels\": 3, \"sequence_layout\": \"times_values_mask\", \"inputs\": 112, \"outputs\": 5, \"width\": 1024, \"precision\": \"float64\","
      " \"field\": \"gated_antisymmetric_rnn\", \"layers\": 16, \"horizon\": 2}", 7, 1, 1);
  return FINISH();
}
