// roof.h: how fast this machine can be at best, so that a time means something.
// Two limits: how many bytes a second a copy moves (read plus written), and how many additions and multiplications a
// second the arithmetic units do. Williams, Waterman and Patterson call the lower of the two the roofline (CACM 2009).
// stage0_infra/roofline measures both and keeps them in build/roof/BACKEND-DEVICE.json; a datasheet is never used.
#ifndef COMMON_ROOF_H
#define COMMON_ROOF_H

#include "device.h"
#include "file.h"
#include "json.h"
#include "work.h"

typedef struct {
    bool known;
    double copy_gb_per_s, fma_gflop_per_s; // 1e9 bytes or operations a second
} Roof;

static inline const char *roof_path(void)
{
    static char path[400];
    text_format(path, sizeof path, "build/roof/%s.json", device_slug());
    return path;
}

// The roof of the current device; known is false where roofline has not run here, or its file is not readable.
static inline Roof roof_load(void)
{
    Roof roof = {false, 0, 0};
    char *text = file_read_text(roof_path());
    if (text && json_read_number(text, "copy_gb_per_s", &roof.copy_gb_per_s) &&
        json_read_number(text, "fma_gflop_per_s", &roof.fma_gflop_per_s))
        roof.known = roof.copy_gb_per_s > 0 && roof.fma_gflop_per_s > 0;
    free(text);
    return roof;
}

static inline void roof_save(Roof roof)
{
    make_folder("build/roof");
    OutputFile *file = file_create(roof_path());
    Json json = json_begin(file_stream(file));
    json_text(&json, "backend", device_backend());
    json_text(&json, "device", device_name());
    json_number(&json, "copy_gb_per_s", roof.copy_gb_per_s);
    json_number(&json, "fma_gflop_per_s", roof.fma_gflop_per_s);
    json_end(&json);
    file_finish(file);
}

// Per cent of the roof: the time that the slower of the two limits needs at least, over the time that was needed.
// Above 100 where the data fits a cache that the copy did not fit. Negative: not known.
static inline double roof_percent(Roof roof, Work work, double seconds)
{
    if (!roof.known || !(seconds > 0))
        return -1;
    double copy = work.bytes / (1e9 * roof.copy_gb_per_s), arithmetic = work.flops / (1e9 * roof.fma_gflop_per_s);
    return 100 * (copy > arithmetic ? copy : arithmetic) / seconds;
}

// "41.2 GB/s, 5.2 GFLOP/s, 63 % of roof"
static inline const char *rate_text(char text[96], Roof roof, Work work, double seconds)
{
    size_t used = 0;
    double percent = roof_percent(roof, work, seconds);
    text[0] = '\0';
    if (work.bytes > 0)
        used += text_format(text, 96, "%.3g GB/s", 1e-9 * work.bytes / seconds);
    if (work.flops > 0)
        used += text_format(text + used, 96 - used, "%s%.3g GFLOP/s", used ? ", " : "", 1e-9 * work.flops / seconds);
    if (percent >= 0)
        text_format(text + used, 96 - used, "%s%.0f %% of roof", used ? ", " : "", percent);
    return text;
}

#endif
