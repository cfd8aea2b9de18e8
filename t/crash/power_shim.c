/* Preloaded into stored and authd by t/crash/power.py: writes down in order what they ask of the disk, so that the states
 * which a power cut may leave can be rebuilt, and fails calls on request.
 *
 * POSTERN_SHIM_LOG names the record, POSTERN_SHIM_CONTROL a file mapped by all processes (struct control).  Both are opened
 * before the sandbox closes.  Files are named by inode; a record is a header and its data, written by one call, so that
 * processes may share the file.  A write is recorded when it has been made; a flush when it begins and, with the number of
 * the record of its beginning, when it has ended.  No flush reaches the disk: the machine that is cut off is the one of the
 * record.  A process is killed between two calls only (control.hold), so that what it did is what is written down.
 * power.py's read_log() is the other side of the format. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct control {
  long calls;   /* changing calls so far, of all processes */
  long fail_at; /* this one fails, 0: none; negative: it and all after it */
  long error;
  long failed; /* calls that failed so */
  long hold;   /* while it is set no call begins */
  long busy;   /* calls under way */
  long names;  /* only calls that make a name fail */
};

struct header {
  uint32_t data; /* bytes that follow */
  uint32_t op;   /* a letter */
  uint64_t file, at;
};

static int log_fd = -1;
static struct control* control;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
  const char* log = getenv("POSTERN_SHIM_LOG");
  const char* shared = getenv("POSTERN_SHIM_CONTROL");
  if (!log || !shared) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, shared, O_RDWR | O_CLOEXEC, 0);
  if (fd >= 0) control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (control == MAP_FAILED) control = NULL;
  fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
  /* Out of the way of the descriptors that the daemons count on. */
  if (fd >= 0) log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 900);
}

/* Where the record stands. */
static uint64_t record(char op, uint64_t file, uint64_t at, const void* data, size_t n) {
  if (log_fd < 0) return 0;
  struct header h = {(uint32_t)n, (uint32_t)op, file, at};
  struct iovec v[2] = {{&h, sizeof h}, {(void*)data, n}};
  int kept = errno;
  pthread_mutex_lock(&lock);
  syscall(SYS_writev, log_fd, v, 2);
  uint64_t end = (uint64_t)syscall(SYS_lseek, log_fd, 0, SEEK_CUR);
  pthread_mutex_unlock(&lock);
  errno = kept;
  return end;
}

static void record_names(char op, const char* a, const char* b, uint64_t file) {
  char both[8192];
  size_t n = strlen(a) + 1, m = b ? strlen(b) + 1 : 0;
  if (n + m > sizeof both) abort();
  memcpy(both, a, n);
  if (b) memcpy(both + n, b, m);
  record(op, file, 0, both, n + m);
}

/* Counts a changing call; whether it must fail. */
static int refuse_call(int makes_name) {
  if (!control) return 0;
  long n = __atomic_add_fetch(&control->calls, 1, __ATOMIC_SEQ_CST);
  long at = control->fail_at;
  if (!at || (at > 0 ? n != at : n < -at) || (control->names && !makes_name)) return 0;
  __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
  errno = (int)control->error;
  return 1;
}

static int refuse(void) { return refuse_call(0); }

static void leave(void) {
  if (control) __atomic_sub_fetch(&control->busy, 1, __ATOMIC_SEQ_CST);
}

static void enter(void) {
  if (!control) return;
  for (;;) {
    __atomic_add_fetch(&control->busy, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&control->hold, __ATOMIC_SEQ_CST)) return;
    leave();
    poll(NULL, 0, 1);
  }
}

/* Around a call, whose answer and errno it passes on. */
#define GUARDED(type, call)  \
  enter();                   \
  type result = call;        \
  int kept = errno;          \
  leave();                   \
  errno = kept;              \
  return result

/* The inode of a regular file or folder on a disk, else 0.  Standard output and error are not the store's. */
static uint64_t file_of(int fd) {
  struct stat st;
  if (fd <= 2 || fd == log_fd || log_fd < 0 || syscall(SYS_fstat, fd, &st) != 0) return 0;
  return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? st.st_ino : 0;
}

static int opened(const char* path, int flags, mode_t mode) {
  struct stat st;
  int changes = log_fd >= 0 && (flags & (O_CREAT | O_TRUNC)) && (flags & O_TMPFILE) != O_TMPFILE;
  int fresh = changes && (flags & O_CREAT) && stat(path, &st) != 0;
  if (changes && (fresh || (flags & O_TRUNC)) && refuse_call(fresh)) return -1;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if (fd < 0 || !changes) return fd;
  if (fresh) record_names('c', path, NULL, file_of(fd));
  if (!fresh && (flags & O_TRUNC)) record('t', file_of(fd), 0, NULL, 0);
  return fd;
}

