#include "shims_blas_memory.h"
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

/* Work memory for OpenBLAS, which replaces OpenBLAS's own: the manifest has the linker send blas_memory_alloc and blas_memory_free here (--wrap).
 *
 * Debian's serial OpenBLAS hands out buffers without a lock, so two threads may get the same one and give wrong products: 64 of 36 000 at 10 x 128 x 128 with four threads.
 * Here a buffer belongs to the thread that set its flag. Mapped buffers are kept for later calls; pages that no product has touched take no memory. */

enum { buffers = 256 };
static const size_t buffer_size = ((size_t)32 << 22) + 65536; /* OpenBLAS's BUFFER_SIZE of x86-64, and a page beyond it as it allocates */

static struct {
  atomic_int taken;
  void *_Atomic memory;
} pool[buffers];

static int map(int i) {
  void *memory = mmap(NULL, buffer_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return 0;
  atomic_store_explicit(&pool[i].memory, memory, memory_order_release);
  return 1;
}

static int take(int i) { return !atomic_exchange_explicit(&pool[i].taken, 1, memory_order_acquire); }
static void give(int i) { atomic_store_explicit(&pool[i].taken, 0, memory_order_release); }
static void *memory_of(int i) { return atomic_load_explicit(&pool[i].memory, memory_order_acquire); }

int sode_shim_blas_memory_ready(void) {
  if (memory_of(0)) return 1;
  if (!take(0)) return 1; /* a buffer is in use or being mapped: a product can wait for it, or map it later */
  int mapped = memory_of(0) || map(0);
  give(0);
  return mapped;
}

void *__wrap_blas_memory_alloc(int purpose);
void __wrap_blas_memory_free(void *memory);

void *__wrap_blas_memory_alloc(int purpose) {
  (void)purpose;
  for (;; sched_yield()) {
    for (int i = 0; i < buffers; i++) {
      if (!take(i)) continue;
      if (memory_of(i) || map(i)) return memory_of(i);
      give(i); /* no memory for another buffer: wait for one of the earlier ones */
      break;
    }
  }
}

void __wrap_blas_memory_free(void *memory) {
  for (int i = 0; i < buffers; i++)
    if (memory_of(i) == memory) return give(i);
}
