/* The program's own pthread_mutex_lock, which replaces libc's and counts calls. Include first: dlfcn.h must see _GNU_SOURCE. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static long locks;

typedef int lock_function(pthread_mutex_t *);
static lock_function *real_lock;
int pthread_mutex_lock(pthread_mutex_t *mutex) {
  locks++;
  if (!real_lock) {
    void *found = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    memcpy(&real_lock, &found, sizeof real_lock);
  }
  return real_lock(mutex);
}
