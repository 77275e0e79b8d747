/* Tables from hand-made Arrow producers: good ones, and ones that are wrong in every way that can be seen. Everything is released exactly once. */
#include <math.h>
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

enum { ROWS = 4, COLUMNS = 4 };

/* One batch: age (float64, one null), city (dictionary of texts), small (int16), kind (text). Each test changes what it needs. */
struct producer {
  double ages[ROWS];
  uint8_t age_bits[1];
  int8_t city_numbers[ROWS];
  int32_t city_offsets[3];
  int16_t smalls[ROWS];
  int64_t kind_offsets[ROWS + 1];
  const void *age_buffers[2], *city_buffers[2], *city_value_buffers[3], *small_buffers[2], *kind_buffers[3], *struct_buffers[1];
  struct ArrowSchema schema, schemas[COLUMNS], *schema_list[COLUMNS], city_schema;
  struct ArrowArray array, arrays[COLUMNS], *array_list[COLUMNS], city_values;
  int schemas_released, arrays_released, streams_released, batches, given, failing;
};

static void release_schema(struct ArrowSchema *schema) {
  ((struct producer *)schema->private_data)->schemas_released++;
  schema->release = NULL;
}
static void release_array(struct ArrowArray *array) {
  ((struct producer *)array->private_data)->arrays_released++;
  array->release = NULL;
}
static void release_part(struct ArrowSchema *schema) { schema->release = NULL; }
static void release_child(struct ArrowArray *array) { array->release = NULL; }

static void set_schema(struct ArrowSchema *schema, const char *format, const char *name) {
  memset(schema, 0, sizeof *schema);
  schema->format = format;
  schema->name = name;
  schema->release = release_part;
}
static void set_array(struct ArrowArray *array, int64_t length, int64_t nulls, const void **buffers, int64_t n_buffers) {
  memset(array, 0, sizeof *array);
  array->length = length;
  array->null_count = nulls;
  array->buffers = buffers;
  array->n_buffers = n_buffers;
  array->release = release_child;
}

static void make(struct producer *p) {
  static const double ages[ROWS] = {20, 30, 40, 99};
  static const int8_t cities[ROWS] = {1, 0, 1, 1};
  static const int16_t smalls[ROWS] = {-1, 2, 3, 4};
  static const int64_t kind_offsets[ROWS + 1] = {0, 3, 6, 9, 12};
  static const int32_t city_offsets[3] = {0, 3, 7};
  int i;
  memset(p, 0, sizeof *p);
  memcpy(p->ages, ages, sizeof ages);
  memcpy(p->city_numbers, cities, sizeof cities);
  memcpy(p->smalls, smalls, sizeof smalls);
  memcpy(p->kind_offsets, kind_offsets, sizeof kind_offsets);
  memcpy(p->city_offsets, city_offsets, sizeof city_offsets);
  p->age_bits[0] = 0x07; /* the last one is missing */
  p->age_buffers[0] = p->age_bits;
  p->age_buffers[1] = p->ages;
  p->city_buffers[1] = p->city_numbers;
  p->city_value_buffers[1] = p->city_offsets;
  p->city_value_buffers[2] = "UlmBonn";
  p->small_buffers[1] = p->smalls;
  p->kind_buffers[1] = p->kind_offsets;
  p->kind_buffers[2] = "dogcatdogcat";
  set_schema(&p->schema, "+s", "");
  set_schema(&p->schemas[0], "g", "age");
  set_schema(&p->schemas[1], "c", "city");
  set_schema(&p->schemas[2], "s", "small");
  set_schema(&p->schemas[3], "U", "kind");
  set_schema(&p->city_schema, "u", NULL);
  p->schemas[1].dictionary = &p->city_schema;
  set_array(&p->array, ROWS, 0, p->struct_buffers, 1);
  set_array(&p->arrays[0], ROWS, 1, p->age_buffers, 2);
  set_array(&p->arrays[1], ROWS, 0, p->city_buffers, 2);
  set_array(&p->arrays[2], ROWS, 0, p->small_buffers, 2);
  set_array(&p->arrays[3], ROWS, -1, p->kind_buffers, 3);
  set_array(&p->city_values, 2, 0, p->city_value_buffers, 3);
  p->arrays[1].dictionary = &p->city_values;
  for (i = 0; i < COLUMNS; i++) {
    p->schema_list[i] = &p->schemas[i];
    p->array_list[i] = &p->arrays[i];
  }
  p->schema.children = p->schema_list;
  p->schema.n_children = COLUMNS;
  p->schema.release = release_schema;
  p->schema.private_data = p;
  p->array.children = p->array_list;
  p->array.n_children = COLUMNS;
  p->array.release = release_array;
  p->array.private_data = p;
  p->batches = 2;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
  struct producer *p = stream->private_data;
  if (p->failing == 1) return 5;
  *out = p->schema;
  return 0;
}
static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
  struct producer *p = stream->private_data;
  if (p->failing == 2 && p->given == 1) return 22;
  if (p->given == p->batches) {
    memset(out, 0, sizeof *out);
    return 0;
  }
  p->given++;
  *out = p->array;
  return 0;
}
static const char *get_last_error(struct ArrowArrayStream *stream) {
  (void)stream;
  return "the disk is on fire";
}
static void release_stream(struct ArrowArrayStream *stream) {
  ((struct producer *)stream->private_data)->streams_released++;
  stream->release = NULL;
}
static struct ArrowArrayStream stream_of(struct producer *p) {
  struct ArrowArrayStream stream = {get_schema, get_next, get_last_error, release_stream, NULL};
  stream.private_data = p;
  return stream;
}

