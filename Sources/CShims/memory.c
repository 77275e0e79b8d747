#include "shims_memory.h"
#include "shims_available_memory.h"
#include "shims_caller.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { alignment = 64, huge_page = 1 << 21, large = 1 << 26 };

/* Arrays of many megabytes come from the system page by page, zeroed where they are first touched: the work that touches them asks its watch, and waiting for all pages at once could not be
   interrupted. They are swept from end to end: in huge pages, where the system has them, a sweep does not wait for the page tables. */
static int is_large(size_t size) { return size >= 2 * (size_t)huge_page; }

static void *allocate_large(size_t size) {
  if (size > SIZE_MAX - 2 * (size_t)huge_page) return NULL;
  size_t whole = (size + huge_page - 1) & ~(size_t)(huge_page - 1);
  char *start = mmap(NULL, whole + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  char *memory = (char *)(((uintptr_t)start + huge_page - 1) & ~(uintptr_t)(huge_page - 1));
  if (memory > start) munmap(start, (size_t)(memory - start));
  if (start + huge_page > memory) munmap(memory + whole, (size_t)(start + huge_page - memory));
  madvise(memory, whole, MADV_HUGEPAGE);
  return memory;
}

static void release_large(void *memory, size_t size) { munmap(memory, (size + huge_page - 1) & ~(size_t)(huge_page - 1)); }

static void *standard_allocate(size_t size) {
  /* The system promises more than it has and ends a process that uses the promise. */
  if (size >= large && size > sode_shim_available_memory()) return NULL;
  if (is_large(size)) return allocate_large(size);
  void *memory = NULL;
  if (posix_memalign(&memory, alignment, size) != 0) return NULL;
  return memset(memory, 0, size);
}

static void standard_release(void *memory, size_t size) {
  if (is_large(size)) release_large(memory, size);
  else free(memory);
}

void sode_shim_memory_provide(void *memory, size_t size) {
  volatile char *byte = memory;
  for (size_t i = 0; i < size; i += 4096) byte[i] = byte[i];
  if (size > 0) byte[size - 1] = byte[size - 1];
}

static _Atomic uint64_t current, peak, limit, count;
static sode_shim_allocate allocator;
static sode_shim_release releaser;
static void *allocator_user;

static void note_peak(uint64_t held) {
  uint64_t seen = atomic_load(&peak);
  while (seen < held && !atomic_compare_exchange_weak(&peak, &seen, held)) {}
}

void *sode_shim_memory_allocate(size_t size, int32_t *needs_zeros) {
  if (size == 0) size = 1;
  uint64_t after = atomic_fetch_add(&current, size) + size;
  uint64_t most = atomic_load(&limit);
  void *memory = NULL;
  if (after >= size && !(most != 0 && after > most)) {
    memory = allocator ? sode_shim_call_allocate(allocator, size, alignment, allocator_user) : standard_allocate(size);
  }
  if (!memory) {
    atomic_fetch_sub(&current, size);
    return NULL;
  }
  *needs_zeros = allocator != NULL;
  atomic_fetch_add(&count, 1);
  note_peak(after);
  return memory;
}

int sode_shim_memory_claim(size_t size) {
  uint64_t after = atomic_fetch_add(&current, size) + size;
  uint64_t most = atomic_load(&limit);
  if (after < size || (most != 0 && after > most)) {
    atomic_fetch_sub(&current, size);
    return -1;
  }
  note_peak(after);
  return 0;
}

void sode_shim_memory_unclaim(size_t size) { atomic_fetch_sub(&current, size); }

void sode_shim_memory_release(void *memory, size_t size) {
  if (!memory) return;
  if (size == 0) size = 1;
  if (releaser) releaser(memory, size, allocator_user);
  else standard_release(memory, size);
  atomic_fetch_sub(&current, size);
}

int sode_shim_memory_set_allocator(sode_shim_allocate allocate, sode_shim_release release, void *user) {
  /* Memory must be released by the allocator that made it, so the allocator cannot change after the first allocation. */
  if (atomic_load(&count) != 0) return -1;
  allocator = allocate;
  releaser = release;
  allocator_user = user;
  return 0;
}

uint64_t sode_shim_memory_current(void) { return atomic_load(&current); }
uint64_t sode_shim_memory_peak(void) { return atomic_load(&peak); }
void sode_shim_memory_reset_peak(void) { atomic_store(&peak, atomic_load(&current)); }
uint64_t sode_shim_memory_limit(void) { return atomic_load(&limit); }
void sode_shim_memory_set_limit(uint64_t bytes) { atomic_store(&limit, bytes); }
uint64_t sode_shim_memory_count(void) { return atomic_load(&count); }
