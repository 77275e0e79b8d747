/* Data sets: copied and borrowed memory, labels and values, slices that share memory, closed-form problems, IDX files. */
#include <math.h>
#include <stableode.h>
#include <stdlib.h>

#include "check.h"

enum { SAMPLES = 6, FEATURES = 3 };

static int released;
static void on_release(void *user_data) {
  released++;
  CHECK(user_data == &released);
}

static sode_dataset_info described(sode_dataset *dataset) {
  sode_dataset_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK_OK(sode_dataset_describe(dataset, &info));
  return info;
}

static void write_file(const char *path, const void *bytes, size_t count) {
  FILE *file = fopen(path, "wb");
  CHECK(file != NULL && fwrite(bytes, 1, count, file) == count);
  if (file) fclose(file);
}

int main(void) {
  uint8_t pixels[SAMPLES * FEATURES], back[SAMPLES * FEATURES];
  float reals[SAMPLES * FEATURES], values[SAMPLES * 2];
  int64_t labels[SAMPLES] = {0, 1, 2, 3, 2, 1}, got_labels[SAMPLES];
  int32_t narrow[SAMPLES];
  int64_t shape[2] = {SAMPLES, FEATURES}, label_shape[1] = {SAMPLES}, value_shape[2] = {SAMPLES, 2}, part_shape[2] = {2, FEATURES}, two[1] = {2};
  sode_tensor images = sode_tensor_u8(pixels, 2, shape), classes = sode_tensor_i64(labels, 1, label_shape), targets = sode_tensor_f32(values, 2, value_shape);
  sode_tensor image_copy = sode_tensor_u8(back, 2, shape), real_copy = sode_tensor_f32(reals, 2, shape), label_copy = sode_tensor_i64(got_labels, 1, label_shape);
  sode_tensor narrow_copy = sode_tensor_i32(narrow, 1, label_shape);
  sode_dataset *copied = NULL, *kept = NULL, *slice = NULL, *regression = NULL, *training = NULL, *validation = NULL;
  sode_dataset_info info;
  int i;

  for (i = 0; i < SAMPLES * FEATURES; i++) pixels[i] = (uint8_t)(7 * i);
  for (i = 0; i < SAMPLES * 2; i++) values[i] = 0.5f * (float)i;

  /* A copy keeps the type of its source and does not see later changes. */
  CHECK_OK(sode_dataset_create(&images, &classes, &copied));
  pixels[0] = 99;
  info = described(copied);
  CHECK(info.samples == SAMPLES && info.features == FEATURES && info.targets == 4 && info.target_kind == 0);
  CHECK(info.feature_type.code == 1 && info.feature_type.bits == 8 && info.feature_type.lanes == 1);
  CHECK_OK(sode_dataset_get(copied, &image_copy, &label_copy));
  CHECK(back[0] == 0 && back[17] == 119 && memcmp(labels, got_labels, sizeof labels) == 0);
  CHECK_OK(sode_dataset_get(copied, &real_copy, &narrow_copy));
  CHECK(reals[0] == 0.0f && reals[17] == 119.0f && narrow[3] == 3);

  /* A data set of borrowed memory sees its changes, and releases it once, after the last slice. */
  CHECK_OK(sode_dataset_retain(&images, &classes, on_release, &released, &kept));
  CHECK_OK(sode_dataset_get(kept, &image_copy, NULL));
  CHECK(back[0] == 99);
  CHECK_OK(sode_dataset_slice(kept, 3, 2, &slice));
  sode_dataset_free(kept);
  CHECK(released == 0);
  image_copy.shape = part_shape;
  label_copy.shape = two;
  CHECK_OK(sode_dataset_get(slice, &image_copy, &label_copy));
  CHECK(back[0] == 63 && back[5] == 98 && got_labels[0] == 3 && got_labels[1] == 2);
  CHECK(described(slice).samples == 2 && described(slice).targets == 4);
  CHECK_ERROR(sode_dataset_slice(slice, 1, 2, &kept), SODE_ERR_OUT_OF_RANGE, "count");
  CHECK_ERROR(sode_dataset_slice(slice, -1, 1, &kept), SODE_ERR_OUT_OF_RANGE, "start");
  CHECK_ERROR(sode_dataset_slice(slice, 0, 0, &kept), SODE_ERR_OUT_OF_RANGE, "count");
  CHECK_ERROR(sode_dataset_slice(slice, INT64_MAX, INT64_MAX, &kept), SODE_ERR_OUT_OF_RANGE, "start");
  sode_dataset_free(slice);
  CHECK(released == 1);
  /* A call that fails does not retain the memory, so it never releases it. */
  CHECK_ERROR(sode_dataset_retain(&images, &images, on_release, &released, NULL), SODE_ERR_NULL_POINTER, "dataset");
  classes.shape = two;
  CHECK_ERROR(sode_dataset_retain(&images, &classes, on_release, &released, &kept), SODE_ERR_SHAPE_MISMATCH, "targets");
  classes.shape = label_shape;
  CHECK(released == 1);
  /* One number per sample is a value if it cannot be a label. */
  labels[2] = -1;
  CHECK_OK(sode_dataset_retain(&images, &classes, on_release, &released, &kept));
  CHECK(described(kept).target_kind == 1 && described(kept).targets == 1);
  CHECK_OK(sode_dataset_get(kept, NULL, &classes));
  sode_dataset_free(kept);
  CHECK(released == 2 && labels[2] == -1);
  kept = NULL;
  released = 1;
  labels[2] = 2;

  /* Values. */
  CHECK_OK(sode_dataset_create(&images, &targets, &regression));
  CHECK(described(regression).target_kind == 1 && described(regression).targets == 2);
  memset(reals, 0, sizeof reals);
  real_copy.shape = value_shape;
  CHECK_OK(sode_dataset_get(regression, NULL, &real_copy));
  CHECK(memcmp(reals, values, sizeof values) == 0);
  CHECK_ERROR(sode_dataset_get(regression, NULL, NULL), SODE_ERR_NULL_POINTER, "features and targets");
  CHECK_ERROR(sode_dataset_get(copied, &real_copy, NULL), SODE_ERR_SHAPE_MISMATCH, "features");

  /* Every problem, with the sample counts of its paper and with other counts. */
  {
    int64_t count = 0, index;
    CHECK_OK(sode_registry_count("problems", &count));
    for (index = 0; index < count; index++) {
      const char *name = NULL;
      CHECK_OK(sode_registry_at("problems", index, &name, NULL));
      CHECK_OK(sode_dataset_create_problem(name, 0, 0, 1, &training, &validation));
      CHECK(described(training).samples > 0 && described(training).features == 2 && described(validation).samples > 0);
      sode_dataset_free(training);
      sode_dataset_free(validation);
    }
  }
  training = validation = NULL;
  CHECK_ERROR(sode_dataset_create_problem("peeks", 0, 0, 1, &training, &validation), SODE_ERR_UNKNOWN_NAME, "did you mean 'peaks'");
  CHECK_ERROR(sode_dataset_create_problem("peaks", -5, 0, 1, &training, &validation), SODE_ERR_OUT_OF_RANGE, "training_count");
  CHECK(training == NULL && validation == NULL);

  /* IDX: two 1 x 3 images and their labels; then files that are not IDX files. */
  {
    const uint8_t idx_images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6}, idx_labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 4, 9};
    sode_dataset *idx = NULL;
    write_file("images.idx", idx_images, sizeof idx_images);
    write_file("labels.idx", idx_labels, sizeof idx_labels);
    write_file("short.idx", idx_images, sizeof idx_images - 1);
    write_file("foreign.idx", "not an IDX file at all", 22);
    CHECK_OK(sode_dataset_load_idx("images.idx", "labels.idx", &idx));
    CHECK(described(idx).samples == 2 && described(idx).features == 3 && described(idx).targets == 10);
    CHECK_OK(sode_dataset_get(idx, &image_copy, &label_copy));
    CHECK(back[0] == 1 && back[5] == 6 && got_labels[0] == 4 && got_labels[1] == 9);
    sode_dataset_free(idx);
    idx = NULL;
    CHECK_ERROR(sode_dataset_load_idx("short.idx", "labels.idx", &idx), SODE_ERR_FILE_FORMAT, "short.idx");
    CHECK_ERROR(sode_dataset_load_idx("foreign.idx", "labels.idx", &idx), SODE_ERR_FILE_FORMAT, "foreign.idx");
    CHECK_ERROR(sode_dataset_load_idx("no such file.idx", "labels.idx", &idx), SODE_ERR_FILE, "no such file.idx");
    CHECK_ERROR(sode_dataset_load_idx("labels.idx", "images.idx", &idx), SODE_ERR_SHAPE_MISMATCH, "");
    CHECK(idx == NULL);
    remove("images.idx");
    remove("labels.idx");
    remove("short.idx");
    remove("foreign.idx");
  }
  sode_dataset_free(copied);
  sode_dataset_free(regression);
  return FINISH();
}