static const char *options = "{\"target\": \"kind\", \"missing\": \"mean_and_indicator\"}";

/* The producer's array must be refused with a message that holds this word, and must stay the caller's. */
static void refuse(struct producer *p, const char *word) {
  sode_table *table = NULL;
  struct ArrowArrayStream stream = stream_of(p);
  int released = p->arrays_released;
  check_that(sode_table_from_array(&p->schema, &p->array, &table) == SODE_ERR_INVALID_DATA && strstr(sode_last_error_message(), word) != NULL, word, __FILE__, __LINE__);
  CHECK(table == NULL && p->arrays_released == released && p->array.release != NULL);
  /* In a stream it is released. */
  check_that(sode_table_from_stream(&stream, &table) == SODE_ERR_INVALID_DATA, word, __FILE__, __LINE__);
  CHECK(table == NULL && p->arrays_released == released + 1 && p->streams_released == 0 && stream.release != NULL);
}

static void good_table(void) {
  struct producer p;
  struct ArrowArrayStream stream;
  sode_table *table = NULL;
  sode_columns *columns = NULL, *again = NULL;
  sode_dataset *data = NULL;
  sode_network *network = NULL, *loaded = NULL;
  sode_trainer *trainer = NULL;
  int64_t rows, count, features, targets, classes, shape[2] = {2 * ROWS, 5}, label_shape[1] = {2 * ROWS}, labels[2 * ROWS];
  double x[2 * ROWS * 5];
  const char *name, *type;
  char json[1024];
  size_t needed, bytes;
  void *file;
  sode_tensor values = sode_tensor_f64(x, 2, shape), label_tensor = sode_tensor_i64(labels, 1, label_shape);

  make(&p);
  stream = stream_of(&p);
  CHECK_OK(sode_table_from_stream(&stream, &table));
  CHECK(p.schemas_released == 1 && p.streams_released == 0);
  stream.release(&stream);
  CHECK_OK(sode_table_describe(table, &rows, &count));
  CHECK(rows == 2 * ROWS && count == COLUMNS);
  CHECK_OK(sode_table_column_at(table, 1, &name, &type));
  CHECK(strcmp(name, "city") == 0 && strcmp(type, "dictionary") == 0);
  CHECK_OK(sode_table_column_at(table, 2, NULL, &type));
  CHECK(strcmp(type, "int16") == 0);
  CHECK_ERROR(sode_table_column_at(table, 4, &name, &type), SODE_ERR_OUT_OF_RANGE, "between 0 and 3");

  CHECK_ERROR(sode_columns_fit(table, NULL, "{\"target\": \"kin\"}", SODE_TEXT_END, &columns), SODE_ERR_UNKNOWN_NAME, "did you mean 'kind'");
  CHECK_ERROR(sode_columns_fit(table, NULL, "{\"target\": \"kind\"}", SODE_TEXT_END, &columns), SODE_ERR_INVALID_DATA, "column 'age': its value at row 3");
  CHECK_OK(sode_columns_fit(table, NULL, options, SODE_TEXT_END, &columns));
  CHECK_OK(sode_columns_describe(columns, &features, &targets, &classes));
  CHECK(features == 5 && targets == 1 && classes == 2);
  CHECK_OK(sode_columns_class_at(columns, 1, &name));
  CHECK(strcmp(name, "dog") == 0);
  CHECK_OK(sode_columns_json(columns, json, sizeof json, &needed));
  CHECK(strstr(json, "{\"name\":\"age\",\"missing\":\"mean_and_indicator\",\"mean\":30.0}") && strstr(json, "\"categories\":[\"Bonn\",\"Ulm\"]"));
  CHECK_OK(sode_columns_create_json(json, SODE_TEXT_END, &again));
  sode_columns_free(again);
  CHECK_ERROR(sode_columns_create_json("{\"inputs\": [{\"nam\": 1}]}", SODE_TEXT_END, &again), SODE_ERR_INVALID_ARGUMENT, "inputs[0]");

  CHECK_OK(sode_dataset_from_table(table, NULL, columns, 0, &data));
  CHECK_OK(sode_dataset_get(data, &values, &label_tensor));
  /* age, its indicator, Bonn, Ulm, small */
  CHECK(x[0] == 20 && x[1] == 0 && x[2] == 1 && x[3] == 0 && x[4] == -1);
  CHECK(x[15] == 30 && x[16] == 1 && x[17] == 1 && x[18] == 0 && x[19] == 4);
  CHECK(x[25] == 30 && x[27] == 0 && x[28] == 1 && labels[0] == 1 && labels[1] == 0 && labels[6] == 1);
  sode_table_free(table);
  CHECK(p.arrays_released == 0);

  CHECK_OK(sode_network_create_json("{\"inputs\": 5, \"outputs\": 2, \"width\": 5, \"layers\": 2}", SODE_TEXT_END, &network));
  CHECK_ERROR(sode_network_get_columns(network, &again), SODE_ERR_STATE, "no record");
  CHECK_OK(sode_trainer_create(network, &trainer));
  CHECK_OK(sode_trainer_set_int(trainer, "epochs", 1));
  CHECK_OK(sode_trainer_run(trainer, data, NULL, NULL));
  CHECK_OK(sode_network_get_columns(network, &again));
  sode_columns_free(again);
  CHECK_OK(sode_network_metadata_count(network, &count));
  CHECK(count == 0);
  sode_dataset_free(data);
  CHECK(p.arrays_released == 2);

  /* The record goes with the file. */
  CHECK_OK(sode_network_save_memory(network, NULL, 0, &bytes));
  file = malloc(bytes);
  CHECK_OK(sode_network_save_memory(network, file, bytes, &bytes));
  CHECK_OK(sode_network_load_memory(file, bytes, &loaded));
  free(file);

  /* Columns are found by name, in any order; the targets may be among them. */
  {
    struct producer q;
    float whole[ROWS * 2], turned[ROWS * 2];
    int64_t result_shape[2] = {ROWS, 2};
    sode_tensor first = sode_tensor_f32(whole, 2, result_shape), second = sode_tensor_f32(turned, 2, result_shape);
    make(&p);
    CHECK_OK(sode_table_from_array(&p.schema, &p.array, &table));
    CHECK(p.array.release == NULL && p.schema.release != NULL);
    CHECK_OK(sode_network_predict_table(network, table, SODE_SCORES, 1, &first));
    sode_table_free(table);
    CHECK(p.arrays_released == 1);
    make(&q);
    q.schema_list[0] = &q.schemas[2];
    q.schema_list[2] = &q.schemas[0];
    q.array_list[0] = &q.arrays[2];
    q.array_list[2] = &q.arrays[0];
    q.array.n_children = q.schema.n_children = 3;
    CHECK_OK(sode_table_from_array(&q.schema, &q.array, &table));
    CHECK_OK(sode_network_predict_table(loaded, table, SODE_SCORES, 1, &second));
    CHECK(memcmp(whole, turned, sizeof whole) == 0);
    sode_table_free(table);
    make(&q);
    q.array.n_children = q.schema.n_children = 2;
    CHECK_OK(sode_table_from_array(&q.schema, &q.array, &table));
    CHECK_ERROR(sode_network_predict_table(loaded, table, SODE_SCORES, 1, &second), SODE_ERR_INCOMPATIBLE, "lacks the column 'small'");
    sode_table_free(table);
    make(&q);
    q.schemas[3].name = "mood";
    CHECK_OK(sode_table_from_array(&q.schema, &q.array, &table));
    CHECK_ERROR(sode_network_predict_table(loaded, table, SODE_SCORES, 1, &second), SODE_ERR_INCOMPATIBLE, "'mood'");
    sode_table_free(table);
    /* An unknown category names itself; as a row without a result it leaves the others. */
    make(&q);
    q.city_value_buffers[2] = "UlnBonn";
    CHECK_OK(sode_table_from_array(&q.schema, &q.array, &table));
    CHECK_ERROR(sode_network_predict_table(loaded, table, SODE_SCORES, 1, &second), SODE_ERR_INVALID_DATA, "column 'city': its value at row 1, 'Uln'");
    CHECK(memcmp(whole, turned, sizeof whole) == 0);
    CHECK_STATUS(sode_network_predict_table(loaded, table, SODE_SCORES | SODE_ROWS_OR_NAN, 1, &second), SODE_ROWS_WITHOUT_RESULT);
    CHECK(isnan(turned[2]) && memcmp(whole, turned, 2 * sizeof(float)) == 0 && memcmp(whole + 4, turned + 4, 4 * sizeof(float)) == 0);
    sode_table_free(table);
  }
  CHECK_ERROR(sode_network_set_columns(loaded, NULL) ? SODE_ERR_INTERNAL : sode_network_get_columns(loaded, &again), SODE_ERR_STATE, "no record");
  sode_trainer_free(trainer);
  sode_columns_free(columns);
  sode_network_free(network);
  sode_network_free(loaded);
}

