/* Known terms of an equation given by C functions: a pendulum whose gravity is known and whose friction is learned; what the functions may do, and what goes wrong in them. */
#define _GNU_SOURCE
#include <math.h>
#include <stableode.h>
#include <stdlib.h>

#include "allocations.h"
#include "check.h"

enum { TRAJECTORIES = 5, TIMES = 21, INPUTS = 2 + TIMES };

static double features[TRAJECTORIES][INPUTS], states[TRAJECTORIES][TIMES][2];
static int64_t feature_shape[2] = {TRAJECTORIES, INPUTS}, state_shape[3] = {TRAJECTORIES, TIMES, 2};

/* What the functions count, and when they do something else than the terms. */
typedef struct {
  long calls, releases;
  long failing_from;            /* a call from which on they return -3; 0: never */
  long undefined_from;          /* a call from which on they write NaN; 0: never */
  sode_cancel_token *cancelled; /* requested at the tenth call */
  sode_network *other, *used;   /* at the third call a prediction of `other`, and `used` is freed */
} behavior;

static double at(const sode_tensor *tensor, int64_t sample, int64_t number) { return ((const double *)tensor->data)[sample * tensor->strides[0] + number * tensor->strides[1]]; }
static void add(sode_tensor *tensor, int64_t sample, int64_t number, double value) { ((double *)tensor->data)[sample * tensor->strides[0] + number * tensor->strides[1]] += value; }

static int32_t counted(behavior *b) {
  b->calls++;
  if (b->cancelled != NULL && b->calls == 10) CHECK_OK(sode_cancel_token_request(b->cancelled));
  if (b->other != NULL && b->calls == 3) {
    double x[2] = {1, 2}, y[2];
    int64_t shape[2] = {1, 2};
    sode_tensor in = sode_tensor_f64(x, 2, shape), out = sode_tensor_f64(y, 2, shape);
    CHECK_OK(sode_network_predict(b->other, &in, SODE_SCORES, 1, &out));
    if (b->used != NULL) sode_network_free(b->used);
  }
  return b->failing_from > 0 && b->calls >= b->failing_from ? -3 : 0;
}

/* g = (v, -sin q + cos(t)/10). */
static int32_t evaluate(const sode_tensor *times, const sode_tensor *y, sode_tensor *values, void *user_data) {
  behavior *b = user_data;
  int64_t s;
  if (b->calls == 0) CHECK(times->ndim == 1 && y->ndim == 2 && y->shape[1] == 2 && y->shape[0] == times->shape[0] && values->shape[0] == y->shape[0] && y->dtype.bits == 64);
  for (s = 0; s < y->shape[0]; s++) {
    add(values, s, 0, at(y, s, 1));
    add(values, s, 1, -sin(at(y, s, 0)) + cos(((const double *)times->data)[s]) / 10);
  }
  if (b->undefined_from > 0 && b->calls >= b->undefined_from) add(values, 0, 1, NAN);
  return counted(b);
}
static int32_t pushforward(const sode_tensor *times, const sode_tensor *y, const sode_tensor *dt, const sode_tensor *v, sode_tensor *tangents, void *user_data) {
  int64_t s;
  for (s = 0; s < y->shape[0]; s++) {
    add(tangents, s, 0, at(v, s, 1));
    add(tangents, s, 1, -cos(at(y, s, 0)) * at(v, s, 0) - sin(((const double *)times->data)[s]) / 10 * ((const double *)dt->data)[s]);
  }
  return counted(user_data);
}
static int32_t pullback(const sode_tensor *times, const sode_tensor *y, const sode_tensor *w, sode_tensor *time_gradients, sode_tensor *gradients, void *user_data) {
  int64_t s;
  for (s = 0; s < y->shape[0]; s++) {
    add(gradients, s, 1, at(w, s, 0));
    add(gradients, s, 0, -cos(at(y, s, 0)) * at(w, s, 1));
    ((double *)time_gradients->data)[s] += -sin(((const double *)times->data)[s]) / 10 * at(w, s, 1);
  }
  return counted(user_data);
}
static void release(void *user_data) { ((behavior *)user_data)->releases++; }

