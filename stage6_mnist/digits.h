// digits.h: digits as text on the terminal, side by side with what they are and what the network takes them for.
#ifndef STAGE6_DIGITS_H
#define STAGE6_DIGITS_H

#include "mnist_data.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

// From black to white.
static inline char digit_shade(double brightness)
{
    static const char ramp[] = " .:-=+*#%@";
    int i = (int)(brightness * (sizeof ramp - 2) + 0.5);
    return ramp[i];
}

// Mean brightness, 0 to 1, of one character's piece of an image that is drawn `width` x `height` characters large.
static inline double digit_cell(const Digits *digits, int index, int x, int y, int width, int height)
{
    const uint8_t *image = digits->pixels.data + (long)index * digits_size(digits);
    int left = x * digits->columns / width, right = (x + 1) * digits->columns / width;
    int top = y * digits->rows / height, bottom = (y + 1) * digits->rows / height;
    double sum = 0;
    right = right > left ? right : left + 1;
    bottom = bottom > top ? bottom : top + 1;
    for (int r = top; r < bottom; ++r)
        for (int c = left; c < right; ++c)
            sum += image[r * digits->columns + c];
    return sum / (255.0 * (right - left) * (bottom - top));
}

static inline void digit_caption(char *text, size_t room, const Digits *digits, const int *prediction, int index)
{
    int label = digits->labels.data[index];
    snprintf(text, room, "#%d is %d, said %d%s", index, label, prediction[index],
             label == prediction[index] ? "" : " WRONG");
}

// `count` digits side by side, 24 x 12 characters each (a character is about twice as high as wide). Three of them
// fit a terminal of 80 columns.
static inline void digits_print(const Digits *digits, const int *prediction, const int *index, int count)
{
    enum { WIDTH = 24, HEIGHT = 12 };
    char caption[80];
    for (int k = 0; k < count; ++k) {
        digit_caption(caption, sizeof caption, digits, prediction, index[k]);
        printf("%-*s%s", WIDTH, caption, k + 1 < count ? "   " : "\n");
    }
    for (int y = 0; y < HEIGHT; ++y) {
        for (int k = 0; k < count; ++k) {
            for (int x = 0; x < WIDTH; ++x)
                putchar(digit_shade(digit_cell(digits, index[k], x, y, WIDTH, HEIGHT)));
            printf("%s", k + 1 < count ? "   " : "\n");
        }
    }
}

// The first `most` digits of which it holds that (prediction is right) == right; how many there are.
static inline int digits_choose(const Digits *digits, const int *prediction, bool right, int *index, int most)
{
    int count = 0;
    for (int i = 0; i < digits->count && count < most; ++i)
        if ((prediction[i] == digits->labels.data[i]) == right)
            index[count++] = i;
    return count;
}

// A row of digits that the network gets right, and a row of those that it gets wrong.
static inline void digits_show_some(const Digits *digits, const int *prediction)
{
    int index[3];
    for (int right = 1; right >= 0; --right) {
        int count = digits_choose(digits, prediction, right != 0, index, 3);
        if (count > 0)
            digits_print(digits, prediction, index, count);
    }
}

// One digit, two characters a pixel: as large as it gets.
static inline void digit_print_large(const Digits *digits, const int *prediction, int index)
{
    char caption[80];
    for (int y = 0; y < digits->rows; ++y) {
        for (int x = 0; x < 2 * digits->columns; ++x)
            putchar(digit_shade(digit_cell(digits, index, x / 2, y, digits->columns, digits->rows)));
        printf("\n");
    }
    digit_caption(caption, sizeof caption, digits, prediction, index);
    printf("%s\n", caption);
}

// What a line of input asks for: the digit to show, or -1 to quit, or -2 where it means nothing. An empty line is n.
static inline int digits_answer(const char *line, int current, int count)
{
    while (isspace((unsigned char)*line))
        ++line;
    char *end;
    errno = 0;
    long number = strtol(line, &end, 10);
    bool is_number = end != line;
    if (!is_number)
        end = (char *)line + (*line != '\0');
    while (isspace((unsigned char)*end))
        ++end;
    if (*end)
        return -2;
    if (is_number)
        return errno == 0 && number >= 0 && number < count ? (int)number : -2;
    switch (*line) {
    case 'n':
    case '\0':
        return (current + 1) % count;
    case 'p':
        return (current + count - 1) % count;
    case 'q':
        return -1;
    default:
        return -2;
    }
}

// Browses until q, or until the input ends (closed, or Ctrl-D).
static inline void digits_view(const Digits *digits, const int *prediction)
{
    char line[80];
    int current = 0, answer = 0;
    for (;;) {
        if (answer >= 0)
            digit_print_large(digits, prediction, current = answer);
        else
            printf("n, p, q, or a number from 0 to %d\n", digits->count - 1);
        printf("n(ext), p(revious), a number, q(uit): ");
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            break;
        if (!strchr(line, '\n')) // longer than any answer: the rest of the line goes with it
            for (int c; (c = getchar()) != EOF && c != '\n';)
                line[0] = '?';
        answer = digits_answer(line, current, digits->count);
        if (answer == -1)
            return;
    }
    printf("\n");
}

#endif