#define WITH_MODE(flags, mode)                         \
  mode_t mode = 0;                                     \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {             \
    va_list args;                                      \
    va_start(args, flags);                             \
    mode = va_arg(args, mode_t);                       \
    va_end(args);                                      \
  }

int open(const char* path, int flags, ...) {
  WITH_MODE(flags, mode)
  GUARDED(int, opened(path, flags, mode));
}
int open64(const char* path, int flags, ...) {
  WITH_MODE(flags, mode)
  GUARDED(int, opened(path, flags, mode));
}

static ssize_t do_pwrite(int fd, const void* from, size_t n, off_t at) {
  uint64_t file = file_of(fd);
  if (file && refuse()) return -1;
  ssize_t r = syscall(SYS_pwrite64, fd, from, n, at);
  if (file && r > 0) record('w', file, (uint64_t)at, from, (size_t)r);
  return r;
}
ssize_t pwrite(int fd, const void* from, size_t n, off_t at) {
  GUARDED(ssize_t, do_pwrite(fd, from, n, at));
}
ssize_t pwrite64(int fd, const void* from, size_t n, off_t at) { return pwrite(fd, from, n, at); }

static ssize_t do_write(int fd, const void* from, size_t n) {
  uint64_t file = file_of(fd);
  if (file && refuse()) return -1;
  ssize_t r = syscall(SYS_write, fd, from, n);
  if (file && r > 0) record('w', file, (uint64_t)(syscall(SYS_lseek, fd, 0, SEEK_CUR) - r), from, (size_t)r);
  return r;
}
ssize_t write(int fd, const void* from, size_t n) {
  GUARDED(ssize_t, do_write(fd, from, n));
}

static int flush(int fd) {
  uint64_t file = file_of(fd);
  if (!file) return 0;
  if (refuse()) return -1;
  uint64_t begun = record('f', file, 0, NULL, 0);
  record('F', file, begun, NULL, 0);
  return 0;
}
int fsync(int fd) { GUARDED(int, log_fd < 0 ? REAL(fsync)(fd) : flush(fd)); }
int fdatasync(int fd) { GUARDED(int, log_fd < 0 ? REAL(fdatasync)(fd) : flush(fd)); }

static int do_ftruncate(int fd, off_t size) {
  uint64_t file = file_of(fd);
  if (file && refuse()) return -1;
  int r = (int)syscall(SYS_ftruncate, fd, size);
  if (file && r == 0) record('t', file, (uint64_t)size, NULL, 0);
  return r;
}
int ftruncate(int fd, off_t size) {
  GUARDED(int, do_ftruncate(fd, size));
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

static int do_fallocate(int fd, int mode, off_t at, off_t n) {
  uint64_t file = file_of(fd);
  if (file && refuse()) return -1;
  int r = (int)syscall(SYS_fallocate, fd, mode, at, n);
  if (file && r == 0 && !mode) record('a', file, (uint64_t)(at + n), NULL, 0);
  return r;
}
int fallocate(int fd, int mode, off_t at, off_t n) {
  GUARDED(int, do_fallocate(fd, mode, at, n));
}
int fallocate64(int fd, int mode, off_t at, off_t n) { return fallocate(fd, mode, at, n); }

static int do_rename(const char* from, const char* to) {
  if (log_fd >= 0 && refuse()) return -1;
  int r = (int)syscall(SYS_rename, from, to);
  if (r == 0 && log_fd >= 0) record_names('r', from, to, 0);
  return r;
}
int rename(const char* from, const char* to) {
  GUARDED(int, do_rename(from, to));
}
static int do_unlink(const char* path) {
  if (log_fd >= 0 && refuse()) return -1;
  int r = (int)syscall(SYS_unlink, path);
  if (r == 0 && log_fd >= 0) record_names('u', path, NULL, 0);
  return r;
}
int unlink(const char* path) {
  GUARDED(int, do_unlink(path));
}
static int do_mkdir(const char* path, mode_t mode) {
  struct stat st;
  if (log_fd >= 0 && stat(path, &st) != 0 && refuse_call(1)) return -1;
  int r = (int)syscall(SYS_mkdir, path, mode);
  if (r != 0 || log_fd < 0) return r;
  record_names('m', path, NULL, stat(path, &st) == 0 ? st.st_ino : 0);
  return r;
}
int mkdir(const char* path, mode_t mode) {
  GUARDED(int, do_mkdir(path, mode));
}
