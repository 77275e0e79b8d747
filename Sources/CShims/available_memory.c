#define _GNU_SOURCE
#include "shims_available_memory.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The beginning of a small file as text: its length, 0 when it cannot be read. */
static size_t contents(const char *path, char *text, size_t capacity) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  ssize_t count = read(descriptor, text, capacity - 1);
  close(descriptor);
  size_t length = count > 0 ? (size_t)count : 0;
  text[length] = 0;
  return length;
}

/* The number after a name at the beginning of a line; 0 when there is none. */
static uint64_t field(const char *text, const char *name) {
  size_t length = strlen(name);
  for (const char *line = text; line; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, name, length) == 0) return strtoull(line + length, NULL, 10);
  }
  return 0;
}

static uint64_t of_system(void) {
  char text[2048];
  if (!contents("/proc/meminfo", text, sizeof text) || !strstr(text, "MemAvailable:")) return UINT64_MAX;
  return (field(text, "MemAvailable:") + field(text, "SwapFree:")) * 1024;
}

/* What a control group of version 2 may still take, its caches counted as free; UINT64_MAX without a limit. */
static uint64_t of_group(const char *folder) {
  char path[1200], text[4096];
  snprintf(path, sizeof path, "%s/memory.max", folder);
  if (!contents(path, text, sizeof text) || strncmp(text, "max", 3) == 0) return UINT64_MAX;
  uint64_t most = strtoull(text, NULL, 10);
  snprintf(path, sizeof path, "%s/memory.current", folder);
  if (!contents(path, text, sizeof text)) return most;
  uint64_t used = strtoull(text, NULL, 10);
  snprintf(path, sizeof path, "%s/memory.stat", folder);
  uint64_t caches = contents(path, text, sizeof text) ? field(text, "file ") : 0;
  used -= caches < used ? caches : used;
  return used < most ? most - used : 0;
}

uint64_t sode_shim_available_memory(void) {
  uint64_t least = of_system();
  char text[1024], folder[1100];
  if (!contents("/proc/self/cgroup", text, sizeof text)) return least;
  char *line = strstr(text, "0::/");
  if (!line || (line != text && line[-1] != '\n')) return least;
  char *group = line + 3;
  group[strcspn(group, "\n")] = 0;
  /* From the process's own group up to the root: each may have a limit. */
  for (;;) {
    snprintf(folder, sizeof folder, "/sys/fs/cgroup%s", group);
    uint64_t left = of_group(folder);
    if (left < least) least = left;
    char *end = strrchr(group, '/');
    if (!end || group[0] == 0) return least;
    *end = 0;
  }
}
