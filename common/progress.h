// progress.h: a bar on the terminal while something takes long. It goes to stderr and only where that is a terminal,
// so that redirected output stays clean.
#ifndef COMMON_PROGRESS_H
#define COMMON_PROGRESS_H

#include "posix.h"
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
    const char *what;
    long total;
    int shown; // per cent on the screen, -1: nothing yet
    bool terminal;
} Progress;

static inline void progress_step(Progress *progress, long done)
{
    int percent = progress->total > 0 ? (int)(100.0 * (double)done / (double)progress->total) : 100;
    percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
    if (!progress->terminal || percent == progress->shown)
        return;
    char bar[41];
    for (int i = 0; i < 40; ++i)
        bar[i] = i < percent * 40 / 100 ? '#' : '.';
    bar[40] = '\0';
    fprintf(stderr, "\r%s [%s] %3d %%", progress->what, bar, percent);
    progress->shown = percent;
}

// `total` steps of `what`.
static inline Progress progress_begin(const char *what, long total)
{
    Progress progress = {what, total, -1, isatty(STDERR_FILENO) != 0};
    progress_step(&progress, 0);
    return progress;
}

// Clears the line, for the output that follows.
static inline void progress_end(Progress *progress)
{
    if (progress->terminal)
        fputs("\r\033[K", stderr);
    progress->terminal = false;
}

#endif