static void hostile_producers(void) {
  struct producer p;
  struct ArrowArrayStream stream;
  sode_table *table = NULL;

  make(&p), p.array.n_children = 3, refuse(&p, "3 children, but its schema has 4");
  make(&p), p.array.children = NULL, refuse(&p, "NULL");
  make(&p), p.array_list[2] = NULL, refuse(&p, "'small': its array is NULL");
  make(&p), p.schema_list[1] = NULL, p.batches = 0, CHECK_ERROR(sode_table_from_array(&p.schema, &p.array, &table), SODE_ERR_INVALID_DATA, "child 1");
  make(&p), p.schema.n_children = -1, CHECK_ERROR(sode_table_from_array(&p.schema, &p.array, &table), SODE_ERR_INVALID_DATA, "-1 children");
  make(&p), p.schemas[0].format = NULL, CHECK_ERROR(sode_table_from_array(&p.schema, &p.array, &table), SODE_ERR_INVALID_DATA, "format is NULL");
  make(&p), p.schema.release = NULL, CHECK_ERROR(sode_table_from_array(&p.schema, &p.array, &table), SODE_ERR_INVALID_DATA, "released");
  make(&p), p.array.release = NULL, CHECK_ERROR(sode_table_from_array(&p.schema, &p.array, &table), SODE_ERR_INVALID_DATA, "released");
  make(&p), p.age_buffers[1] = NULL, refuse(&p, "'age': it has 4 cells but its buffer 1 is NULL");
  make(&p), p.age_buffers[0] = NULL, refuse(&p, "'age': its null_count is 1 but its validity buffer is NULL");
  make(&p), p.arrays[0].buffers = NULL, refuse(&p, "'age'");
  make(&p), p.arrays[0].n_buffers = 1, refuse(&p, "'age': it has 1 buffers");
  make(&p), p.arrays[0].n_buffers = INT64_MAX, refuse(&p, "'age'");
  make(&p), p.array.length = -1, refuse(&p, "length -1");
  make(&p), p.array.offset = -1, refuse(&p, "offset -1");
  make(&p), p.array.offset = INT64_MAX, refuse(&p, "address space");
  make(&p), p.array.length = INT64_MAX, refuse(&p, "'age': it has 4 cells");
  make(&p), p.arrays[2].length = 3, refuse(&p, "'small': it has 3 cells; the table reads 4");
  make(&p), p.arrays[2].offset = -2, refuse(&p, "'small'");
  make(&p), p.arrays[2].offset = INT64_MAX - 2, refuse(&p, "'small'");
  make(&p), p.arrays[0].null_count = 9, refuse(&p, "'age'");
  make(&p), p.city_numbers[2] = 2, refuse(&p, "'city': its cell 2 is number 2 of a dictionary of 2 values");
  make(&p), p.city_numbers[2] = -1, refuse(&p, "'city': its cell 2 is number -1");
  make(&p), p.arrays[1].dictionary = NULL, refuse(&p, "'city': only one of its array and its schema has a dictionary");
  make(&p), p.city_values.length = -3, refuse(&p, "'city': its dictionary");
  make(&p), p.city_offsets[2] = 1, refuse(&p, "descend");
  make(&p), p.kind_offsets[1] = 7, refuse(&p, "'kind': the offsets of its texts descend from 7 to 6");
  make(&p), p.kind_offsets[0] = -7, refuse(&p, "'kind'");
  make(&p), p.kind_buffers[2] = NULL, refuse(&p, "'kind'");
  make(&p), p.schemas[2].name = "age", CHECK_ERROR(sode_table_from_array(&p.schema, &p.array, &table), SODE_ERR_INVALID_DATA, "two columns of the table are called 'age'");
  /* A row of the table itself that is missing. */
  make(&p), p.struct_buffers[0] = p.age_bits, p.array.null_count = -1, refuse(&p, "row 3 of the table is missing");

  /* Sizes that no address space has. */
  make(&p), p.kind_offsets[ROWS] = (int64_t)1 << 62, refuse(&p, "'kind': its buffer 2 would have 4611686018427387904 bytes, which do not fit the address space");
  make(&p), p.kind_offsets[ROWS] = INT64_MAX, refuse(&p, "'kind': its buffer 2");
  make(&p), p.arrays[0].offset = (int64_t)1 << 57, refuse(&p, "'age': its buffer");
  make(&p), p.array.length = p.arrays[0].length = p.arrays[1].length = p.arrays[2].length = p.arrays[3].length = (int64_t)1 << 57, refuse(&p, "'age': its buffer");
  make(&p), p.struct_buffers[0] = p.age_bits, p.array.null_count = -1, p.array.length = (int64_t)1 << 57, refuse(&p, "address space");
  make(&p), p.city_values.length = (int64_t)1 << 57, refuse(&p, "'city': its dictionary: its buffer 1");

  /* The array of the rows themselves. */
  make(&p), p.array.null_count = -7, refuse(&p, "null_count of an Arrow array of columns is -7");
  make(&p), p.array.null_count = 99, refuse(&p, "null_count of an Arrow array of columns is 99");
  make(&p), p.array.null_count = 2, refuse(&p, "null_count of an Arrow array of columns is 2, but it has no validity buffer");
  make(&p), p.array.n_buffers = 5, refuse(&p, "5 buffers; it must have 1");

  /* Types that are not taken do not matter until somebody reads them. */
  make(&p);
  p.schemas[2].format = "tsu:UTC";
  p.arrays[2].buffers = NULL;
  CHECK_OK(sode_table_from_array(&p.schema, &p.array, &table));
  {
    sode_columns *columns = NULL;
    CHECK_ERROR(sode_columns_fit(table, NULL, options, SODE_TEXT_END, &columns), SODE_ERR_UNSUPPORTED_TYPE, "'small': it holds timestamps");
    CHECK_OK(sode_columns_fit(table, NULL, "{\"target\": \"kind\", \"missing\": \"mean\", \"ignore\": [\"small\"]}", SODE_TEXT_END, &columns));
    sode_columns_free(columns);
  }
  sode_table_free(table);

  make(&p), p.failing = 1, stream = stream_of(&p);
  CHECK_ERROR(sode_table_from_stream(&stream, &table), SODE_ERR_CALLBACK_FAILED, "get_schema of the Arrow stream returned 5: the disk is on fire");
  make(&p), p.failing = 2, stream = stream_of(&p);
  CHECK_ERROR(sode_table_from_stream(&stream, &table), SODE_ERR_CALLBACK_FAILED, "get_next of the Arrow stream returned 22: the disk is on fire");
  CHECK(p.arrays_released == 1 && p.schemas_released == 1 && p.streams_released == 0);
  stream.release = NULL;
  CHECK_ERROR(sode_table_from_stream(&stream, &table), SODE_ERR_INVALID_DATA, "released");
  stream = stream_of(&p), stream.get_next = NULL;
  CHECK_STATUS(sode_table_from_stream(&stream, &table), SODE_ERR_NULL_POINTER);
}

