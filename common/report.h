// report.h: what a program prints: the title line, a few elements as the CPU and as the GPU computed them, and the
// table of versions.
#ifndef COMMON_REPORT_H
#define COMMON_REPORT_H

#include "operand.h"
#include "roof.h"
#include "timer.h"

// What the checker found out about one version.
typedef struct {
    const char *version, *what;
    Timing timing;
    double bytes;       // of this version alone (program_bytes); 0: not told
    double ratio;       // the largest error/bound of all outputs
    const char *output; // where that is
    long worst;         // and its element
    bool wrong, guard_broken, library;
} Result;

// Characters on the screen: a UTF-8 character of several bytes counts once.
static inline int text_width(const char *text)
{
    int width = 0;
    for (; *text; ++text)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

// `text` in a field of `width` characters; printf counts bytes and would misplace "µs".
static inline void print_field(const char *text, int width, bool right)
{
    int pad = width - text_width(text);
    printf("%*s%s%*s", right && pad > 0 ? pad : 0, "", text, !right && pad > 0 ? pad : 0, "");
}

// A table of texts, row 0 the heading. The first column is aligned to the left, the others to the right.
enum { TABLE_COLUMNS = 9, TABLE_ROWS = 33, TABLE_CELL = 64 };

typedef struct {
    int rows, columns;
    char cell[TABLE_ROWS][TABLE_COLUMNS][TABLE_CELL];
} Table;

static inline void table_print(const Table *table)
{
    for (int r = 0; r < table->rows; ++r) {
        for (int c = 0; c < table->columns; ++c) {
            int width = 0;
            for (int other = 0; other < table->rows; ++other) {
                int w = text_width(table->cell[other][c]);
                width = w > width ? w : width;
            }
            printf("%s", c ? "   " : "");
            print_field(table->cell[r][c], width, c > 0);
        }
        printf("\n");
    }
}

// "412.1 ms": four digits in the unit that suits.
static inline void time_text(char *text, size_t room, double ms)
{
    static const struct {
        double factor;
        const char *unit;
    } units[] = {{1e-3, "s"}, {1, "ms"}, {1e3, "µs"}};
    int u = ms >= 1000 ? 0 : ms >= 1 ? 1 : 2;
    double value = ms * units[u].factor;
    text_format(text, room, "%.*f %s",
                value >= 1000  ? 0
                : value >= 100 ? 1
                : value >= 10  ? 2
                               : 3,
                value, units[u].unit);
}

// A rate with three digits: 0.0521, 5.21, 52.1, 521, 5210 and not 5.21e+03.
static inline void rate_cell(char *text, size_t room, double rate)
{
    if (rate < 1)
        text_format(text, room, "%.3g", rate);
    else
        text_format(text, room, "%.*f", rate >= 100 ? 0 : rate >= 10 ? 1 : 2, rate);
}

// "17.2 MB": three digits in the unit that suits; 10^6 bytes are 1 MB.
static inline void bytes_cell(char *text, size_t room, double bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    int u = 0;
    for (; u + 1 < LENGTH(units) && bytes >= 1000; ++u)
        bytes *= 1e-3;
    text_format(text, room, "%.*f %s", u == 0 || bytes >= 100 ? 0 : bytes >= 10 ? 1 : 2, bytes, units[u]);
}

// error/bound: 0.07, but 3e-05 and 2.7e+06 where two digits after the point would say nothing.
static inline void ratio_cell(char *text, size_t room, const Result *result)
{
    double ratio = result->ratio;
    bool plain = ratio == 0 || (ratio >= 0.01 && ratio < 1000);
    if (result->output)
        text_format(text, room, plain ? "%.2f" : "%.2g", ratio);
    else
        text_format(text, room, "-");
}

static inline void percent_cell(char *text, size_t room, double percent)
{
    if (percent < 0)
        text_format(text, room, "-");
    else
        text_format(text, room, percent < 1 ? "%.2f %%" : percent < 10 ? "%.1f %%" : "%.0f %%", percent);
}

// What the table is made of.
typedef struct {
    const Result *results;
    int count;
    Work work;
    Roof roof;
    double library_ms; // 0: no library's version has run
    const char *bytes; // the heading of the column of Result's bytes, or NULL
} Report;

static inline void report_row(char cell[][TABLE_CELL], const Report *report, const Result *result)
{
    int c = 0;
    double seconds = 1e-3 * result->timing.median_ms, percent = roof_percent(report->roof, report->work, seconds);
    text_format(cell[c++], TABLE_CELL, "%s", result->version);
    time_text(cell[c++], TABLE_CELL, result->timing.median_ms);
    if (report->bytes && result->bytes > 0)
        bytes_cell(cell[c++], TABLE_CELL, result->bytes);
    else if (report->bytes)
        text_format(cell[c++], TABLE_CELL, "-");
    if (report->work.bytes > 0)
        rate_cell(cell[c++], TABLE_CELL, 1e-9 * report->work.bytes / seconds);
    if (report->work.flops > 0)
        rate_cell(cell[c++], TABLE_CELL, 1e-9 * report->work.flops / seconds);
    percent_cell(cell[c++], TABLE_CELL, percent);
    if (report->library_ms > 0)
        percent_cell(cell[c++], TABLE_CELL, 100 * report->library_ms / result->timing.median_ms);
    ratio_cell(cell[c++], TABLE_CELL, result);
    text_format(cell[c], TABLE_CELL, "%s",
                result->wrong          ? "WRONG"
                : result->guard_broken ? "OUTSIDE"
                : result->output       ? "ok"
                                       : "none");
}

static inline void report_table(const Report *report)
{
    Table table;
    memset(&table, 0, sizeof table);
    const char *heading[TABLE_COLUMNS];
    heading[table.columns++] = "version";
    heading[table.columns++] = "time (median)";
    if (report->bytes)
        heading[table.columns++] = report->bytes;
    if (report->work.bytes > 0)
        heading[table.columns++] = "GB/s";
    if (report->work.flops > 0)
        heading[table.columns++] = "GFLOP/s";
    heading[table.columns++] = "% of roof";
    if (report->library_ms > 0)
        heading[table.columns++] = "vs library";
    heading[table.columns++] = "max error/bound";
    heading[table.columns++] = "check";
    for (int c = 0; c < table.columns; ++c)
        text_format(table.cell[0][c], TABLE_CELL, "%s", heading[c]);
    for (int r = 0; r < report->count && r + 1 < TABLE_ROWS; ++r)
        report_row(table.cell[r + 1], report, &report->results[r]);
    table.rows = report->count + 1;
    table_print(&table);
    if (!report->roof.known)
        printf("(the roof of this machine is not known yet: stage0_infra/roofline measures it)\n");
}

// Position k of `print` positions in an array of n: the first half of them are the first elements, the others are
// spread evenly up to the last one. print <= n.
static inline long excerpt_position(int k, int print, long n)
{
    int first = print >= n ? print : (print + 1) / 2;
    if (k < first)
        return k;
    return first - 1 + (long)((double)(n - first) * (k - first + 1) / (print - first) + 0.5);
}

// An element as text: whole numbers as such, others with six digits after the point or, if very large or small, with
// seven digits in all.
static inline void element_text(char *text, size_t room, ElementType type, double value)
{
    double size = fabs(value);
    if (isnan(value))
        value = NAN; // without a sign: "-nan" puzzles
    if (type == TYPE_I32 || type == TYPE_U8)
        text_format(text, room, "%.0f", value);
    else if (value == 0 || (size >= 1e-3 && size < 1e6) || !isfinite(value))
        text_format(text, room, "%.6f", value);
    else
        text_format(text, room, "%.6e", value);
}

// Columns first ... last-1 of an excerpt: position, CPU, GPU. Column `print` is the worst element.
static inline void excerpt_lines(const Operand *operand, int print, int first, int last)
{
    Table table;
    memset(&table, 0, sizeof table);
    table.rows = 3;
    table.columns = last - first + 1;
    text_format(table.cell[1][0], TABLE_CELL, "CPU      ");
    if (operand->worst.bad)
        text_format(table.cell[2][0], TABLE_CELL, "GPU, %s", operand->shown_version);
    else
        text_format(table.cell[2][0], TABLE_CELL, "GPU");
    for (int k = first; k < last; ++k) {
        char(*column)[TABLE_COLUMNS][TABLE_CELL] = table.cell;
        int c = k - first + 1;
        bool worst = k == print;
        long i = worst ? operand->worst.worst : excerpt_position(k, print, operand->array.n);
        char element[TABLE_CELL - 8];
        shape_element(element, sizeof element, operand->name, operand->shape, i);
        text_format(column[0][c], TABLE_CELL, "%s%s", worst ? "worst: " : "", element);
        element_text(column[1][c], TABLE_CELL, operand->array.type,
                     type_value(operand->expected.type, operand->expected.data, i));
        element_text(column[2][c], TABLE_CELL, operand->array.type, worst ? operand->worst.got : operand->shown[k]);
    }
    table_print(&table);
}

// `print` elements of one output and the worst one, in lines of at most six.
static inline void report_excerpt(const Operand *operand, int print)
{
    int columns = print + 1, line = 6;
    for (int first = 0; first < columns; first += line)
        excerpt_lines(operand, print, first, first + line < columns ? first + line : columns);
}

#endif
