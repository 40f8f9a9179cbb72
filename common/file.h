// file.h: files that are either whole or not there.
// A file is written under another name beside its place and renamed at the very end. Whoever reads it sees the old
// content or the new one and never a half; a full disk costs nothing that was there before.
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include "fail.h"
#include "text.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct OutputFile {
    FILE *stream;
    char *path, *temporary;
    struct OutputFile *next; // the other files that are open at the moment
} OutputFile;

static inline OutputFile **files_open(void)
{
    static OutputFile *first = NULL;
    return &first;
}

// At exit: a file that nobody finished is removed.
static inline void files_remove_unfinished(void)
{
    for (OutputFile *file = *files_open(); file; file = file->next)
        unlink(file->temporary);
}

static inline void file_forget(OutputFile *file)
{
    OutputFile **link = files_open();
    while (*link && *link != file)
        link = &(*link)->next;
    if (*link)
        *link = file->next;
    free(file->path);
    free(file->temporary);
    free(file);
}

// Over a regular file or nothing: never through a link, into a device or a pipe.
static inline void file_check_target(const char *path)
{
    struct stat info;
    if (lstat(path, &info) == 0 && !S_ISREG(info.st_mode))
        fail(STATUS_FAILED, "%s: not a regular file; choose another name", path);
}

// Opens a new file that will be at `path` after file_finish. Exit status 3 where that is not possible.
static inline OutputFile *file_create(const char *path)
{
    static int number = 0;
    file_check_target(path);
    if (number == 0) {
        atexit(files_remove_unfinished);
        signal(SIGXFSZ, SIG_IGN); // at the limit on file size, write() shall fail and not end the program unseen
    }
    OutputFile *file = (OutputFile *)allocate(1, sizeof *file);
    size_t room = strlen(path) + 40;
    file->path = (char *)allocate(room, 1);
    file->temporary = (char *)allocate(room, 1);
    strcpy(file->path, path);
    text_format(file->temporary, room, "%s.%ld.%d.part", path, (long)getpid(), ++number);
    int descriptor = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (descriptor < 0)
        fail(STATUS_FAILED, "%s: cannot be created: %s", path, strerror(errno));
    file->next = *files_open();
    *files_open() = file;
    file->stream = fdopen(descriptor, "wb");
    if (!file->stream)
        fail(STATUS_FAILED, "%s: cannot be opened: %s", path, strerror(errno));
    return file;
}

static inline FILE *file_stream(OutputFile *file)
{
    return file->stream;
}

static inline void file_write(OutputFile *file, const void *data, size_t bytes)
{
    if (bytes && fwrite(data, 1, bytes, file->stream) != bytes)
        fail(STATUS_FAILED, "%s: cannot be written: %s", file->path, strerror(errno));
}

// The end: everything written, closed without a fault, and only then renamed. Otherwise status 3, and what was at
// `path` before is still there.
static inline void file_finish(OutputFile *file)
{
    errno = 0;
    int fault = ferror(file->stream);
    fault |= fflush(file->stream);
    int reason = errno;
    fault |= fclose(file->stream);
    reason = reason ? reason : errno;
    if (fault)
        fail(STATUS_FAILED, "%s: cannot be written: %s", file->path, strerror(reason ? reason : EIO));
    file_check_target(file->path);
    if (rename(file->temporary, file->path) != 0)
        fail(STATUS_FAILED, "%s: cannot be put in place: %s", file->path, strerror(errno));
    file_forget(file);
}

// The folder and those above it, like mkdir -p.
static inline void make_folder(const char *path)
{
    size_t length = strlen(path);
    char *part = (char *)allocate(length + 1, 1);
    for (size_t i = 1; i <= length; ++i) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        struct stat info;
        if (mkdir(part, 0777) != 0 && (errno != EEXIST || stat(part, &info) != 0 || !S_ISDIR(info.st_mode)))
            fail(STATUS_FAILED, "%s: the folder cannot be made: %s", part, strerror(errno));
    }
    free(part);
}

// The whole file as text, to be given to free(); NULL where there is no such file or it cannot be read.
static inline char *file_read_text(const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return NULL;
    size_t room = 4096, used = 0;
    char *text = (char *)allocate(room, 1);
    for (;;) {
        used += fread(text + used, 1, room - 1 - used, stream);
        if (used + 1 < room)
            break;
        char *larger = (char *)allocate(2 * room, 1);
        memcpy(larger, text, used);
        free(text);
        text = larger;
        room *= 2;
    }
    bool readable = !ferror(stream);
    fclose(stream);
    if (!readable) {
        free(text);
        return NULL;
    }
    text[used] = '\0';
    return text;
}

#endif
