/* A vector field fitted to measured trajectories, by single and multiple shooting; roll-outs with more times than the data. */
#include <math.h>
#include <stableode.h>

#include "check.h"

enum { TRAJECTORIES = 4, TIMES = 13, LONGER = 61, INPUTS = 2 + TIMES };

static double features[TRAJECTORIES][INPUTS], states[TRAJECTORIES][TIMES][2], starts[TRAJECTORIES][2], far[2 + LONGER], followed[LONGER][2];
static int64_t feature_shape[2] = {TRAJECTORIES, INPUTS}, state_shape[3] = {TRAJECTORIES, TIMES, 2}, start_shape[2] = {TRAJECTORIES, 2};
static int64_t far_shape[2] = {1, 2 + LONGER}, followed_shape[3] = {1, LONGER, 2};

/* The oscillator (cos t, -sin t) at irregular times. */
static void measure(void) {
  int trajectory, step;
  for (trajectory = 0; trajectory < TRAJECTORIES; trajectory++) {
    double size = 1 + 0.2 * trajectory;
    for (step = 0; step < TIMES; step++) {
      double t = 0.5 * step + (step > 0 ? 0.1 * sin(5.0 * (step + trajectory)) : 0);
      features[trajectory][2 + step] = t;
      states[trajectory][step][0] = (step + trajectory) % 5 == 4 ? NAN : size * cos(t);
      states[trajectory][step][1] = -size * sin(t);
    }
    features[trajectory][0] = size;
    features[trajectory][1] = 0;
  }
}

static sode_network *made(void) {
  sode_network *network = NULL;
  char json[500];
  snprintf(json, sizeof json,
           "{\"precision\": \"float64\", \"opening\": \"trajectory\", \"channels\": 2, \"inputs\": %d, \"outputs\": 2, \"width\": 2, \"outputs_at\": \"steps\", "
           "\"readout\": \"identity\", \"loss\": \"least_squares\", \"field\": \"dense\", \"activation\": \"identity\", \"bias\": \"none\", "
           "\"integrator\": \"rk4\", \"weights_in_time\": \"shared\", \"layers\": %d, \"seed\": 1}",
           (int)INPUTS, (int)TIMES - 1);
  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  return network;
}

static int count_reports;
static int32_t stop(const sode_progress *progress, void *user_data) {
  count_reports++;
  return progress->struct_size > 0 && user_data == NULL;
}

static void fit(const char *options) {
  sode_network *network = made(), *longer = NULL;
  sode_tensor x = sode_tensor_f64(features[0], 2, feature_shape), y = sode_tensor_f64(states[0][0], 3, state_shape), s = sode_tensor_f64(starts[0], 2, start_shape);
  sode_tensor more = sode_tensor_f64(far, 2, far_shape), out = sode_tensor_f64(followed[0], 3, followed_shape);
  sode_trajectory_fit report = {.struct_size = sizeof report};
  int step;
  double worst = 0;

  /* Positive: the last round has converged, or no step lowers the objective. */
  CHECK(sode_network_fit_trajectories(network, &x, &y, options, options ? SODE_TEXT_END : 0, NULL, NULL, NULL, &s, &report) >= SODE_OK);
  CHECK(report.loss < 1e-5 && report.largest_gap < 1e-2 && report.steps > 2 && report.segments >= TRAJECTORIES);
  CHECK(fabs(starts[2][0] - 1.4) < 0.02 && fabs(starts[2][1]) < 0.02);
  CHECK_OK(sode_network_with_steps(network, LONGER, &longer));
  far[0] = 1;
  for (step = 0; step < LONGER; step++) far[2 + step] = 0.2 * step;
  CHECK_OK(sode_network_predict(longer, &more, SODE_SCORES, 1, &out));
  for (step = 0; step < LONGER; step++) worst = fmax(worst, fabs(followed[step][0] - cos(0.2 * step)));
  CHECK(worst < 0.03);
  sode_network_free(longer);
  sode_network_free(network);
}

