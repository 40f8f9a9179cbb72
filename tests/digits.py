"""Small data sets in MNIST's format, and the reader that tests hold the programs' reader against."""
import gzip

import numpy as np

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx_bytes(array):
    """Two zero bytes, 8 for unsigned bytes, the rank, each dimension in four bytes with the highest first, the data."""
    header = bytes([0, 0, 8, array.ndim]) + np.asarray(array.shape, ">u4").tobytes()
    return header + np.ascontiguousarray(array, np.uint8).tobytes()


def read_idx(path):
    raw = path.read_bytes() if path.exists() else gzip.decompress(path.with_name(path.name + ".gz").read_bytes())
    assert raw[:3] == b"\0\0\x08"
    shape = np.frombuffer(raw, ">u4", raw[3], 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def small_set(train=60, test=20, rows=7, columns=5, seed=0):
    """name -> array. Most pixels are background, as in MNIST, and every class leaves a mark, so that there is
    something to learn."""
    rng = np.random.default_rng(seed)
    files = {}
    for part, count in (("train", train), ("t10k", test)):
        labels = rng.integers(0, 10, count)
        pixels = rng.integers(0, 256, (count, rows, columns)) * (rng.random((count, rows, columns)) < 0.25)
        flat = pixels.reshape(count, rows * columns)
        flat[np.arange(count), labels % (rows * columns)] = 255
        files[f"{part}-images-idx3-ubyte"] = pixels.astype(np.uint8)
        files[f"{part}-labels-idx1-ubyte"] = labels.astype(np.uint8)
    return files


def write_set(folder, files, packed=False):
    """Writes the arrays (or bytes, as they are) below `folder`, as .gz if `packed`. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        raw = content if isinstance(content, bytes) else idx_bytes(content)
        path = folder / (name + ".gz" if packed else name)
        path.write_bytes(gzip.compress(raw, 1) if packed else raw)
    return folder


def spoilt_sets(files):
    """What can be wrong with one of the four files: case -> (replacement of files, words of the message)."""
    images, labels = FILES[0], FILES[1]
    raw, raw_labels = idx_bytes(files[images]), idx_bytes(files[labels])
    count, rows, columns = files[images].shape
    outside = files[labels].copy()
    outside[count // 2] = 10
    no_images = raw[:4] + bytes(4) + raw[8:16]
    return {
        "data truncated": ({images: raw[:-1]}, f"{images}: ends too early"),
        "data half there": ({images: raw[:len(raw) // 2]}, f"{images}: ends too early"),
        "header truncated": ({images: raw[:10]}, f"{images}: ends too early"),
        "empty file": ({images: b""}, f"{images}: ends too early"),
        "longer than it says": ({images: raw + b"\0"}, f"{images}: longer than its header says"),
        "wrong magic": ({images: b"\x89PNG" + raw[4:]}, f"{images}: not an IDX file"),
        "floats": ({images: b"\0\0\x0d" + raw[3:]}, f"{images}: not an IDX file of bytes"),
        "text": ({images: b"<html>404 Not Found</html>"}, f"{images}: not an IDX file"),
        "two dimensions": ({images: idx_bytes(files[images].reshape(count, -1))}, "has 2 dimensions where 3"),
        "labels in place of images": ({images: raw_labels}, "has 1 dimensions where 3"),
        "images in place of labels": ({labels: raw}, "has 3 dimensions where 1"),
        "claims too much": ({images: raw[:4] + b"\xff" * 12 + raw[16:]}, "its header claims"),
        "claims a little more": ({images: raw[:4] + (count + 1).to_bytes(4, "big") + raw[8:]}, "ends too early"),
        "no images": ({images: no_images, labels: idx_bytes(np.zeros(0, np.uint8))}, "its header claims"),
        "a label more": ({labels: np.append(files[labels], np.uint8(3))}, f"{count} images .* {count + 1} labels"),
        "label out of range": ({labels: outside}, rf"label {count // 2} .* is 10, not 0 to 9"),
        "test images of another size": ({FILES[2]: np.zeros((len(files[FILES[3]]), rows, columns + 1), np.uint8)},
                                        rf"{rows} x {columns} .* {rows} x {columns + 1}"),
        "huge images": ({images: np.zeros((count, 300, 300), np.uint8)}, "90000 pixels"),
    }
