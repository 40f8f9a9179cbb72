// json.h: a small writer for the result files, and a reader for one number of our own flat files.
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include "posix.h"
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_DEPTH = 16 };

typedef struct {
    FILE *stream;
    int depth;
    char closing[JSON_DEPTH]; // '}' or ']' of each level
    bool filled[JSON_DEPTH];  // has the level an entry yet?
} Json;

static inline void json_print_text(Json *json, const char *text)
{
    fputc('"', json->stream);
    for (const unsigned char *c = (const unsigned char *)text; *c; ++c) {
        if (*c == '"' || *c == '\\')
            fprintf(json->stream, "\\%c", *c);
        else if (*c < 0x20)
            fprintf(json->stream, "\\u%04x", *c);
        else
            fputc(*c, json->stream);
    }
    fputc('"', json->stream);
}

// Comma, line, indentation and key in front of an entry. key is NULL inside an array.
static inline void json_entry(Json *json, const char *key)
{
    if (json->depth > 0) {
        fprintf(json->stream, "%s\n%*s", json->filled[json->depth - 1] ? "," : "", 2 * json->depth, "");
        json->filled[json->depth - 1] = true;
    }
    if (key) {
        json_print_text(json, key);
        fputs(": ", json->stream);
    }
}

static inline void json_open(Json *json, const char *key, char opening, char closing)
{
    json_entry(json, key);
    fputc(opening, json->stream);
    if (json->depth == JSON_DEPTH)
        abort(); // the caller nests deeper than any of our files do
    json->closing[json->depth] = closing;
    json->filled[json->depth++] = false;
}

static inline void json_object(Json *json, const char *key)
{
    json_open(json, key, '{', '}');
}

static inline void json_array(Json *json, const char *key)
{
    json_open(json, key, '[', ']');
}

// Closes the innermost object or array.
static inline void json_close(Json *json)
{
    --json->depth;
    if (json->filled[json->depth])
        fprintf(json->stream, "\n%*s", 2 * json->depth, "");
    fputc(json->closing[json->depth], json->stream);
}

// A document: one object.
static inline Json json_begin(FILE *stream)
{
    Json json;
    memset(&json, 0, sizeof json);
    json.stream = stream;
    json_object(&json, NULL);
    return json;
}

static inline void json_end(Json *json)
{
    while (json->depth > 0)
        json_close(json);
    fputc('\n', json->stream);
}

static inline void json_text(Json *json, const char *key, const char *text)
{
    json_entry(json, key);
    json_print_text(json, text);
}

// JSON has no NaN and no infinity: they become null.
static inline void json_number(Json *json, const char *key, double value)
{
    json_entry(json, key);
    if (isfinite(value))
        fprintf(json->stream, "%.9g", value);
    else
        fputs("null", json->stream);
}

static inline void json_integer(Json *json, const char *key, long long value)
{
    json_entry(json, key);
    fprintf(json->stream, "%lld", value);
}

static inline void json_bool(Json *json, const char *key, bool value)
{
    json_entry(json, key);
    fputs(value ? "true" : "false", json->stream);
}

// The number after the first "key": in the text. Enough for flat files that json_number wrote; no parser.
static inline bool json_read_number(const char *text, const char *key, double *value)
{
    size_t length = strlen(key);
    for (const char *c = strchr(text, '"'); c; c = strchr(c + 1, '"')) {
        if (strncmp(c + 1, key, length) != 0 || c[1 + length] != '"')
            continue;
        c += length + 2;
        while (isspace((unsigned char)*c))
            ++c;
        if (*c != ':')
            continue;
        char *end;
        double number = strtod(c + 1, &end);
        if (end == c + 1 || !isfinite(number))
            return false;
        *value = number;
        return true;
    }
    return false;
}

#endif