static sode_known_terms terms_of(behavior *b) {
  sode_known_terms terms = {.struct_size = sizeof terms, .evaluate = evaluate, .pushforward = pushforward, .pullback = pullback, .release = release, .user_data = b};
  return terms;
}

/* A network for `times` times with k layers an interval. */
static sode_network *made_for(int times, int k, const char *options) {
  sode_network *network = NULL;
  char json[600];
  snprintf(json, sizeof json,
           "{\"precision\": \"float64\", \"opening\": \"trajectory\", \"channels\": 2, \"inputs\": %d, \"outputs\": 2, \"width\": 2, \"outputs_at\": \"steps\", "
           "\"readout\": \"identity\", \"loss\": \"least_squares\", \"field\": \"dense\", \"activation\": \"identity\", \"bias\": \"none\", "
           "\"weights_in_time\": \"shared\", \"layers\": %d, \"seed\": 1%s}",
           2 + times, k * (times - 1), options);
  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));
  return network;
}
static sode_network *made(const char *options) { return made_for(TIMES, 1, options); }

/* Follows q'' = -sin q - 0.3 q' + cos(t)/10 in fine steps of the classical Runge-Kutta method. */
static void slope(double t, const double *y, double *f) {
  f[0] = y[1];
  f[1] = -sin(y[0]) - 0.3 * y[1] + cos(t) / 10;
}
static void measure(void) {
  int trajectory, step, part, i;
  for (trajectory = 0; trajectory < TRAJECTORIES; trajectory++) {
    double t = 0.4 * trajectory, y[2] = {0.5 + 0.3 * trajectory, 0.2}, h = 0.2 / 20;
    features[trajectory][0] = y[0];
    features[trajectory][1] = y[1];
    for (step = 0; step < TIMES; step++) {
      features[trajectory][2 + step] = t;
      states[trajectory][step][0] = y[0];
      states[trajectory][step][1] = y[1];
      for (part = 0; part < 20; part++) {
        double a[2], b[2], c[2], d[2], p[2];
        slope(t, y, a);
        for (i = 0; i < 2; i++) p[i] = y[i] + h / 2 * a[i];
        slope(t + h / 2, p, b);
        for (i = 0; i < 2; i++) p[i] = y[i] + h / 2 * b[i];
        slope(t + h / 2, p, c);
        for (i = 0; i < 2; i++) p[i] = y[i] + h * c[i];
        slope(t + h, p, d);
        for (i = 0; i < 2; i++) y[i] += h / 6 * (a[i] + 2 * b[i] + 2 * c[i] + d[i]);
        t += h;
      }
    }
  }
}

