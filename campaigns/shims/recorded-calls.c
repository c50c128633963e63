/* Writes, cuts, syncs and deletions of files in one folder, recorded in their order (LD_PRELOAD). RECORD_FOLDER: the folder. RECORD_LOG: the
 * file of the records. A record is a letter (C: opened to be made, W: written, T: cut, S: synced, U: deleted), the length of the path in two
 * bytes, the place and the length in eight bytes each, the path, and the bytes that were written. The shared memory (-shm) is left out. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 65536
#define HEAD 19

static const char *folder;
static int log_file = -1;
static char *paths[FILES];
/* Held over each call and its record: records are in the order of the calls. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("RECORD_FOLDER");
  const char *log = getenv("RECORD_LOG");
  if (!folder || !log) { folder = 0; return; }
  log_file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static int is_ours(const char *path) {
  return folder && path && !strncmp(path, folder, strlen(folder)) && !strstr(path, "-shm");
}

static const char *path_of(int file) { return folder && file >= 0 && file < FILES ? paths[file] : 0; }

static void record(char kind, const char *path, int64_t place, int64_t length, const void *bytes) {
  uint16_t path_length = strlen(path);
  size_t all = HEAD + path_length + (bytes ? length : 0);
  char *text = malloc(all);
  text[0] = kind;
  memcpy(text + 1, &path_length, 2);
  memcpy(text + 3, &place, 8);
  memcpy(text + 11, &length, 8);
  memcpy(text + HEAD, path, path_length);
  if (bytes) memcpy(text + HEAD + path_length, bytes, length);
  for (size_t done = 0; done < all;) {
    ssize_t n = syscall(SYS_write, log_file, text + done, all - done);
    if (n <= 0) abort();
    done += n;
  }
  free(text);
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define OPEN(name)                                                   \
  int name(const char *path, int flags, ...) {                       \
    REAL(name);                                                      \
    va_list more;                                                    \
    va_start(more, flags);                                           \
    mode_t mode = va_arg(more, int);                                 \
    va_end(more);                                                    \
    if (!is_ours(path)) return real(path, flags, mode);              \
    pthread_mutex_lock(&lock);                                       \
    int file = real(path, flags, mode);                              \
    if (file >= 0 && file < FILES) {                                 \
      free(paths[file]);                                             \
      paths[file] = strdup(path);                                    \
      if (flags & O_CREAT) record('C', path, 0, 0, 0);               \
      if (flags & O_TRUNC) record('T', path, 0, 0, 0);               \
    }                                                                \
    pthread_mutex_unlock(&lock);                                     \
    return file;                                                     \
  }
OPEN(open)
OPEN(open64)

int close(int file) {
  REAL(close);
  if (path_of(file)) {
    pthread_mutex_lock(&lock);
    free(paths[file]);
    paths[file] = 0;
    pthread_mutex_unlock(&lock);
  }
  return real(file);
}

#define WRITE(name, offset)                                             \
  ssize_t name(int file, const void *bytes, size_t length, offset at) { \
    REAL(name);                                                         \
    if (!path_of(file)) return real(file, bytes, length, at);           \
    pthread_mutex_lock(&lock);                                          \
    ssize_t n = real(file, bytes, length, at);                          \
    if (n > 0) record('W', paths[file], at, n, bytes);                  \
    pthread_mutex_unlock(&lock);                                        \
    return n;                                                           \
  }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

ssize_t write(int file, const void *bytes, size_t length) {
  REAL(write);
  if (!path_of(file)) return real(file, bytes, length);
  pthread_mutex_lock(&lock);
  off_t at = lseek(file, 0, SEEK_CUR);
  ssize_t n = real(file, bytes, length);
  if (n > 0) record('W', paths[file], at, n, bytes);
  pthread_mutex_unlock(&lock);
  return n;
}

#define SYNC(name)                                     \
  int name(int file) {                                 \
    REAL(name);                                        \
    if (!path_of(file)) return real(file);             \
    pthread_mutex_lock(&lock);                         \
    int result = real(file);                           \
    if (result == 0) record('S', paths[file], 0, 0, 0); \
    pthread_mutex_unlock(&lock);                       \
    return result;                                     \
  }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, offset)                                  \
  int name(int file, offset length) {                           \
    REAL(name);                                                 \
    if (!path_of(file)) return real(file, length);              \
    pthread_mutex_lock(&lock);                                  \
    int result = real(file, length);                            \
    if (result == 0) record('T', paths[file], length, 0, 0);    \
    pthread_mutex_unlock(&lock);                                \
    return result;                                              \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int unlink(const char *path) {
  REAL(unlink);
  if (!is_ours(path)) return real(path);
  pthread_mutex_lock(&lock);
  int result = real(path);
  if (result == 0) record('U', path, 0, 0, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
