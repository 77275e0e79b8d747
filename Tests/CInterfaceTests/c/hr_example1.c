/* Haber & Ruthotto 2017, Example 1: ten identical layers Y <- Y + 0.1 tanh(Y K), with samples as rows. Our layers compute K y for each sample, so they
 * need the transpose of the paper's K. Passing the paper's matrix as a transposed view of its memory gives the same numbers. */
#include <math.h>
#include <stableode.h>

#include "check.h"

static const char *const json =
    "{\"inputs\": 2, \"outputs\": 2, \"readout\": \"identity\", \"loss\": \"least_squares\", \"precision\": \"float64\", \"field\": \"dense\","
    " \"activation\": \"tanh\", \"bias\": \"none\", \"integrator\": \"euler\", \"layers\": 10, \"horizon\": 1.0}";

/* The expected final states: Theory.md §8.1, computed by an independent NumPy program. */
static const double expected_y1[2] = {0.538263075023281, -0.2730798385613702}, expected_y3[2] = {0.0, 1.4152190941792178};

static void ends_right(sode_network *network) {
  double samples[3][2] = {{0.1, 0.1}, {-0.1, -0.1}, {0.0, 0.5}}, states[11][3][2], scores[3][2];
  int64_t sample_shape[2] = {3, 2}, state_shape[3] = {11, 3, 2}, layers, width;
  sode_tensor features = sode_tensor_f64(samples[0], 2, sample_shape), all = sode_tensor_f64(states[0][0], 3, state_shape);
  sode_tensor result = sode_tensor_f64(scores[0], 2, sample_shape);
  int i;

  CHECK_OK(sode_network_state_shape(network, 0, &layers, &width));
  CHECK(layers == 10 && width == 2);
  CHECK_OK(sode_network_states(network, 0, &features, &all));
  CHECK(memcmp(states[0], samples, sizeof samples) == 0);
  for (i = 0; i < 2; i++) {
    CHECK(fabs(states[10][0][i] - expected_y1[i]) < 1e-12);
    CHECK(fabs(states[10][1][i] + expected_y1[i]) < 1e-12);
    CHECK(fabs(states[10][2][i] - expected_y3[i]) < 1e-12);
  }
  /* The readout is the identity, so the scores are the final states, bit for bit. */
  CHECK_OK(sode_network_predict(network, &features, SODE_SCORES, 1, &result));
  CHECK(memcmp(scores, states[10], sizeof scores) == 0);
}

int main(void) {
  const double paper[2][2] = {{2, -2}, {0, 2}};
  double ours[10][2][2], read_back[10][2][2];
  int64_t shape[3] = {10, 2, 2}, transposed[3] = {0, 1, 2};
  sode_tensor value = sode_tensor_f64(ours[0][0], 3, shape), got = sode_tensor_f64(read_back[0][0], 3, shape);
  sode_network *network = NULL;
  int layer, i, k;

  CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network));

  /* Samples as columns: K y, where K is the transpose of the paper's matrix, written out. */
  for (layer = 0; layer < 10; layer++)
    for (i = 0; i < 2; i++)
      for (k = 0; k < 2; k++) ours[layer][i][k] = paper[k][i];
  CHECK_OK(sode_network_set_parameter(network, "blocks.0.K", &value));
  ends_right(network);
  CHECK_OK(sode_network_get_parameter(network, "blocks.0.K", &got));
  CHECK(memcmp(ours, read_back, sizeof ours) == 0);

  /* Samples as rows: the paper's matrix in memory, repeated ten times (stride 0) and read with the strides of its transpose. */
  CHECK_OK(sode_network_initialize(network, 7));
  value.data = (void *)(size_t)paper;
  value.strides = transposed;
  CHECK_OK(sode_network_set_parameter(network, "blocks.0.K", &value));
  ends_right(network);
  CHECK_OK(sode_network_get_parameter(network, "blocks.0.K", &got));
  CHECK(memcmp(ours, read_back, sizeof ours) == 0);

  sode_network_free(network);
  return FINISH();
}