/* Names belong to their table: they take counted memory, and give it back. */
static void names_go_with_their_table(void) {
  static char names[COLUMNS][1 << 12];
  struct producer p;
  sode_table *table = NULL;
  const char *name = NULL, *type = NULL;
  int64_t before = 0, during = 0, after = 0, peak;
  int i;
  make(&p);
  for (i = 0; i < COLUMNS; i++) {
    memset(names[i], 'a' + i, sizeof names[i] - 1);
    p.schemas[i].name = names[i];
  }
  CHECK_OK(sode_memory_usage(&before, &peak));
  CHECK_OK(sode_table_from_array(&p.schema, &p.array, &table));
  CHECK_OK(sode_memory_usage(&during, &peak));
  CHECK(during - before >= (int64_t)sizeof names);
  CHECK_OK(sode_table_column_at(table, 2, &name, &type));
  CHECK(strcmp(name, names[2]) == 0 && name != names[2] && strcmp(type, "int16") == 0);
  CHECK_ERROR(sode_table_column_at(table, COLUMNS, &name, &type), SODE_ERR_OUT_OF_RANGE, "between 0 and 3");
  sode_table_free(table);
  CHECK_OK(sode_memory_usage(&after, &peak));
  CHECK(after == before);
}

/* A single column of a type that is not taken has rows all the same. */
static void single_columns(void) {
  struct ArrowSchema schema;
  struct ArrowArray array;
  static const int64_t times[3] = {1, 2, 3};
  const void *buffers[2] = {NULL, times};
  sode_table *table = NULL;
  sode_columns *columns = NULL;
  int64_t rows = 0;
  set_schema(&schema, "tsu:", "");
  set_array(&array, 3, 0, buffers, 2);
  CHECK_OK(sode_table_from_array(&schema, &array, &table));
  CHECK_OK(sode_table_describe(table, &rows, NULL));
  CHECK(rows == 3);
  CHECK_ERROR(sode_columns_fit(table, NULL, NULL, 0, &columns), SODE_ERR_UNSUPPORTED_TYPE, "it holds timestamps");
  sode_table_free(table);
  /* No cell of a column of nulls is read. */
  set_schema(&schema, "n", "nothing");
  set_array(&array, (int64_t)1 << 50, (int64_t)1 << 50, NULL, 0);
  CHECK_OK(sode_table_from_array(&schema, &array, &table));
  CHECK_ERROR(sode_columns_fit(table, NULL, NULL, 0, &columns), SODE_ERR_INVALID_DATA, "its value at row 0 is missing");
  CHECK_ERROR(sode_columns_fit(table, NULL, "{\"missing\": \"mean\"}", SODE_TEXT_END, &columns), SODE_ERR_INVALID_DATA, "every value is missing");
  sode_table_free(table);
}

