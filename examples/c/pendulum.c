/* A pendulum whose gravity is known and whose friction is learned: the known terms of the equation are C functions, which the fit, the roll-out and the field call. Build:
 *   cc pendulum.c $(pkg-config --cflags --libs stableode) -lm */
#include <math.h>
#include <stableode.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRAJECTORIES = 6, TIMES = 31, INPUTS = 2 + TIMES, FAR = 201 };

static void check(sode_status status) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", sode_status_name(status), sode_last_error_message());
  exit(1);
}

/* The numbers of a tile lie in the library's memory: one number of all samples, then the next. */
static double *number(const sode_tensor *tensor, int64_t sample, int64_t index) {
  return (double *)tensor->data + sample * tensor->strides[0] + index * tensor->strides[1];
}

/* g(q, v) = (v, -sin q). */
static int32_t gravity(const sode_tensor *times, const sode_tensor *states, sode_tensor *values, void *user_data) {
  int64_t s;
  (void)times, (void)user_data;
  for (s = 0; s < states->shape[0]; s++) {
    *number(values, s, 0) = *number(states, s, 1);
    *number(values, s, 1) = -sin(*number(states, s, 0));
  }
  return 0;
}

/* (dg/dy)^T w = (-cos(q) w_1, w_0). The time does not occur: its gradients stay zero. */
static int32_t gravity_pullback(const sode_tensor *times, const sode_tensor *states, const sode_tensor *w, sode_tensor *time_gradients, sode_tensor *gradients,
                                void *user_data) {
  int64_t s;
  (void)times, (void)time_gradients, (void)user_data;
  for (s = 0; s < states->shape[0]; s++) {
    *number(gradients, s, 0) = -cos(*number(states, s, 0)) * *number(w, s, 1);
    *number(gradients, s, 1) = *number(w, s, 0);
  }
  return 0;
}

/* Moves the real pendulum, with friction 0.3, by h in small steps of Euler and Cromer. */
static void move(double *y, double h) {
  int part;
  for (part = 0; part < 2000; part++) {
    y[1] += h / 2000 * (-sin(y[0]) - 0.3 * y[1]);
    y[0] += h / 2000 * y[1];
  }
}

/* Numbers between -1 and 1, the same in every run. */
static double noise(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (double)(state >> 11) / 4503599627370496.0 - 1;
}

int main(void) {
  static double features[TRAJECTORIES][INPUTS], states[TRAJECTORIES][TIMES][2], far[2 + FAR], followed[FAR][2];
  int64_t feature_shape[2] = {TRAJECTORIES, INPUTS}, state_shape[3] = {TRAJECTORIES, TIMES, 2}, far_shape[2] = {1, 2 + FAR}, followed_shape[3] = {1, FAR, 2};
  int64_t matrix_shape[3] = {1, 2, 2};
  sode_tensor x = sode_tensor_f64(features[0], 2, feature_shape), y = sode_tensor_f64(states[0][0], 3, state_shape);
  sode_tensor long_x = sode_tensor_f64(far, 2, far_shape), out = sode_tensor_f64(followed[0], 3, followed_shape), k;
  double matrix[4], pendulum[2] = {2.5, 0}, sum = 0;
  sode_known_terms terms = {sizeof terms, 0, gravity, NULL, gravity_pullback, NULL, NULL, {0}};
  sode_trajectory_fit report = {sizeof report, 0, 0, 0, 0, 0, {0}};
  sode_network *network, *longer;
  char json[500];
  int trajectory, step;

  for (trajectory = 0; trajectory < TRAJECTORIES; trajectory++) {
    double real[2] = {0.2 + 0.2 * trajectory, 0};
    for (step = 0; step < TIMES; step++) {
      if (step > 0) move(real, 0.2);
      features[trajectory][2 + step] = 0.2 * step;
      states[trajectory][step][0] = real[0] + 0.02 * noise();
      states[trajectory][step][1] = real[1] + 0.02 * noise();
    }
    features[trajectory][0] = states[trajectory][0][0];
    features[trajectory][1] = states[trajectory][0][1];
  }

  snprintf(json, sizeof json,
           "{\"opening\": \"trajectory\", \"channels\": 2, \"inputs\": %d, \"outputs\": 2, \"outputs_at\": \"steps\", \"readout\": \"identity\", \"loss\": \"least_squares\","
           " \"precision\": \"float64\", \"field\": \"dense\", \"activation\": \"identity\", \"bias\": \"none\", \"integrator\": \"rk4\", \"known_terms\": true}",
           (int)INPUTS);
  check(sode_network_create_json(json, SODE_TEXT_END, &network));
  check(sode_network_set_known_terms(network, &terms));
  check(sode_network_fit_trajectories(network, &x, &y, "{\"epochs\": 100}", SODE_TEXT_END, NULL, NULL, NULL, NULL, &report));
  k = sode_tensor_f64(matrix, 3, matrix_shape);
  check(sode_network_get_parameter(network, "blocks.0.K", &k));
  printf("learned beside gravity: dv/dt = %.3f q %+.3f v (true: -0.300 v)\n", matrix[2], matrix[3]);

  /* Beyond the data, in time and angle. */
  check(sode_network_with_steps(network, FAR, &longer));
  far[0] = pendulum[0];
  for (step = 0; step < FAR; step++) far[2 + step] = 0.1 * step;
  check(sode_network_predict(longer, &long_x, SODE_SCORES, 1, &out));
  for (step = 0; step < FAR; step++) {
    if (step > 0) move(pendulum, 0.1);
    sum += pow(followed[step][0] - pendulum[0], 2);
  }
  printf("from the angle 2.5 over 20 seconds: RMSE %.4f of the angle; the data end at angle 1.2 and 6 seconds\n", sqrt(sum / FAR));
  sode_network_free(longer);
  sode_network_free(network);
  return fabs(matrix[3] + 0.3) < 0.02 && sqrt(sum / FAR) < 0.1 ? 0 : 1;
}
