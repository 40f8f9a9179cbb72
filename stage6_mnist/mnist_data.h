// mnist_data.h: MNIST as the trainers want it: which folder it lies in, its four files checked against each other, and
// pixels turned into rows of numbers.
#ifndef STAGE6_MNIST_DATA_H
#define STAGE6_MNIST_DATA_H

#include "../common/buffer.h"
#include "../common/file.h"
#include "../common/idx.h"

enum { CLASSES = 10 }; // the digits 0 to 9 (for Fashion-MNIST ten kinds of clothes)

typedef struct {
    HostU8 pixels; // count x rows x columns, 0 is the background
    HostU8 labels; // count
    int count, rows, columns;
} Digits;

typedef struct {
    const char *folder;
    char notice[200]; // not empty: the data are not MNIST, and this line says what they are
    Digits train, test;
} Mnist;

// FOLDER/file in `path`, which has room for PATH_MAX bytes.
static inline const char *mnist_path(char *path, const char *folder, const char *file)
{
    if (snprintf(path, PATH_MAX, "%s/%s", folder, file) >= PATH_MAX)
        fail(STATUS_USAGE, "--data: the folder's name is too long");
    return path;
}

static inline bool mnist_is_in(const char *folder)
{
    char path[PATH_MAX];
    struct stat info;
    return stat(mnist_path(path, folder, "train-images-idx3-ubyte"), &info) == 0 ||
           stat(mnist_path(path, folder, "train-images-idx3-ubyte.gz"), &info) == 0;
}

// The folder that was asked for (NULL: none), else MNIST, else the digits that we drew ourselves because MNIST was out
// of reach.
static inline const char *mnist_folder(const char *wanted)
{
    static const char *const usual[] = {"data/mnist", "data/synthetic"};
    if (wanted && mnist_is_in(wanted))
        return wanted;
    for (int i = 0; !wanted && i < 2; ++i)
        if (mnist_is_in(usual[i]))
            return usual[i];
    fail(STATUS_FAILED, "no MNIST in %s: run make data", wanted ? wanted : usual[0]);
}

// The first `most` images of one set and their labels. Exit status 3 where the two files do not belong together.
static inline Digits digits_read(const char *folder, const char *images, const char *labels, int most)
{
    char path[PATH_MAX];
    IdxU8 pixels = idx_read(mnist_path(path, folder, images), 3);
    IdxU8 classes = idx_read(mnist_path(path, folder, labels), 1);
    long count = pixels.shape.dim[0], size = pixels.shape.dim[1] * pixels.shape.dim[2];
    if (count != classes.shape.dim[0])
        fail(STATUS_FAILED, "%s: %s has %ld images and %s %ld labels; run make data", folder, images, count, labels,
             classes.shape.dim[0]);
    if (size > 1 << 16)
        fail(STATUS_FAILED, "%s: %s has images of %ld pixels; 65536 is the most", folder, images, size);
    for (long i = 0; i < count; ++i)
        if (classes.bytes.data[i] >= CLASSES)
            fail(STATUS_FAILED, "%s: label %ld of %s is %d, not 0 to 9; run make data", folder, i, labels,
                 classes.bytes.data[i]);
    count = count < most ? count : most;
    Digits digits = {host_slice(pixels.bytes, 0, count * size), host_slice(classes.bytes, 0, count), (int)count,
                     (int)pixels.shape.dim[1], (int)pixels.shape.dim[2]};
    return digits;
}

// Training and test set, each cut to its first `most` images. A file SYNTHETIC in the folder says that these are not
// MNIST's digits; its first line becomes the notice.
static inline Mnist mnist_read(const char *wanted, int most)
{
    char path[PATH_MAX];
    Mnist mnist;
    mnist.folder = mnist_folder(wanted);
    mnist.notice[0] = '\0';
    char *text = file_read_text(mnist_path(path, mnist.folder, "SYNTHETIC"));
    if (text) {
        text[strcspn(text, "\r\n")] = '\0';
        snprintf(mnist.notice, sizeof mnist.notice, "%s", *text ? text : "synthetic data, not MNIST");
        free(text);
    }
    mnist.train = digits_read(mnist.folder, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", most);
    mnist.test = digits_read(mnist.folder, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", most);
    if (mnist.train.rows != mnist.test.rows || mnist.train.columns != mnist.test.columns)
        fail(STATUS_FAILED, "%s: training images are %d x %d and test images %d x %d; run make data", mnist.folder,
             mnist.train.rows, mnist.train.columns, mnist.test.rows, mnist.test.columns);
    return mnist;
}

static inline int digits_size(const Digits *digits)
{
    return digits->rows * digits->columns;
}

// The matrix X that a linear layer with a bias multiplies: one row a digit, pixels from 0 to 1, then a column of ones,
// whose weights are the bias. ldx >= pixels + 1 floats from one row to the next; what is beyond the ones is zero.
static inline HostF32 digits_inputs(const Digits *digits, int ldx)
{
    int size = digits_size(digits);
    float brightness[256];
    for (int p = 0; p < 256; ++p)
        brightness[p] = (float)p / 255.0f;
    HostF32 X = host_f32((long)digits->count * ldx);
    for (long i = 0; i < digits->count; ++i) {
        float *row = X.data + i * ldx;
        const uint8_t *pixels = digits->pixels.data + i * size;
        for (int k = 0; k < size; ++k)
            row[k] = brightness[pixels[k]];
        row[size] = 1.0f;
    }
    return X;
}

#endif
