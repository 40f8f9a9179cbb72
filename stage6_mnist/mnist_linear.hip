// mnist_linear: reads handwritten digits with one matrix. Y = X W, where a row of X [N][785] is one digit of MNIST (784
// pixels from 0 to 1, then a 1 whose weights are the bias) and W [785][10] scores the ten classes; the largest score
// is the answer. W is learned by full-batch gradient descent on the mean squared error against one-hot labels T:
//     R = X W - T        loss = 1/N sum of R^2        G = dloss/dW = 2/N X^T R        W <- W - lr G
//
// It is the smallest program that really learns something, and it has the two matrix products that all training comes
// down to: one forward, one with the transpose. Both matrices are so narrow (ten columns) that an element of X is used
// for 20 operations and never again: 5 operations a byte, and on a GPU the memory is the limit, not the arithmetic. So
// X should be read in the widest pieces, once for each product, and everything else should stay on the chip.
#include <hip/hip_runtime.h>
#include "../common/program.h"
#include "digits.h"
#include "linear_kernels.h"
#include "linear_cpu.h"
#include "training_log.h"

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it

// What an iteration works on. For the test set only what the forward kernel needs is there.
typedef struct {
    DeviceF32 X;          // n x ldx
    DeviceU8 labels;      // n
    DeviceF32 W, G;       // features x 10
    DeviceF32 R;          // n x 10
    DeviceF32 P;          // slices x 10 x ldx
    DeviceF32 loss_parts; // one a sample, or one a block
    DeviceF32 loss;       // 1
    int n, features, ldx, slice_samples, slices, block;
    float lr;
} Operands;

static Operands operands_for(const Digits *digits, HostF32 X, DeviceF32 W, int ldx, int block)
{
    Operands o;
    memset(&o, 0, sizeof o);
    o.X = device_copy(X);
    o.labels = device_copy(digits->labels);
    o.W = W;
    o.R = device_f32((long)digits->count * CLASSES);
    o.loss_parts = device_f32(digits->count);
    o.loss = device_f32(1);
    o.n = digits->count;
    o.features = digits_size(digits) + 1;
    o.ldx = ldx;
    o.block = block;
    return o;
}

// Two slices a multiprocessor: the gradient kernel, 7 warps with 128 registers a thread, fits twice into most of them.
static void operands_add_training(Operands *o, float lr)
{
    int slice = ceil_div(o->n, 2 * device_multiprocessors());
    o->slice_samples = GRADIENT_AHEAD * ceil_div(slice, GRADIENT_AHEAD);
    o->slices = ceil_div(o->n, o->slice_samples);
    o->G = device_f32(o->W.n);
    o->P = device_f32((long)o->slices * CLASSES * o->ldx);
    o->lr = lr;
}

static void forward_naive(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    linear_forward_naive<<<ceil_div(o->n, o->block), o->block>>>(o->X.data, o->ldx, o->W.data, o->labels.data,
                                                                 o->R.data, o->loss_parts.data, o->n, o->features);
    linear_loss_total<<<1, LOSS_THREADS>>>(o->loss_parts.data, o->n, o->loss.data, o->n);
}

static void forward_tiled(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int blocks = ceil_div(o->n, FORWARD_SAMPLES);
    linear_forward_tiled<<<blocks, FORWARD_THREADS>>>(o->X.data, o->ldx, o->W.data, o->labels.data, o->R.data,
                                                      o->loss_parts.data, o->n, o->features);
    linear_loss_total<<<1, LOSS_THREADS>>>(o->loss_parts.data, blocks, o->loss.data, o->n);
}

static void naive(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int weights = o->features * CLASSES, blocks = ceil_div(weights, o->block);
    forward_naive(o);
    linear_gradient_naive<<<blocks, o->block>>>(o->X.data, o->ldx, o->R.data, o->G.data, o->n, o->features,
                                                2.0f / (float)o->n);
    linear_update_naive<<<blocks, o->block>>>(o->G.data, o->W.data, weights, o->lr);
}