/* The fit finds the friction, which alone is unknown: f(y) = K y with K = (0, 0; 0, -0.3). The model stays right beyond the data, as loaded too. */
static void learns_the_rest(const char *integrator, const char *fit, double tolerance) {
  behavior b = {0}, c = {0};
  sode_known_terms terms = terms_of(&b), again = terms_of(&c);
  sode_network *network = made(integrator), *longer = NULL, *loaded = NULL;
  sode_tensor x = sode_tensor_f64(features[0], 2, feature_shape), y = sode_tensor_f64(states[0][0], 3, state_shape);
  double weights[4], point[2] = {0.5, 1}, value[2], moment[1] = {0.4}, scores[TRAJECTORIES][TIMES][2], same[TRAJECTORIES][TIMES][2];
  int64_t weight_shape[1] = {4}, point_shape[2] = {1, 2}, moment_shape[1] = {1};
  sode_tensor k = sode_tensor_f64(weights, 1, weight_shape), p = sode_tensor_f64(point, 2, point_shape), v = sode_tensor_f64(value, 2, point_shape);
  sode_tensor t = sode_tensor_f64(moment, 1, moment_shape), out = sode_tensor_f64(scores[0][0], 3, state_shape), other = sode_tensor_f64(same[0][0], 3, state_shape);
  sode_trajectory_fit report = {.struct_size = sizeof report};
  char model[20000];
  size_t size = 0;

  CHECK_OK(sode_network_set_known_terms(network, &terms));
  CHECK_OK(sode_network_fit_trajectories(network, &x, &y, fit, SODE_TEXT_END, NULL, NULL, NULL, NULL, &report));
  CHECK(report.loss < tolerance);
  CHECK_OK(sode_network_get_parameters(network, &k));
  CHECK(fabs(weights[0]) < 1e-2 && fabs(weights[1]) < 1e-2 && fabs(weights[2]) < 1e-2 && fabs(weights[3] + 0.3) < 1e-2);
  CHECK_OK(sode_network_field(network, 0, &t, &p, &v));
  CHECK(fabs(value[0] - (1 + weights[0] * 0.5 + weights[1])) < 1e-12 && fabs(value[1] - (-sin(0.5) + cos(0.4) / 10 + weights[2] * 0.5 + weights[3])) < 1e-12);
  CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 4, &out));
  CHECK(fabs(scores[4][TIMES - 1][0] - states[4][TIMES - 1][0]) < 1e-2);

  CHECK_OK(sode_network_save_memory(network, model, sizeof model, &size));
  CHECK_OK(sode_network_load_memory(model, size, &loaded));
  CHECK_ERROR(sode_network_predict(loaded, &x, SODE_SCORES, 1, &other), SODE_ERR_STATE, "sode_network_set_known_terms");
  CHECK_OK(sode_network_set_known_terms(loaded, &again));
  CHECK_OK(sode_network_predict(loaded, &x, SODE_SCORES, 1, &other));
  CHECK(memcmp(scores, same, sizeof scores) == 0);
  sode_network_free(loaded);
  CHECK(c.releases == 1);

  CHECK_OK(sode_network_with_steps(network, 5, &longer));
  sode_network_free(network);
  CHECK(b.releases == 0); /* the other network uses the functions */
  sode_network_free(longer);
  CHECK(b.releases == 1);
}

/* Gradients by parameters, first states and times equal differences of the loss to 1e-7. */
static void gradients_are_exact(const char *integrator) {
  behavior b = {0};
  sode_known_terms terms = terms_of(&b);
  sode_network *network = made(integrator);
  sode_gradient *gradient = NULL;
  sode_report *report = NULL;
  sode_tensor x = sode_tensor_f64(features[0], 2, feature_shape);
  static double scores[TRAJECTORIES][TIMES][2], cotangent[TRAJECTORIES][TIMES][2], back[TRAJECTORIES][INPUTS];
  double parameter_gradient[4];
  int64_t parameter_shape[1] = {4};
  sode_tensor out = sode_tensor_f64(scores[0][0], 3, state_shape), w = sode_tensor_f64(cotangent[0][0], 3, state_shape), g = sode_tensor_f64(back[0], 2, feature_shape);
  sode_tensor pg = sode_tensor_f64(parameter_gradient, 1, parameter_shape);
  static const int places[6] = {0, 1, 2, 3, 9, INPUTS - 1};
  int i, j, k;

  CHECK_OK(sode_network_set_known_terms(network, &terms));
  CHECK_OK(sode_gradient_create(network, TRAJECTORIES, NULL, 2, &gradient));
  for (i = 0; i < TRAJECTORIES; i++)
    for (j = 0; j < TIMES; j++)
      for (k = 0; k < 2; k++) cotangent[i][j][k] = sin(1.0 + (i * TIMES + j) * 2 + k);
  CHECK_OK(sode_gradient_pullback(gradient, &x, &w, &pg, &g));
  for (i = 0; i < 6; i++) {
    double kept = features[3][places[i]], sums[6], h = 1e-3, d;
    for (k = 0; k < 6; k++) {
      static const double distances[6] = {1, -1, 2, -2, 3, -3};
      features[3][places[i]] = kept + distances[k] * h;
      CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 1, &out));
      for (sums[k] = 0, j = 0; j < TIMES; j++) sums[k] += scores[3][j][0] * cotangent[3][j][0] + scores[3][j][1] * cotangent[3][j][1];
    }
    features[3][places[i]] = kept;
    d = (45 * (sums[0] - sums[1]) - 9 * (sums[2] - sums[3]) + (sums[4] - sums[5])) / (60 * h);
    CHECK(fabs(d - back[3][places[i]]) < 1e-7 * (1 + fabs(d)));
  }
  CHECK_OK(sode_network_check_derivatives(network, &x, &report));
  sode_report_free(report);
  sode_gradient_free(gradient);
  sode_network_free(network);
  CHECK(b.releases == 1);
}

