/* Calls of the system that fail now and then, on files of one folder (LD_PRELOAD). FAIL_FOLDER: the folder. FAIL_RATE: one call of so many
 * fails. FAIL_SEED: the seed of the random numbers. FAIL_KINDS: letters of f (sync), w (write), s (half a write), t (truncate), o (open),
 * r (read). FAIL_LOG: a file that gets the letter of each call that failed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 65536

static const char *folder, *kinds;
static unsigned rate, state;
static int log_file = -1;
static char ours[FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("FAIL_FOLDER");
  kinds = getenv("FAIL_KINDS");
  const char *every = getenv("FAIL_RATE"), *seed = getenv("FAIL_SEED"), *log = getenv("FAIL_LOG");
  if (!folder || !kinds || !every || !log) { folder = 0; return; }
  rate = atoi(every);
  state = seed ? strtoul(seed, 0, 10) : 1;
  log_file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

/* A random number, the next one of the seed. */
static unsigned next(void) {
  pthread_mutex_lock(&lock);
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  unsigned n = state;
  pthread_mutex_unlock(&lock);
  return n >> 4;
}

static int fails(char kind) {
  if (!rate || !strchr(kinds, kind) || next() % rate) return 0;
  syscall(SYS_write, log_file, &kind, 1);
  return 1;
}

static int fails_on(int file, char kind) { return folder && file >= 0 && file < FILES && ours[file] && fails(kind); }

static int failure(int code) {
  errno = code;
  return -1;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define OPEN(name)                                                        \
  int name(const char *path, int flags, ...) {                            \
    REAL(name);                                                           \
    va_list more;                                                         \
    va_start(more, flags);                                                \
    mode_t mode = va_arg(more, int);                                      \
    va_end(more);                                                         \
    int is_ours = folder && path && !strncmp(path, folder, strlen(folder)); \
    if (is_ours && fails('o')) return failure(EMFILE);                    \
    int file = real(path, flags, mode);                                   \
    if (file >= 0 && file < FILES) ours[file] = is_ours;                  \
    return file;                                                          \
  }
OPEN(open)
OPEN(open64)

#define SYNC(name)                              \
  int name(int file) {                          \
    REAL(name);                                 \
    if (fails_on(file, 'f')) return failure(EIO); \
    return real(file);                          \
  }
SYNC(fsync)
SYNC(fdatasync)

#define WRITE(name, offset)                                                          \
  ssize_t name(int file, const void *bytes, size_t length, offset at) {              \
    REAL(name);                                                                      \
    if (fails_on(file, 'w')) return failure(next() & 1 ? EIO : ENOSPC);              \
    if (length > 1 && fails_on(file, 's')) {                                         \
      if (real(file, bytes, length / 2, at) < 0) return -1;                          \
      return failure(ENOSPC);                                                        \
    }                                                                                \
    return real(file, bytes, length, at);                                            \
  }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

#define READ(name, offset)                                      \
  ssize_t name(int file, void *bytes, size_t length, offset at) { \
    REAL(name);                                                 \
    if (fails_on(file, 'r')) return failure(EIO);               \
    return real(file, bytes, length, at);                       \
  }
READ(pread, off_t)
READ(pread64, off64_t)

#define TRUNCATE(name, offset)                    \
  int name(int file, offset length) {             \
    REAL(name);                                   \
    if (fails_on(file, 't')) return failure(EIO); \
    return real(file, length);                    \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)