static void tiled(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    dim3 gradient_grid(ceil_div(o->ldx / 4, GRADIENT_THREADS), o->slices);
    dim3 update_grid(ceil_div(o->features, UPDATE_COLUMNS), CLASSES), update_block(UPDATE_COLUMNS, UPDATE_ROWS);
    forward_tiled(o);
    linear_gradient_tiled<<<gradient_grid, GRADIENT_THREADS>>>(o->X.data, o->ldx, o->R.data, o->P.data, o->n,
                                                               o->slice_samples);
    linear_update_tiled<<<update_grid, update_block>>>(o->P.data, o->slices, o->ldx, o->G.data, o->W.data, o->features,
                                                       2.0f / (float)o->n, o->lr);
}

static const Version versions[] = {
    {"naive", naive, "one thread a sample, then one thread a weight"},
    {"tiled", tiled, "shared memory tiles, two buffers, register tiles, slices of the samples"},
};
static const Launch forwards[] = {forward_naive, forward_tiled};

// The steps that every version takes from the same first weights, on the CPU.
enum { CHECKED_STEPS = 3 };
static void reference(const Digits *digits, HostF32 X, int ldx, HostF32 first_W, float lr, LinearStep *steps)
{
    int features = digits_size(digits) + 1;
    HostF64 W = host_f64(first_W.n), W_bound = host_f64(first_W.n); // the first weights are exact
    for (long k = 0; k < W.n; ++k)
        W.data[k] = first_W.data[k];
    for (int s = 0; s < CHECKED_STEPS; ++s) {
        steps[s] = linear_step(digits->count, features);
        linear_iteration_cpu(X.data, ldx, digits->labels.data, digits->count, features,
                             s ? steps[s - 1].W.data : W.data, s ? steps[s - 1].W_bound.data : W_bound.data, lr,
                             CLASSES + ceil_div(digits->count, LOSS_THREADS) + 16, &steps[s]);
    }
}

// program_run has checked one step of a version; errors that grow from step to step show here.
static void check_steps(Program *program, const Version *version, const Operands *o, HostF32 first_W,
                        const LinearStep *steps)
{
    HostF32 W = host_f32(first_W.n), loss = host_f32(1);
    double loss_ratio = 0;
    upload(o->W, first_W);
    for (int s = 0; s < CHECKED_STEPS; ++s) {
        version->launch(o);
        HIP_CHECK_LAUNCH();
        download(loss, o->loss);
        Comparison c = compare_f32(loss.data, steps[s].loss.data, steps[s].loss_bound.data, 1);
        program_expect(program, c.bad == 0, "%s: the loss in iteration %d is %.9g, expected %.9g +- %.2g",
                       version->name, s, c.got, c.expected, c.bound);
        loss_ratio = c.ratio > loss_ratio ? c.ratio : loss_ratio;
    }
    download(W, o->W);
    const LinearStep *last = &steps[CHECKED_STEPS - 1];
    Comparison c = compare_f32(W.data, last->W.data, last->W_bound.data, W.n);
    program_expect(program, c.bad == 0, "%s: W[%ld,%ld] after %d iterations is %.9g, expected %.9g +- %.2g",
                   version->name, c.worst / CLASSES, c.worst % CLASSES, CHECKED_STEPS, c.got, c.expected, c.bound);
    printf("%s after %d iterations: max error/bound %.2g in W, %.2g in the losses\n", version->name, CHECKED_STEPS,
           c.ratio, loss_ratio);
}

// The class with the largest score of each digit. The forward kernel leaves residuals, so 1 comes back to the label's.
static void predictions_of(const Operands *o, const Digits *digits, int *prediction)
{
    HostF32 R = host_copy(o->R);
    for (int i = 0; i < digits->count; ++i) {
        float largest = -INFINITY;
        prediction[i] = 0;
        for (int c = 0; c < CLASSES; ++c) {
            float score = R.data[(long)i * CLASSES + c] + (digits->labels.data[i] == c);
            if (score > largest) {
                largest = score;
                prediction[i] = c;
            }
        }
    }
    host_free(R);
}