static void refuses(void) {
  behavior b = {0};
  sode_known_terms terms = terms_of(&b), incomplete = terms_of(&b);
  sode_network *network = made(", \"integrator\": \"rk4\", \"known_terms\": true"), *plain = made(", \"integrator\": \"rk4\""), *bare = made(", \"integrator\": \"implicit_midpoint\", \"known_terms\": true");
  sode_report *report = NULL;
  sode_cancel_token *token = NULL;
  sode_tensor x = sode_tensor_f64(features[0], 2, feature_shape), y = sode_tensor_f64(states[0][0], 3, state_shape);
  static double scores[TRAJECTORIES][TIMES][2];
  sode_tensor out = sode_tensor_f64(scores[0][0], 3, state_shape);
  sode_limits limits = {.struct_size = sizeof limits};

  CHECK_ERROR(sode_network_set_known_terms(NULL, &terms), SODE_ERR_NULL_POINTER, "network");
  CHECK_ERROR(sode_network_set_known_terms(network, NULL), SODE_ERR_NULL_POINTER, "terms");
  terms.struct_size = 0;
  CHECK_ERROR(sode_network_set_known_terms(network, &terms), SODE_ERR_INVALID_ARGUMENT, "struct_size");
  terms = terms_of(&b);
  terms.evaluate = NULL;
  CHECK_ERROR(sode_network_set_known_terms(network, &terms), SODE_ERR_NULL_POINTER, "evaluate");
  terms = terms_of(&b);
  CHECK_ERROR(sode_network_set_known_terms(plain, &terms), SODE_ERR_INCOMPATIBLE, "known_terms");
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, &y, NULL, 0, NULL, NULL, NULL, NULL, NULL), SODE_ERR_STATE, "no function");
  CHECK(b.releases == 0);

  incomplete.pushforward = NULL;
  incomplete.pullback = NULL;
  incomplete.release = NULL;
  CHECK_OK(sode_network_set_known_terms(network, &incomplete));
  CHECK_ERROR(sode_network_set_known_terms(network, &terms), SODE_ERR_STATE, "already");
  CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 1, &out));
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, &y, NULL, 0, NULL, NULL, NULL, NULL, NULL), SODE_ERR_STATE, "pullback is NULL");
  CHECK_OK(sode_network_set_known_terms(bare, &incomplete));
  CHECK_OK(sode_network_predict(bare, &x, SODE_SCORES, 1, &out)); /* its equations are solved without derivatives here */
  CHECK_ERROR(sode_network_stability_report(network, &x, NULL, 0, &report), SODE_ERR_INCOMPATIBLE, "known terms");
  sode_network_free(network);

  /* The functions fail, or give what is not finite, after a while. */
  network = made(", \"integrator\": \"dopri5\", \"known_terms\": true");
  CHECK_OK(sode_network_set_known_terms(network, &terms));
  b.failing_from = b.calls + 30;
  scores[0][0][0] = 77;
  CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &out), SODE_ERR_CALLBACK_FAILED, "returned -3");
  CHECK(b.calls == b.failing_from && scores[0][0][0] == 77);
  b.calls = 0;
  b.failing_from = 200;
  CHECK_ERROR(sode_network_fit_trajectories(network, &x, &y, NULL, 0, NULL, NULL, NULL, NULL, NULL), SODE_ERR_CALLBACK_FAILED, "returned -3");
  b.failing_from = 0;
  sode_network_free(network);
  CHECK(b.releases == 1);
  network = made(", \"integrator\": \"rk4\", \"known_terms\": true");
  CHECK_OK(sode_network_set_known_terms(network, &terms));
  b.undefined_from = 1;
  CHECK_ERROR(sode_network_predict(network, &x, SODE_SCORES, 1, &out), SODE_ERR_NOT_FINITE, "gave nan as number 1 at time 0.0 and state (0.5, 0.2)");
  CHECK(scores[0][0][0] == 77);
  b.undefined_from = 0;

  /* A function cancels the call that runs it. */
  CHECK_OK(sode_cancel_token_create(&token));
  limits.cancel = token;
  b.calls = 0;
  b.cancelled = token;
  CHECK_STATUS(sode_network_fit_trajectories(network, &x, &y, "{\"optimizer\": \"adam\", \"epochs\": 100000000}", SODE_TEXT_END, NULL, NULL, &limits, NULL, NULL), SODE_CANCELLED);
  CHECK(b.calls < 12);
  sode_cancel_token_free(token);
  b.cancelled = NULL;

  /* A function works with another network, and frees the one that runs it. */
  b.calls = 0;
  CHECK_OK(sode_network_create_json("{\"inputs\": 2, \"outputs\": 2, \"precision\": \"float64\"}", SODE_TEXT_END, &b.other));
  b.used = network;
  CHECK_OK(sode_network_predict(network, &x, SODE_SCORES, 1, &out));
  CHECK(b.calls > 3 && b.releases == 2 && scores[0][0][0] != 77);
  sode_network_free(b.other);
  sode_network_free(plain);
  sode_network_free(bare);
}

