"""Draws docs/img/memory_*.svg and docs/img/stage2_*.svg, the pictures of docs/low-level/memory.md and docs/stage2.md.

    python3 tools/draw_memory.py

Plain SVG with a white ground, legible in light and dark pages. What is computed in a picture (banks, pieces of memory,
warps that fit) is computed here, and not drawn by eye.
"""
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "img"
INK, EDGE, PALE, GOOD, BAD = "#222222", "#555555", "#f2f2f2", "#cfe3f5", "#f6c9a4"
COLOURS = ("#cfe3f5", "#f6c9a4", "#d5ecd0", "#f5e3a1", "#e2d3f0", "#f7cfd8", "#cdeeee", "#dddddd")
WORD = 4                # bytes
PIECE = 32              # bytes: what memory moves at once


class Picture:
    def __init__(self, name, width, height):
        self.name = name
        self.lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                      f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
                      f'  <rect width="{width}" height="{height}" fill="#ffffff"/>']

    def box(self, x, y, width, height, fill, text="", size=11, edge=EDGE):
        self.lines.append(f'  <rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
                          f'fill="{fill}" stroke="{edge}"/>')
        if text != "":
            self.text(x + width / 2, y + height / 2 + 0.36 * size, text, size, "middle")

    def text(self, x, y, text, size=13, anchor="start", colour=INK):
        self.lines.append(f'  <text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
                          f'fill="{colour}">{text}</text>')

    def line(self, x1, y1, x2, y2, colour=EDGE, width=1.2):
        self.lines.append(f'  <line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" '
                          f'stroke-width="{width}"/>')

    def arrow(self, x1, y1, x2, y2, colour=INK):
        """Along one axis."""
        self.line(x1, y1, x2, y2, colour, 1.6)
        dx, dy = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
        points = [(x2, y2), (x2 - 8 * dx - 4 * dy, y2 - 8 * dy - 4 * dx), (x2 - 8 * dx + 4 * dy, y2 - 8 * dy + 4 * dx)]
        self.lines.append(f'  <polygon points="{" ".join(f"{x:g},{y:g}" for x, y in points)}" fill="{colour}"/>')

    def write(self):
        (FOLDER / f"{self.name}.svg").write_text("\n".join([*self.lines, "</svg>"]) + "\n")


