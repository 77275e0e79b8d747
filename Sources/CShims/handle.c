#include "shims_handle.h"
#include <stdlib.h>

/*
 * state of a slot: 24 bits generation | 8 bits kind | 1 bit live | 1 bit doomed (freed while in use) | 1 bit exclusive | 29 bits users.
 * It changes only by compare-and-swap, so a user count can never be raised on a slot whose generation has moved on.
 */
typedef struct {
  uint64_t state;
  void *object;
  uint32_t next; /* free list: slot + 1, 0 at its end */
  int32_t flag;
} slot;

enum { chunk_slots = 1024, chunk_count = 4096, last_generation = 0xffffff };

#define USERS ((uint64_t)0x1fffffff)
#define EXCLUSIVE ((uint64_t)1 << 29)
#define DOOMED ((uint64_t)1 << 30)
#define LIVE ((uint64_t)1 << 31)

static slot *chunks[chunk_count];
static uint64_t used;      /* slots ever handed out */
static uint64_t free_head; /* 32 bits tag against reuse between load and swap | 32 bits slot + 1 */

static uint32_t generation_of(uint64_t state) { return (uint32_t)(state >> 40); }
static uint32_t kind_of(uint64_t state) { return (uint32_t)(state >> 32) & 0xff; }
static uint64_t state_of(uint32_t generation, uint32_t kind, uint64_t bits) { return (uint64_t)generation << 40 | (uint64_t)kind << 32 | bits; }

static slot *slot_at(uint64_t index) {
  if (index >= (uint64_t)chunk_slots * chunk_count) return NULL;
  slot *chunk = __atomic_load_n(&chunks[index / chunk_slots], __ATOMIC_ACQUIRE);
  return chunk ? &chunk[index % chunk_slots] : NULL;
}

