/* Model files: exact round trips through files and memory, atomic saving, and refusal of every truncation and every bit flip of a small model. */
#include <stableode.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum { MOST = 4000 };

static int64_t read_parameters(sode_network *network, double *values) {
  sode_network_info info = {.struct_size = sizeof info};
  sode_tensor all;
  CHECK_OK(sode_network_describe(network, &info));
  if (!CHECK(info.parameters <= MOST)) return 0;
  all = sode_tensor_f64(values, 1, &info.parameters);
  CHECK_OK(sode_network_get_parameters(network, &all));
  return info.parameters;
}

static void round_trip(const char *json, int normalized) {
  static double before[MOST], after[MOST];
  double shift[2] = {0.1, 0.2}, scale[2] = {3, 4}, got[2] = {0, 0}, points[6] = {1, 2, 3, 4, 5, 6}, scores[9], loaded_scores[9];
  int64_t two[1] = {2}, in_shape[2] = {3, 2}, out_shape[2] = {3, 3}, count;
  sode_tensor shifts = sode_tensor_f64(shift, 1, two), scales = sode_tensor_f64(scale, 1, two), out = sode_tensor_f64(got, 1, two);
  sode_tensor in = sode_tensor_f64(points, 2, in_shape), result = sode_tensor_f64(scores, 2, out_shape);
  sode_network *network = NULL, *from_memory = NULL, *from_file = NULL;
  size_t needed = 0, again = 0;
  char *bytes;

  if (!CHECK_OK(sode_network_create_json(json, SODE_TEXT_END, &network))) return;
  if (normalized) CHECK_OK(sode_network_set_normalization(network, &shifts, &scales));
  CHECK_OK(sode_network_predict(network, &in, SODE_SCORES, 1, &result));
  count = read_parameters(network, before);

  CHECK_OK(sode_network_save_memory(network, NULL, 0, &needed));
  bytes = malloc(needed);
  CHECK_ERROR(sode_network_save_memory(network, bytes, needed - 1, &again), SODE_ERR_BUFFER_TOO_SMALL, "capacity");
  CHECK(again == needed); /* the bytes needed are given here too */
  CHECK_OK(sode_network_save_memory(network, bytes, needed, &again));
  CHECK(again == needed);
  CHECK_OK(sode_network_load_memory(bytes, needed, &from_memory));
  CHECK(read_parameters(from_memory, after) == count && memcmp(before, after, (size_t)count * sizeof(double)) == 0);

  CHECK_OK(sode_network_save(network, "model.safetensors"));
  CHECK_OK(sode_network_load("model.safetensors", &from_file));
  CHECK(read_parameters(from_file, after) == count && memcmp(before, after, (size_t)count * sizeof(double)) == 0);
  result.data = loaded_scores;
  CHECK_OK(sode_network_predict(from_file, &in, SODE_SCORES, 2, &result));
  CHECK(memcmp(scores, loaded_scores, sizeof scores) == 0);
  if (normalized) {
    CHECK_OK(sode_network_get_normalization(from_file, &out, NULL));
    CHECK(got[0] == (double)(float)shift[0] || got[0] == shift[0]);
  }
  free(bytes);
  sode_network_free(network);
  sode_network_free(from_memory);
  sode_network_free(from_file);
}

static void hostile(void) {
  sode_network *network = NULL, *loaded = NULL;
  size_t needed = 0, i, refused = 0;
  unsigned char *bytes, *shorter;
  int64_t before = 0, after = 0;
  CHECK_OK(sode_network_create_json("{\"inputs\": 1, \"outputs\": 2, \"layers\": 1}", SODE_TEXT_END, &network));
  CHECK_OK(sode_network_save_memory(network, NULL, 0, &needed));
  bytes = malloc(needed);
  CHECK_OK(sode_network_save_memory(network, bytes, needed, NULL));
  CHECK_OK(sode_memory_usage(&before, NULL));

  for (i = 0; i < needed; i++) { /* a copy of exactly this length, so that a memory checker detects reads past the end */
    shorter = malloc(i ? i : 1);
    memcpy(shorter, bytes, i);
    refused += sode_network_load_memory(shorter, i, &loaded) == SODE_ERR_FILE_FORMAT;
    free(shorter);
  }
  CHECK(refused == needed);
  for (i = refused = 0; i < 8 * needed; i++) {
    sode_status status;
    bytes[i / 8] ^= (unsigned char)(1 << i % 8);
    status = sode_network_load_memory(bytes, needed, &loaded);
    refused += status == SODE_ERR_FILE_FORMAT || status == SODE_ERR_VERSION_MISMATCH;
    bytes[i / 8] ^= (unsigned char)(1 << i % 8);
  }
  CHECK(refused == 8 * needed);
  CHECK(loaded == NULL);
  CHECK_OK(sode_memory_usage(&after, NULL));
  CHECK(after == before);
  CHECK_OK(sode_network_load_memory(bytes, needed, &loaded)); /* the restored bytes load */
  sode_network_free(loaded);
  loaded = NULL;

  memset(bytes, 0xff, needed);
  CHECK_ERROR(sode_network_load_memory(bytes, needed, &loaded), SODE_ERR_FILE_FORMAT, "model");
  CHECK_ERROR(sode_network_load_memory(bytes, (size_t)-1, &loaded), SODE_ERR_OUT_OF_RANGE, "count");
  free(bytes);

  /* Files that cannot be read or written; a failed save keeps the old file. */
  {
    FILE *file = fopen("foreign", "wb");
    struct stat was, is;
    CHECK(file && fputs("{\"not\": \"a model\"}", file) >= 0 && fclose(file) == 0);
    CHECK_ERROR(sode_network_load("foreign", &loaded), SODE_ERR_FILE_FORMAT, "foreign");
    CHECK_ERROR(sode_network_load("no such model", &loaded), SODE_ERR_FILE, "no such model");
    CHECK_ERROR(sode_network_load(".", &loaded), SODE_ERR_FILE, "'.'");
    CHECK_ERROR(sode_network_save(network, "no such folder/model"), SODE_ERR_FILE, "no such folder/model");
    CHECK(stat("foreign", &was) == 0);
    CHECK_ERROR(sode_network_save(network, "foreign/below"), SODE_ERR_FILE, "foreign/below");
    CHECK(stat("foreign", &is) == 0 && is.st_size == was.st_size && is.st_ino == was.st_ino);
    CHECK_OK(sode_network_save(network, "foreign")); /* saving replaces the file: the old name now refers to another file */
    CHECK(stat("foreign", &is) == 0 && is.st_ino != was.st_ino && is.st_size == (off_t)needed);
    CHECK(loaded == NULL);
  }
  sode_network_free(network);
  unlink("foreign");
  unlink("model.safetensors");
}

int main(void) {
  round_trip("{\"inputs\": 2, \"outputs\": 3, \"width\": 5, \"layers\": 4, \"field\": \"antisymmetric\", \"gamma\": 0.1}", 0);
  round_trip("{\"inputs\": 2, \"outputs\": 3, \"width\": 5, \"opening\": \"dense\", \"precision\": \"float64\", \"field\": \"hamiltonian\","
             " \"integrator\": \"verlet\", \"layers\": 4}", 1);
  round_trip("{\"inputs\": 2, \"outputs\": 3, \"width\": 4, \"loss\": \"least_squares\", \"blocks\": [{\"field\": \"dense\", \"bias\": \"none\"},"
             " {\"bias\": \"scalar\", \"activation\": \"sin\"}]}", 1);
  hostile();
  return FINISH();
}