/* Known terms allocate nothing in a step: networks of 10 and of 1000 layers make the same number of allocations, and hold scratch memory that does not grow with the steps of a prediction. */
static void steps_allocate_nothing(void) {
  static const int layers[2] = {1, 50};
  long counts[2][2];
  int i, round;
  for (i = 0; i < 2; i++) {
    behavior b = {0};
    sode_known_terms terms = terms_of(&b);
    sode_network *network = made_for(TIMES, layers[i], ", \"integrator\": \"rk4\", \"known_terms\": true");
    sode_predictor *predictor = NULL;
    sode_gradient *gradient = NULL;
    static double scores[TRAJECTORIES][TIMES][2];
    double loss, parameter_gradient[4];
    int64_t parameter_shape[1] = {4};
    sode_tensor x = sode_tensor_f64(features[0], 2, feature_shape), y = sode_tensor_f64(states[0][0], 3, state_shape), out = sode_tensor_f64(scores[0][0], 3, state_shape);
    sode_tensor g = sode_tensor_f64(parameter_gradient, 1, parameter_shape);
    CHECK_OK(sode_network_set_known_terms(network, &terms));
    CHECK_OK(sode_predictor_create(network, TRAJECTORIES, 1, &predictor));
    CHECK(b.calls == 0);
    CHECK_OK(sode_gradient_create(network, TRAJECTORIES, "binomial", 1, &gradient));
    for (round = 0; round < 2; round++) {
      long before = allocations;
      CHECK_OK(sode_predictor_run(predictor, &x, SODE_SCORES, &out));
      counts[i][0] = allocations - before;
      before = allocations;
      CHECK_OK(sode_gradient_run(gradient, &x, &y, &loss, &g));
      counts[i][1] = allocations - before;
    }
    CHECK(b.calls > 2 * 4 * layers[i] * (TIMES - 1));
    sode_gradient_free(gradient);
    sode_predictor_free(predictor);
    sode_network_free(network);
  }
  CHECK(counts[0][0] == counts[1][0]);
  CHECK(counts[0][1] == counts[1][1]);
  printf("allocations of a prediction and of a gradient: %ld and %ld with 20 layers, %ld and %ld with 1000\n", counts[0][0], counts[0][1], counts[1][0], counts[1][1]);
}

int main(void) {
  measure();
  learns_the_rest(", \"integrator\": \"rk4\", \"known_terms\": true", "{\"epochs\": 60}", 1e-8);
  learns_the_rest(", \"integrator\": \"tsit5\", \"known_terms\": true, \"relative_tolerance\": 1e-8, \"absolute_tolerance\": 1e-10", "{\"segment\": 5, \"rounds\": 4, \"epochs\": 30}", 1e-4);
  learns_the_rest(", \"integrator\": \"implicit_midpoint\", \"known_terms\": true", "{\"epochs\": 40}", 1e-3);
  gradients_are_exact(", \"integrator\": \"rk4\", \"known_terms\": true");
  gradients_are_exact(", \"integrator\": \"implicit_midpoint\", \"known_terms\": true");
  refuses();
  steps_allocate_nothing();
  return FINISH();
}