def pieces(stride, first=0):
    """The pieces of memory in which 32 lanes find floats that are `stride` apart."""
    return sorted({(first + lane * stride) * WORD // PIECE for lane in range(32)})


def coalescing():
    """Three ways for a warp to read 32 floats. Of the last one, eight lanes are drawn."""
    picture = Picture("memory_coalescing", 800, 400)
    cell, left = 18, 60
    for top, first, what in ((20, 0, "neighbours, from a multiple of 32 bytes"),
                             (150, 3, "neighbours, 12 bytes further")):
        count = len(pieces(1, first))
        picture.text(left, top + 8, f"{what}: {count} pieces for {32 * WORD} bytes, "
                                    f"{100 * 32 * WORD / (count * PIECE):.0f} % of what is moved is used")
        for lane in range(32):
            x = left + (lane + first) * cell
            picture.box(x, top + 20, cell, cell, GOOD, lane, 9)
            picture.line(x + cell / 2, top + 38, x + cell / 2, top + 62)
        for word in range(count * PIECE // WORD):
            used = first <= word < first + 32
            picture.box(left + word * cell, top + 62, cell, cell, GOOD if used else PALE)
        for piece in range(count):
            picture.box(left + piece * 8 * cell, top + 62, 8 * cell, cell, "none", edge=INK)
            picture.text(left + (piece + 0.5) * 8 * cell, top + 96, "32 bytes", 11, "middle")
    top, width = 280, 80
    picture.text(left, top + 8, f"a stride of 8 floats or more: {len(pieces(8))} pieces for {32 * WORD} bytes, "
                                f"{100 * WORD / PIECE:.1f} % is used (lanes 0 to 7 are drawn)")
    for lane in range(8):
        x = left + lane * (width + 4)
        picture.box(x, top + 20, cell, cell, BAD, lane, 9)
        picture.line(x + cell / 2, top + 38, x + width / 16, top + 62)
        for word in range(8):
            picture.box(x + word * width / 8, top + 62, width / 8, cell, BAD if word == 0 else PALE)
        picture.box(x, top + 62, width, cell, "none", edge=INK)
        picture.text(x + width / 2, top + 96, "32 bytes", 11, "middle")
    picture.text(20, 54, "lanes", 11)
    picture.text(20, 184, "lanes", 11)
    picture.text(20, 314, "lanes", 11)
    picture.write()


def banks():
    """A column of a tile, without and with padding, on 8 banks instead of 32."""
    picture = Picture("memory_banks", 780, 330)
    cell, count = 30, 8
    for left, padding in ((40, 0), (440, 1)):
        row = count + padding
        hit = [y * row % count for y in range(count)]
        picture.text(left, 28, f"float tile[{count}][{count}{' + 1' if padding else ''}]: a column lies in "
                               f"{len(set(hit))} bank{'s' if padding else ''}")
        for y in range(count):
            for x in range(row):
                bank = (y * row + x) % count
                spare = padding and x == count
                fill = PALE if spare else COLOURS[bank]
                picture.box(left + x * cell, 44 + y * cell, cell, cell, fill, bank, 12, edge="#aaaaaa")
        picture.lines.append(f'  <rect x="{left}" y="44" width="{cell}" height="{count * cell}" fill="none" '
                             f'stroke="{INK}" stroke-width="3"/>')
        rounds = max(hit.count(bank) for bank in hit)
        picture.text(left, 44 + count * cell + 24, f"8 lanes read the framed column: {rounds} "
                                                   f"round{'s' if rounds > 1 else ''}")
    picture.text(722, 150, "spare", 11)
    picture.line(712, 146, 720, 146)
    picture.write()


def occupancy():
    """Warps of a multiprocessor with 64 places and 65536 registers (compute capability 9.0)."""
    kernels = (("transpose_rows: 28 registers, 256 threads a block", 28, 8),
               ("gemm_register_2d: 122 registers, 256 threads a block", 122, 8),
               ("gemm_warp_tile 128x128x8: 227 registers, 128 threads a block", 227, 4))
    picture = Picture("memory_occupancy", 780, 270)
    cell = 11
    for k, (what, registers, warps_a_block) in enumerate(kernels):
        a_warp = -(-registers * 32 // 256) * 256
        blocks = min(64, 65536 // a_warp) // warps_a_block
        warps = blocks * warps_a_block
        top = 22 + 84 * k
        picture.text(20, top, f"{what}: {blocks} blocks, {warps} of 64 warps, {100 * warps / 64:g} %")
        for warp in range(64):
            block = warp // warps_a_block
            fill = COLOURS[block % len(COLOURS)] if warp < warps else "#ffffff"
            picture.box(20 + warp * cell, top + 12, cell, 26, fill)
        picture.text(20, top + 54, f"{warps} x {a_warp} = {warps * a_warp} of 65536 registers", 11)
    picture.write()


def transpose():
    """A tile's way from A to B."""
    picture = Picture("stage2_transpose", 780, 300)
    cell, count = 22, 4

    def tile(left, top, name, turned, across, down, x0, y0):
        """A matrix of across x down cells with the tile at (x0, y0)."""
        picture.text(left, top - 12, name)
        for y in range(down):
            for x in range(across):
                inside = x0 <= x < x0 + count and y0 <= y < y0 + count
                row, column = (x - x0, y - y0) if turned else (y - y0, x - x0)
                fill = COLOURS[row] if inside else PALE
                text = "abcdefghijklmnop"[row * count + column] if inside else ""
                picture.box(left + x * cell, top + y * cell, cell, cell, fill, text, 12, edge="#999999")

    tile(20, 50, "A, M x N", False, 8, 6, 4, 1)
    tile(300, 72, "tile in shared memory", False, 4, 4, 0, 0)
    tile(560, 40, "B, N x M", True, 6, 8, 1, 4)
    picture.arrow(204, 116, 290, 116)
    picture.arrow(396, 116, 548, 116)
    picture.text(247, 106, "by rows", 12, "middle")
    picture.text(472, 106, "by columns", 12, "middle")
    picture.text(472, 136, "of the tile,", 12, "middle")
    picture.text(472, 152, "by rows of B", 12, "middle")
    picture.text(20, 250, "Neighbouring threads (a b c d) read neighbouring elements of A, and others of them", 12)
    picture.text(20, 268, "(a e i m) write neighbouring elements of B. Only shared memory sees a stride.", 12)
    picture.write()


def gemv():
    """Who reads what: the cells carry the number of the thread (of 4) that reads them."""
    picture = Picture("stage2_gemv", 780, 250)
    cell, columns = 22, 8
    for left, name, reader in ((20, "thread_per_row", lambda i, j: i), (280, "warp_per_row", lambda i, j: j % 4),
                               (540, "block_per_row", lambda i, j: j)):
        picture.text(left, 24, name)
        for i in range(4):
            for j in range(columns):
                mine = name != "block_per_row" or i == 0
                number = reader(i, j)
                now = (j == 0) if name == "thread_per_row" else (j < 4) if name == "warp_per_row" else mine
                picture.box(left + j * cell, 40 + i * cell, cell, cell, COLOURS[number % 8] if mine else PALE,
                            number if mine else "", 12, edge=INK if now and mine else "#aaaaaa")
    picture.arrow(20, 146, 190, 146)
    picture.text(20, 170, "each walks along its own row:", 12)
    picture.text(20, 186, "at every step the elements", 12)
    picture.text(20, 202, "are lda floats apart", 12)
    picture.arrow(280, 146, 366, 146)
    picture.text(280, 170, "the lanes of a warp go side by", 12)
    picture.text(280, 186, "side, one warp for each row;", 12)
    picture.text(280, 202, "sums meet by shuffles", 12)
    picture.arrow(540, 146, 714, 146)
    picture.text(540, 170, "all threads of a block in one", 12)
    picture.text(540, 186, "row; sums meet in shared", 12)
    picture.text(540, 202, "memory, behind barriers", 12)
    picture.text(20, 236, "The numbers are threads; a warp of 4 and a block of 8 are drawn.", 12)
    picture.write()


if __name__ == "__main__":
    for draw in (coalescing, banks, occupancy, transpose, gemv):
        draw()
