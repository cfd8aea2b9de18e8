/* Preloaded into one daemon by t/crash/memory.py: the n-th allocation fails, once or it and all after it.
 *
 * POSTERN_MEMORY_CONTROL names a file that is mapped (struct control), opened before the sandbox closes.  malloc and its
 * kin answer NULL, and so operator new throws what nobody catches.  A program with AddressSanitizer has an allocator of its
 * own, which no library can stand before: a hook of the sanitizer ends the process there, as that exception would. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct control {
  long calls;   /* allocations so far */
  long fail_at; /* this one fails, 0: none; negative: it and all after it */
  long error;   /* unused */
  long failed;  /* how many did */
};

static struct control* control;

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);
extern int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, size_t),
                                                     void (*)(const volatile void*)) __attribute__((weak));

static int refuse(void) {
  if (!control) return 0;
  long n = __atomic_add_fetch(&control->calls, 1, __ATOMIC_SEQ_CST);
  long at = __atomic_load_n(&control->fail_at, __ATOMIC_SEQ_CST);
  if (!at || (at > 0 ? n != at : n < -at)) return 0;
  __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
  errno = ENOMEM;
  return 1;
}

static void allocated(const volatile void* p, size_t n) {
  (void)p, (void)n;
  if (refuse()) abort();
}
static void freed(const volatile void* p) { (void)p; }

__attribute__((constructor)) static void begin(void) {
  const char* path = getenv("POSTERN_MEMORY_CONTROL");
  if (!path) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return;
  void* at = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (at != MAP_FAILED) control = at;
  if (__sanitizer_install_malloc_and_free_hooks) __sanitizer_install_malloc_and_free_hooks(allocated, freed);
}

void* malloc(size_t n) { return refuse() ? NULL : __libc_malloc(n); }
void* calloc(size_t n, size_t size) { return refuse() ? NULL : __libc_calloc(n, size); }
void* realloc(void* p, size_t n) { return n && refuse() ? NULL : __libc_realloc(p, n); }
void* memalign(size_t a, size_t n) { return refuse() ? NULL : __libc_memalign(a, n); }
void* aligned_alloc(size_t a, size_t n) { return memalign(a, n); }
int posix_memalign(void** p, size_t a, size_t n) {
  void* got = memalign(a, n);
  if (got) *p = got;
  return got ? 0 : ENOMEM;
}