static int owned_released;
static void on_release(void *user_data) {
  (void)user_data;
  owned_released++;
}

/* A sparse matrix gives the numbers of the dense one, with a normalization too. */
static void sparse_rows(void) {
  int32_t starts[4] = {0, 2, 2, 3}, indices[3] = {0, 2, 1};
  float values[3] = {1, -2, 3}, dense[9] = {1, 0, -2, 0, 0, 0, 0, 3, 0}, shift[3] = {0.5f, 1, -1}, scale[3] = {2, 3, 0.25f}, a[6], b[6];
  int64_t four[1] = {4}, three[1] = {3}, square[2] = {3, 3}, result_shape[2] = {3, 2};
  sode_tensor s = sode_tensor_i32(starts, 1, four), i = sode_tensor_i32(indices, 1, three), v = sode_tensor_f32(values, 1, three);
  sode_tensor d = sode_tensor_f32(dense, 2, square), first = sode_tensor_f32(a, 2, result_shape), second = sode_tensor_f32(b, 2, result_shape);
  sode_tensor shifts = sode_tensor_f32(shift, 1, three), scales = sode_tensor_f32(scale, 1, three);
  sode_table *table = NULL;
  sode_network *network = NULL;
  CHECK_OK(sode_network_create_json("{\"inputs\": 3, \"outputs\": 2, \"width\": 4, \"layers\": 2}", SODE_TEXT_END, &network));
  CHECK_OK(sode_network_set_normalization(network, &shifts, &scales));
  CHECK_OK(sode_table_from_csr(3, &s, &i, &v, on_release, NULL, &table));
  CHECK_OK(sode_network_predict(network, &d, SODE_SCORES, 1, &first));
  CHECK_OK(sode_network_predict_table(network, table, SODE_SCORES, 1, &second));
  CHECK(memcmp(a, b, sizeof a) == 0);
  sode_table_free(table);
  CHECK(owned_released == 1);
  indices[1] = 0;
  CHECK_ERROR(sode_table_from_csr(3, &s, &i, &v, on_release, NULL, &table), SODE_ERR_INVALID_DATA, "row 0 of the sparse matrix");
  indices[1] = 3;
  CHECK_STATUS(sode_table_from_csr(3, &s, &i, &v, on_release, NULL, &table), SODE_ERR_INVALID_DATA);
  indices[1] = 2, starts[3] = 4;
  CHECK_ERROR(sode_table_from_csr(3, &s, &i, &v, on_release, NULL, &table), SODE_ERR_INVALID_DATA, "start 3");
  starts[3] = 3, indices[0] = -1;
  CHECK_ERROR(sode_table_from_csr(3, &s, &i, &v, on_release, NULL, &table), SODE_ERR_INVALID_DATA, "row 0 of the sparse matrix: the column -1 does not exist; columns are 0");
  /* What lies before the first row would be lost. */
  indices[0] = 0, starts[0] = 1;
  CHECK_ERROR(sode_table_from_csr(3, &s, &i, &v, on_release, NULL, &table), SODE_ERR_INVALID_DATA, "the first start of a sparse matrix is 1; it must be 0");
  starts[0] = 0;
  /* A matrix has room for more columns than names. */
  CHECK_OK(sode_table_from_csr((int64_t)1 << 31, &s, &i, &v, NULL, NULL, &table));
  sode_table_free(table);
  values[2] = NAN;
  CHECK_ERROR(sode_table_from_csr(3, &s, &i, &v, on_release, NULL, &table), SODE_ERR_INVALID_DATA, "row 2, column 1");
  CHECK_OK(sode_table_from_tensor(&d, on_release, NULL, &table));
  CHECK_OK(sode_network_predict_table(network, table, SODE_SCORES, 1, &second));
  CHECK(memcmp(a, b, sizeof a) == 0);
  sode_table_free(table);
  CHECK(owned_released == 2);
  sode_network_free(network);
}

int main(void) {
  good_table();
  hostile_producers();
  names_go_with_their_table();
  single_columns();
  sparse_rows();
  return FINISH();
}