static void push(uint32_t index, slot *s) {
  uint64_t head = __atomic_load_n(&free_head, __ATOMIC_ACQUIRE), next;
  do {
    __atomic_store_n(&s->next, (uint32_t)head, __ATOMIC_RELAXED);
    next = ((head >> 32) + 1) << 32 | (index + 1);
  } while (!__atomic_compare_exchange_n(&free_head, &head, next, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
}

/* A free slot's index, or -1. */
static int64_t pop(void) {
  uint64_t head = __atomic_load_n(&free_head, __ATOMIC_ACQUIRE), next;
  do {
    if ((uint32_t)head == 0) break;
    slot *s = slot_at((uint32_t)head - 1);
    next = ((head >> 32) + 1) << 32 | __atomic_load_n(&s->next, __ATOMIC_RELAXED);
  } while (!__atomic_compare_exchange_n(&free_head, &head, next, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  if ((uint32_t)head != 0) return (int64_t)(uint32_t)head - 1;

  uint64_t index = __atomic_load_n(&used, __ATOMIC_ACQUIRE);
  do {
    if (index >= (uint64_t)chunk_slots * chunk_count) return -1;
    if (!slot_at(index)) {
      slot *fresh = calloc(chunk_slots, sizeof(slot)), *none = NULL;
      if (!fresh) return -1;
      if (!__atomic_compare_exchange_n(&chunks[index / chunk_slots], &none, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) free(fresh);
    }
  } while (!__atomic_compare_exchange_n(&used, &index, index + 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  return (int64_t)index;
}

uint64_t shim_handle_create(uint32_t kind, void *object) {
  int64_t index = pop();
  if (index < 0) return 0;
  slot *s = slot_at((uint64_t)index);
  uint32_t generation = generation_of(__atomic_load_n(&s->state, __ATOMIC_ACQUIRE)) + 1;
  s->object = object;
  __atomic_store_n(&s->flag, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&s->state, state_of(generation, kind, LIVE), __ATOMIC_RELEASE);
  return (uint64_t)kind << 56 | (uint64_t)generation << 32 | (uint64_t)index;
}

/* Why `state` is not what the handle says, or OK. */
static int verdict(uint64_t state, uint64_t handle, uint32_t kind) {
  uint32_t generation = (uint32_t)(handle >> 32) & 0xffffff, named = (uint32_t)(handle >> 56);
  int current = generation == generation_of(state) && (state & LIVE) && !(state & DOOMED);
  if (named != kind) return current && named == kind_of(state) ? SHIM_HANDLE_WRONG_KIND : SHIM_HANDLE_INVALID;
  if (current) return kind_of(state) == kind ? SHIM_HANDLE_OK : SHIM_HANDLE_INVALID;
  return generation != 0 && generation <= generation_of(state) ? SHIM_HANDLE_FREED : SHIM_HANDLE_INVALID;
}

int shim_handle_enter(uint64_t handle, uint32_t kind, int shared, void **object) {
  slot *s = slot_at((uint32_t)handle);
  if (!s) return SHIM_HANDLE_INVALID;
  uint64_t state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE), next;
  do {
    int answer = verdict(state, handle, kind);
    if (answer != SHIM_HANDLE_OK) return answer;
    if ((state & EXCLUSIVE) || (!shared && (state & USERS)) || (state & USERS) == USERS) return SHIM_HANDLE_BUSY;
    next = (state + 1) | (shared ? 0 : EXCLUSIVE);
  } while (!__atomic_compare_exchange_n(&s->state, &state, next, 1, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  *object = s->object;
  return SHIM_HANDLE_OK;
}

int shim_handle_object(uint64_t handle, uint32_t kind, void **object) {
  slot *s = slot_at((uint32_t)handle);
  if (!s) return SHIM_HANDLE_INVALID;
  int answer = verdict(__atomic_load_n(&s->state, __ATOMIC_ACQUIRE), handle, kind);
  if (answer == SHIM_HANDLE_OK) *object = s->object;
  return answer;
}

/* Empties a slot that nobody uses and that the caller alone has moved out of LIVE. */
static void *retire(uint32_t index, slot *s, uint32_t generation) {
  void *object = s->object;
  s->object = NULL;
  /* A slot whose generations are used up is never used again: an old handle must not come back to life. */
  if (generation < last_generation) push(index, s);
  return object;
}

void shim_handle_leave(uint64_t handle, void **orphan) {
  uint32_t index = (uint32_t)handle;
  slot *s = slot_at(index);
  uint64_t state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE), next;
  int last;
  *orphan = NULL;
  do {
    next = (state - 1) & ~EXCLUSIVE;
    last = (state & DOOMED) && (next & USERS) == 0;
    if (last) next &= ~(LIVE | DOOMED);
  } while (!__atomic_compare_exchange_n(&s->state, &state, next, 1, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  if (last) *orphan = retire(index, s, generation_of(state));
}

int shim_handle_free(uint64_t handle, uint32_t kind, void **orphan) {
  uint32_t index = (uint32_t)handle;
  slot *s = slot_at(index);
  *orphan = NULL;
  if (!s) return SHIM_HANDLE_INVALID;
  uint64_t state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE), next;
  do {
    int answer = verdict(state, handle, kind);
    if (answer != SHIM_HANDLE_OK) return answer;
    next = (state & USERS) ? state | DOOMED : state & ~LIVE;
  } while (!__atomic_compare_exchange_n(&s->state, &state, next, 1, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  if (!(next & DOOMED)) *orphan = retire(index, s, generation_of(state));
  return SHIM_HANDLE_OK;
}

int shim_handle_set_flag(uint64_t handle, uint32_t kind, int32_t value) {
  void *object;
  int answer = shim_handle_enter(handle, kind, 1, &object);
  if (answer != SHIM_HANDLE_OK) return answer;
  __atomic_store_n(&slot_at((uint32_t)handle)->flag, value, __ATOMIC_RELEASE);
  /* Tokens own no object, so nothing is left to destroy. */
  shim_handle_leave(handle, &object);
  return SHIM_HANDLE_OK;
}

const int32_t *shim_handle_flag(uint64_t handle) {
  slot *s = slot_at((uint32_t)handle);
  return s ? &s->flag : NULL;
}

int32_t shim_flag_load(const int32_t *flag) { return __atomic_load_n(flag, __ATOMIC_ACQUIRE); }
