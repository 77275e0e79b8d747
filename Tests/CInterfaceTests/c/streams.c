/* Training from streams: of callbacks and of Arrow streams, with the bits of training from memory; failures, early ends and what is released. */
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

enum { SAMPLES = 500, INPUTS = 3, BATCH = 70 };

static float features[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];

struct source {
  int64_t position;
  int passes, batches, fail_at, stop_at, released;
};

static int32_t reset(void *user_data) {
  struct source *source = user_data;
  source->passes++;
  source->position = 0;
  return 0;
}

static int32_t next(sode_dataset **batch, void *user_data) {
  struct source *source = user_data;
  int64_t count = SAMPLES - source->position < BATCH ? SAMPLES - source->position : BATCH, shape[2] = {0, INPUTS}, label_shape[1];
  sode_tensor x = sode_tensor_f32(features + source->position * INPUTS, 2, shape), y = sode_tensor_i32(labels + source->position, 1, label_shape);
  if (source->batches == source->fail_at || source->batches == source->stop_at) {
    int32_t answer = source->batches == source->fail_at ? -7 : 1;
    source->fail_at = source->stop_at = -1;
    return answer;
  }
  if (count == 0) return 0;
  shape[0] = label_shape[0] = count;
  source->batches++;
  source->position += count;
  return sode_dataset_create(&x, &y, batch);
}

static void release(void *user_data) { ((struct source *)user_data)->released++; }

static sode_network *new_network(void) {
  sode_network *network = NULL;
  CHECK_OK(sode_network_create_json("{\"inputs\": 3, \"outputs\": 2, \"width\": 4, \"layers\": 3}", SODE_TEXT_END, &network));
  return network;
}

static sode_trainer *new_trainer(sode_network *network) {
  sode_trainer *trainer = NULL;
  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_OK(sode_trainer_set_json(trainer, "{\"epochs\": 3, \"batch_size\": 32, \"num_threads\": 1, \"seed\": 4, \"learning_rate\": 0.01}", SODE_TEXT_END));
  return trainer;
}

static void parameters(sode_network *network, float *values, int64_t count) {
  int64_t shape[1];
  sode_tensor tensor = sode_tensor_f32(values, 1, shape);
  shape[0] = count;
  CHECK_OK(sode_network_get_parameters(network, &tensor));
}

/* ---- Arrow streams: two float columns and the labels as int32, one batch a stream ---- */

struct pass {
  const void *buffers[INPUTS + 1][2], *none[1];
  struct ArrowSchema schemas[INPUTS + 1], *schema_list[INPUTS + 1];
  struct ArrowArray arrays[INPUTS + 1], *array_list[INPUTS + 1];
  int given;
};
static float columns_of[INPUTS][SAMPLES];
static int opened, streams_released, arrays_released;

static void release_schema(struct ArrowSchema *schema) { schema->release = NULL; }
static void release_child(struct ArrowArray *array) { array->release = NULL; }
static void release_array(struct ArrowArray *array) {
  arrays_released++;
  array->release = NULL;
}
static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
  static const char *names[INPUTS + 1] = {"a", "b", "c", "label"};
  struct pass *pass = stream->private_data;
  int i;
  memset(out, 0, sizeof *out);
  for (i = 0; i <= INPUTS; i++) {
    memset(&pass->schemas[i], 0, sizeof pass->schemas[i]);
    pass->schemas[i].format = i < INPUTS ? "f" : "i";
    pass->schemas[i].name = names[i];
    pass->schemas[i].release = release_schema;
    pass->schema_list[i] = &pass->schemas[i];
  }
  out->format = "+s";
  out->n_children = INPUTS + 1;
  out->children = pass->schema_list;
  out->release = release_schema;
  return 0;
}
static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
  struct pass *pass = stream->private_data;
  int i;
  memset(out, 0, sizeof *out);
  if (pass->given++ == 2) return 0;
  for (i = 0; i <= INPUTS; i++) {
    memset(&pass->arrays[i], 0, sizeof pass->arrays[i]);
    pass->buffers[i][1] = i < INPUTS ? (const void *)columns_of[i] : (const void *)labels;
    pass->arrays[i].length = SAMPLES;
    pass->arrays[i].n_buffers = 2;
    pass->arrays[i].buffers = pass->buffers[i];
    pass->arrays[i].release = release_child;
    pass->array_list[i] = &pass->arrays[i];
  }
  /* The first batch has the first 200 rows, the second the others. */
  out->offset = pass->given == 1 ? 0 : 200;
  out->length = pass->given == 1 ? 200 : SAMPLES - 200;
  out->n_buffers = 1;
  out->buffers = pass->none;
  out->n_children = INPUTS + 1;
  out->children = pass->array_list;
  out->release = release_array;
  return 0;
}
static void release_stream(struct ArrowArrayStream *stream) {
  streams_released++;
  free(stream->private_data);
  stream->release = NULL;
}
static int32_t open_pass(struct ArrowArrayStream *stream, void *user_data) {
  struct pass *pass = calloc(1, sizeof *pass);
  (void)user_data;
  opened++;
  stream->get_schema = get_schema;
  stream->get_next = get_next;
  stream->get_last_error = NULL;
  stream->release = release_stream;
  stream->private_data = pass;
  return 0;
}

