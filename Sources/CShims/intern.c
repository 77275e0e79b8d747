#include "shims_intern.h"
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  struct entry *next;
  size_t length;
  char text[];
} entry;

enum { buckets = 512 };
/* Lists that only grow at their heads, so that readers need no lock and a fork finds them whole. */
static entry *table[buckets];

static const char *find(const entry *e, const char *text, size_t length) {
  for (; e; e = e->next)
    if (e->length == length && memcmp(e->text, text, length) == 0) return e->text;
  return NULL;
}

const char *shim_intern(const char *text, size_t length) {
  size_t hash = 5381;
  for (size_t i = 0; i < length; i++) hash = hash * 33 + (unsigned char)text[i];
  entry **head = &table[hash % buckets];

  entry *seen = __atomic_load_n(head, __ATOMIC_ACQUIRE);
  const char *found = find(seen, text, length);
  if (found) return found;

  entry *fresh = malloc(sizeof(entry) + length + 1);
  if (!fresh) return NULL;
  fresh->length = length;
  memcpy(fresh->text, text, length);
  fresh->text[length] = 0;
  for (;;) {
    fresh->next = seen;
    if (__atomic_compare_exchange_n(head, &seen, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return fresh->text;
    /* Another thread was first, perhaps with the same text. */
    if ((found = find(seen, text, length))) {
      free(fresh);
      return found;
    }
  }
}