// `log->steps` iterations; the time of one, without what the accuracies cost. Leaves the predictions for the test set.
static Timing train(const Mnist *mnist, const Operands *o, const Operands *test, int version, TrainingLog *log,
                    HostI32 test_prediction)
{
    HostF64 ms = host_f64(log->steps);
    HostF32 loss = host_f32(1);
    HostI32 prediction = host_i32(mnist->train.count);
    Timer timer = timer_make();
    for (int k = 0; k <= log->steps; ++k) {
        bool measure = k % 10 == 0 || k == log->steps;
        if (measure) { // before the iteration, which changes W
            forwards[version](test);
            HIP_CHECK_LAUNCH();
            predictions_of(test, &mnist->test, test_prediction.data);
            log->test_accuracy.data[k] = training_accuracy(&mnist->test, test_prediction.data);
        }
        if (k < log->steps) {
            timer_start(&timer);
            versions[version].launch(o);
            HIP_CHECK_LAUNCH();
            ms.data[k] = timer_stop(&timer);
        } else {
            forwards[version](o); // the loss of the last weights
            HIP_CHECK_LAUNCH();
        }
        download(loss, o->loss);
        log->loss.data[k] = isnan(loss.data[0]) ? NAN : loss.data[0]; // no "-nan", whose sign means nothing
        if (measure) {
            predictions_of(o, &mnist->train, prediction.data);
            log->train_accuracy.data[k] = training_accuracy(&mnist->train, prediction.data);
        }
        progress_step(&log->progress, k + 1);
        if (k % 50 == 0 || k == log->steps)
            training_log_print(log, k);
    }
    progress_end(&log->progress);
    timer_free(&timer);
    return timing_of(ms.data, log->steps);
}

// The loud part of the notice; nothing where the data are MNIST.
static void print_notice(const Mnist *mnist)
{
    if (*mnist->notice)
        printf("*** %s: %s ***\n", mnist->folder, mnist->notice);
}

static void report(Program *program, const Mnist *mnist, const TrainingLog *log, HostI32 prediction, Timing timing,
                   const char *version)
{
    char rate[96];
    double loss = log->loss.data[log->steps], train_accuracy = log->train_accuracy.data[log->steps],
           test_accuracy = log->test_accuracy.data[log->steps];
    program_expect(program, isfinite(loss), "the loss is %g after %d iterations: --lr is too large", loss, log->steps);
    printf("\n%d iterations of %s: %.3g ms each (median), %s\n", log->steps, version, timing.median_ms,
           rate_text(rate, program->roof, program->work, 1e-3 * timing.median_ms));
    printf("loss %.4f, accuracy %.2f %% on %d training digits, %.2f %% on %d test digits\n", loss, 100 * train_accuracy,
           mnist->train.count, 100 * test_accuracy, mnist->test.count);
    if (loss > log->loss.data[0])
        printf("*** The loss has grown: the steps are too long for these data, choose a smaller --lr. ***\n");
    print_notice(mnist);
    program_result(program, "ms_per_iteration", timing.median_ms);
    program_result(program, "first_loss", log->loss.data[0]);
    program_result(program, "last_loss", loss);
    program_result(program, "train_accuracy", train_accuracy);
    program_result(program, "test_accuracy", test_accuracy);
    program_result(program, "synthetic_data", *mnist->notice != '\0');
    training_log_write(log, program_results_path(program, "loss.csv"), mnist->notice);
    printf("wrote %s", program_results_path(program, "loss.csv"));
    predictions_write(&mnist->test, prediction.data, program_results_path(program, "predictions.csv"), mnist->notice);
    printf(" and predictions.csv\n\n");
    digits_show_some(&mnist->test, prediction.data);
}

enum { ALL_SAMPLES = 60000 }; // of MNIST

