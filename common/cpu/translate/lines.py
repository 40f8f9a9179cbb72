"""Generated text whose lines the compiler counts as those of the source."""

from writer import quoted

STEP = "    "


class Lines:
    def __init__(self):
        self.lines = []
        self.at = None  # (file, line) that the compiler gives to the next line
        self.indent = 1

    def own(self, *texts):
        """Lines of ours."""
        for text in texts:
            self.lines.append(STEP * self.indent + text if text else "")
            if self.at is not None:
                self.at = (self.at[0], self.at[1] + 1)

    def _indented(self, text, column):
        """The lines of a statement that began in some column."""
        rows = text.split("\n")
        if 'R"' in text:
            return rows
        for i, row in enumerate(rows[1:], 1):
            blanks = len(row) - len(row.lstrip(" "))
            if row and not row.startswith("#"):
                rows[i] = STEP * self.indent + row[min(blanks, column) :]
        return rows

    def source(self, unit, line, text, column=0):
        """A statement of the program's."""
        if self.at is not None and self.at[0] == unit.display and 0 < line - self.at[1] <= 2:
            self.own(*[""] * (line - self.at[1]))
        if self.at != (unit.display, line):
            self.lines.append(f"#line {line} {quoted(unit.display)}")
            self.at = (unit.display, line)
        rows = self._indented(text, column)
        self.lines.append(STEP * self.indent + rows[0])
        self.lines += rows[1:]
        self.at = (unit.display, line + len(rows))