int main(void) {
  sode_network *by_memory = new_network(), *network;
  sode_trainer *trainer = new_trainer(by_memory);
  sode_dataset *data = NULL;
  sode_stream *stream = NULL;
  sode_columns *columns = NULL;
  struct source state = {0, 0, 0, -1, -1, 0};
  sode_source source = {.struct_size = sizeof source};
  sode_network_info info = {.struct_size = sizeof info};
  int64_t shape[2] = {SAMPLES, INPUTS}, label_shape[1] = {SAMPLES};
  sode_tensor x = sode_tensor_f32(features, 2, shape), y = sode_tensor_i32(labels, 1, label_shape);
  float expected[512], found[512];
  int i;

  for (i = 0; i < SAMPLES * INPUTS; i++) {
    features[i] = (float)((i * 37) % 101) / 50 - 1;
    columns_of[i % INPUTS][i / INPUTS] = features[i];
  }
  for (i = 0; i < SAMPLES; i++) labels[i] = features[i * INPUTS] + features[i * INPUTS + 1] > 0;
  CHECK_OK(sode_dataset_create(&x, &y, &data));
  CHECK_OK(sode_trainer_run(trainer, data, NULL, NULL));
  CHECK_OK(sode_network_describe(by_memory, &info));
  parameters(by_memory, expected, info.parameters);
  sode_trainer_free(trainer);

  /* A buffer that holds everything: the bits of training from memory, also after a failure and an early end. */
  source.next = next;
  source.reset = reset;
  source.release = release;
  source.user_data = &state;
  CHECK_ERROR(sode_stream_create(&source, 0, &stream), SODE_ERR_OUT_OF_RANGE, "buffer_samples");
  CHECK(state.released == 0);
  CHECK_OK(sode_stream_create(&source, SAMPLES, &stream));
  network = new_network();
  trainer = new_trainer(network);
  state.fail_at = 11;
  state.stop_at = 20;
  CHECK_ERROR(sode_trainer_run_stream(trainer, stream, NULL, NULL), SODE_ERR_CALLBACK_FAILED, "next of the source returned -7");
  CHECK_STATUS(sode_trainer_run_stream(trainer, stream, data, NULL), SODE_OK);
  sode_trainer_free(trainer);
  sode_network_free(network);

  network = new_network();
  trainer = new_trainer(network);
  state.fail_at = state.batches + 11;
  CHECK_STATUS(sode_trainer_run_stream(trainer, stream, NULL, NULL), SODE_ERR_CALLBACK_FAILED);
  state.fail_at = -1;
  state.stop_at = state.batches + 3;
  CHECK_STATUS(sode_trainer_run_stream(trainer, stream, NULL, NULL), SODE_STOPPED_BY_CALLBACK);
  CHECK_OK(sode_trainer_run_stream(trainer, stream, NULL, NULL));
  parameters(network, found, info.parameters);
  CHECK(memcmp(expected, found, (size_t)info.parameters * sizeof(float)) == 0);
  sode_trainer_free(trainer);
  sode_network_free(network);
  sode_stream_free(stream);
  CHECK(state.released == 1);

  /* A source without reset serves one epoch. */
  source.reset = NULL;
  state.position = 0;
  CHECK_OK(sode_stream_create(&source, 64, &stream));
  network = new_network();
  trainer = new_trainer(network);
  CHECK_ERROR(sode_trainer_run_stream(trainer, stream, NULL, NULL), SODE_ERR_STATE, "read once");
  {
    int64_t epochs = 0;
    CHECK_OK(sode_trainer_history_count(trainer, &epochs));
    CHECK(epochs == 1);
  }
  sode_trainer_free(trainer);
  sode_network_free(network);
  sode_stream_free(stream);

  /* Arrow streams, one for each pass. */
  CHECK_OK(sode_columns_create_json("{\"inputs\": [{\"name\": \"a\"}, {\"name\": \"b\"}, {\"name\": \"c\"}], \"target\": {\"names\": [\"label\"]}}", SODE_TEXT_END, &columns));
  CHECK_OK(sode_stream_create_arrow(open_pass, NULL, NULL, columns, SAMPLES, &stream));
  network = new_network();
  trainer = new_trainer(network);
  CHECK_OK(sode_trainer_run_stream(trainer, stream, NULL, NULL));
  parameters(network, found, info.parameters);
  CHECK(memcmp(expected, found, (size_t)info.parameters * sizeof(float)) == 0);
  sode_stream_free(stream);
  CHECK(opened == 3 && streams_released == 3 && arrays_released == 6);
  sode_trainer_free(trainer);
  sode_network_free(network);
  sode_columns_free(columns);

  /* A column of weights is read and checked; it is no feature. */
  CHECK_OK(sode_columns_create_json("{\"inputs\": [{\"name\": \"a\"}, {\"name\": \"b\"}], \"target\": {\"names\": [\"label\"]}, \"weight\": \"c\"}", SODE_TEXT_END, &columns));
  CHECK_OK(sode_stream_create_arrow(open_pass, NULL, NULL, columns, SAMPLES, &stream));
  network = new_network();
  trainer = new_trainer(network);
  CHECK_ERROR(sode_trainer_run_stream(trainer, stream, NULL, NULL), SODE_ERR_INVALID_DATA, "weights hold -");
  sode_trainer_free(trainer);
  sode_network_free(network);
  sode_stream_free(stream);
  CHECK(opened == 4 && streams_released == 4);
  sode_columns_free(columns);
  sode_dataset_free(data);
  sode_network_free(by_memory);
  return FINISH();
}