int main(int argc, char **argv)
{
    const char *data = NULL;
    int iterations = 300, samples = ALL_SAMPLES;
    float lr = 0.01f;
    bool view = false;
    const Option options[] = {
        OPTION_TEXT("data", &data, "folder of the four MNIST files; else data/mnist, else data/synthetic"),
        OPTION_INT_RANGE("iterations", &iterations, "steps of gradient descent", 1, 1000000),
        OPTION_FLOAT_RANGE("lr", &lr, "learning rate", 0, 1000),
        OPTION_INT("samples", &samples, "use only so many digits of each set, at most all"),
        OPTION_FLAG("view", &view, "browse the test digits afterwards"),
    };
    Program program = program_begin(argc, argv, "Y = X W trained on MNIST, float32", options, LENGTH(options));
    program_versions(&program, versions, LENGTH(versions));
    const int wanted = samples;
    Mnist mnist = mnist_read(data, samples);
    if (wanted > mnist.train.count && wanted != ALL_SAMPLES)
        fail(STATUS_USAGE, "--samples %d: %s has only %d training digits", wanted, mnist.folder, mnist.train.count);
    data = mnist.folder;
    samples = mnist.train.count;
    program_title(&program);
    printf("%s: %d training digits, %d test digits, %d x %d pixels\n", mnist.folder, mnist.train.count,
           mnist.test.count, mnist.train.rows, mnist.train.columns);
    print_notice(&mnist);

    int features = digits_size(&mnist.train) + 1, ldx = linear_ldx(features);
    HostF32 X = digits_inputs(&mnist.train, ldx), test_X = digits_inputs(&mnist.test, ldx);
    HostF32 first_W = host_uniform((long)features * CLASSES, program.seed, -0.005f, 0.005f);
    DeviceF32 W = device_copy(first_W);
    Operands o = operands_for(&mnist.train, X, W, ldx, program.block);
    Operands test = operands_for(&mnist.test, test_X, W, ldx, program.block);
    operands_add_training(&o, lr);
    LinearStep steps[CHECKED_STEPS];
    reference(&mnist.train, X, ldx, first_W, lr, steps);
    host_free(X);
    host_free(test_X);

    program_inout(&program, "W", o.W, SHAPE(features, CLASSES), steps[0].W, steps[0].W_bound);
    program_output(&program, "G", o.G, SHAPE(features, CLASSES), steps[0].G, steps[0].G_bound);
    program_output(&program, "R", o.R, SHAPE(samples, CLASSES), steps[0].R, steps[0].R_bound);
    program_output(&program, "loss", o.loss, SHAPE(1), steps[0].loss, steps[0].loss_bound);
    program_scratch(&program, o.P);
    program_scratch(&program, o.loss_parts);
    // X is read for the scores and once more for the gradient.
    program_work(&program, (Work){.flops = 4.0 * CLASSES * features * samples,
                                  .bytes = 4.0 * (2.0 * samples * (features + CLASSES) + 3.0 * features * CLASSES)});
    program_run(&program, versions, LENGTH(versions), &o);
    printf("\n");
    int trained = 0; // with the last version that is wanted
    for (int v = 0; v < LENGTH(versions); ++v) {
        if (!program_wants(&program, versions[v].name))
            continue;
        check_steps(&program, &versions[v], &o, first_W, steps);
        trained = v;
    }

    printf("\n");
    upload(o.W, first_W);
    program_dump(&program, "first.W", first_W, SHAPE(features, CLASSES));
    TrainingLog log = training_log_begin(iterations);
    HostI32 prediction = host_i32(mnist.test.count);
    Timing timing = train(&mnist, &o, &test, trained, &log, prediction);
    program_dump(&program, "losses", log.loss, SHAPE(iterations + 1));
    program_dump(&program, "last.W", o.W, SHAPE(features, CLASSES));
    report(&program, &mnist, &log, prediction, timing, versions[trained].name);
    if (view)
        digits_view(&mnist.test, prediction.data);
    return program_end(&program);
}
#endif
