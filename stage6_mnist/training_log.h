// training_log.h: what happens during a training: loss and accuracy by iteration, on the terminal and in files.
#ifndef STAGE6_TRAINING_LOG_H
#define STAGE6_TRAINING_LOG_H

#include "../common/progress.h"
#include "mnist_data.h"
#include <math.h>

// Entry k belongs to the weights after k steps. Accuracies are fractions, NaN where they were not measured.
typedef struct {
    int steps;
    HostF64 loss, train_accuracy, test_accuracy; // steps + 1 each
    Progress progress;
} TrainingLog;

static inline TrainingLog training_log_begin(int steps)
{
    long n = (long)steps + 1;
    TrainingLog log = {steps, host_f64(n), host_f64(n), host_f64(n), progress_begin("training", n)};
    for (long k = 0; k < n; ++k)
        log.loss.data[k] = log.train_accuracy.data[k] = log.test_accuracy.data[k] = NAN;
    return log;
}

// One line for entry k: "iteration   50   loss 0.4901   accuracy 81.94 % train, 82.85 % test".
static inline void training_log_print(TrainingLog *log, int k)
{
    progress_end(&log->progress);
    printf("iteration %6d   loss %.4f", k, log->loss.data[k]);
    if (!isnan(log->train_accuracy.data[k]))
        printf("   accuracy %.2f %% train, %.2f %% test", 100 * log->train_accuracy.data[k],
               100 * log->test_accuracy.data[k]);
    printf("\n");
    fflush(stdout);
    log->progress = progress_begin("training", (long)log->steps + 1);
    progress_step(&log->progress, k + 1);
}

// The fraction of `digits` for which the prediction is the label.
static inline double training_accuracy(const Digits *digits, const int *prediction)
{
    long right = 0;
    for (int i = 0; i < digits->count; ++i)
        right += prediction[i] == digits->labels.data[i];
    return (double)right / digits->count;
}

// iteration,loss,train_accuracy,test_accuracy. The notice (not empty: the data are not MNIST) goes above, after a #.
static inline void training_log_write(const TrainingLog *log, const char *path, const char *notice)
{
    OutputFile *file = file_create(path);
    FILE *stream = file_stream(file);
    if (*notice)
        fprintf(stream, "# %s\n", notice);
    fprintf(stream, "iteration,loss,train_accuracy,test_accuracy\n");
    for (int k = 0; k <= log->steps; ++k) {
        fprintf(stream, "%d,%.9g,", k, log->loss.data[k]);
        if (isnan(log->train_accuracy.data[k]))
            fprintf(stream, ",\n");
        else
            fprintf(stream, "%.6f,%.6f\n", log->train_accuracy.data[k], log->test_accuracy.data[k]);
    }
    file_finish(file);
}

// index,label,prediction for each of the digits, which are the first ones of the test set.
static inline void predictions_write(const Digits *digits, const int *prediction, const char *path, const char *notice)
{
    OutputFile *file = file_create(path);
    FILE *stream = file_stream(file);
    if (*notice)
        fprintf(stream, "# %s\n", notice);
    fprintf(stream, "index,label,prediction\n");
    for (int i = 0; i < digits->count; ++i)
        fprintf(stream, "%d,%d,%d\n", i, digits->labels.data[i], prediction[i]);
    file_finish(file);
}

#endif