static void refuse(void) {
  sode_network *network = made(), *other = NULL;
  sode_cancel_token *token = NULL;
  sode_tensor x = sode_tensor_f64(features[0], 2, feature_shape), y = sode_tensor_f64(states[0][0], 3, state_shape), s = sode_tensor_f64(starts[0], 2, start_shape);
  int64_t short_shape[3] = {TRAJECTORIES, TIMES - 1, 2};
  sode_tensor shorter = sode_tensor_f64(states[0][0], 3, short_shape);
  sode_limits limits = {.struct_size = sizeof limits};
  double kept = starts[0][0];
  static const char *const options = "{\"segment\": 4}";

  CHECK_ERROR(sode_network_fit_trajectories(network, NULL, &y, NULL, 0, NULL, NULL, NULL, NULL, NULL), SODE_ERR_NULL_POINTER, "features");
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL), SODE_ERR_NULL_POINTER, "states");
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, &shorter, NULL, 0, NULL, NULL, NULL, NULL, NULL), SODE_ERR_SHAPE_MISMATCH, "13");
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, &y, "{\"segmen\": 4}", SODE_TEXT_END, NULL, NULL, NULL, NULL, NULL), SODE_ERR_UNKNOWN_NAME, "segment");
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, &y, "[1]", SODE_TEXT_END, NULL, NULL, NULL, NULL, NULL), SODE_ERR_INVALID_ARGUMENT, "object");
  limits.epochs = 3;
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, &y, options, SODE_TEXT_END, NULL, NULL, &limits, NULL, NULL), SODE_ERR_INVALID_ARGUMENT, "epochs");
  limits.epochs = 0;
  states[1][3][1] = INFINITY;
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, &y, options, SODE_TEXT_END, NULL, NULL, NULL, NULL, NULL), SODE_ERR_INVALID_DATA, "row 1, time 3, feature 1");
  states[1][3][1] = NAN;
  features[2][5] = -1;
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, &y, options, SODE_TEXT_END, NULL, NULL, NULL, NULL, NULL), SODE_ERR_INVALID_DATA, "row 2");
  measure();
  CHECK_OK(sode_cancel_token_create(&token));
  sode_cancel_token_request(token);
  limits.cancel = token;
  CHECK_STATUS(sode_network_fit_trajectories(network, &x, &y, options, SODE_TEXT_END, NULL, NULL, &limits, NULL, NULL), SODE_CANCELLED);
  CHECK(starts[0][0] == kept);
  sode_cancel_token_free(token);
  CHECK_STATUS(sode_network_fit_trajectories(network, &x, &y, "{\"optimizer\": \"adam\", \"epochs\": 100000000}", SODE_TEXT_END, stop, NULL, NULL, &s, NULL),
               SODE_STOPPED_BY_CALLBACK);
  CHECK(count_reports == 1);
  CHECK_ERROR(sode_network_with_steps(network, 0, &other), SODE_ERR_OUT_OF_RANGE, "steps");
  CHECK_ERROR(sode_network_with_steps(network, 1, &other), SODE_ERR_INCOMPATIBLE, "2 times");
  CHECK_ERROR(sode_network_with_steps(network, 5, NULL), SODE_ERR_NULL_POINTER, "changed");
  sode_network_free(network);
  CHECK_OK(sode_network_create_json("{\"inputs\": 15, \"outputs\": 2}", SODE_TEXT_END, &network));
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, &y, NULL, 0, NULL, NULL, NULL, NULL, NULL), SODE_ERR_INCOMPATIBLE, "opening trajectory");
  CHECK_ERROR(sode_network_with_steps(network, 5, &other), SODE_ERR_INCOMPATIBLE, "no sequences");
  sode_network_free(network);
}

int main(void) {
  measure();
  fit(NULL);
  fit("{\"segment\": 4, \"rounds\": 4}");
  fit("{\"segment\": 1, \"rounds\": 5, \"optimizer\": \"nonlinear_cg\"}");
  refuse();
  return FINISH();
}
