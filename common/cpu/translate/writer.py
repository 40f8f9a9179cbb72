"""Generated text: lines that know which line of the source they belong to, and are not too long."""

WIDTH = 118


class Writer:
    def __init__(self, source):
        self.source = source
        self.lines = []

    def line(self, number):
        """From here on the compiler counts from this line of the source."""
        self.lines.append(f"#line {number} {quoted(self.source.display)}")

    def add(self, *lines):
        self.lines += lines

    def add_list(self, head, items, tail):
        """head, the items with commas, tail: on one line if it is wide enough, else the items on lines of their own."""
        line = head + ", ".join(items) + tail
        if len(line) > WIDTH and items:
            indent = " " * (len(head) - len(head.lstrip()) + 4)
            self.lines.append(head)
            line = indent
            for i, item in enumerate(items):
                text = item + (", " if i + 1 < len(items) else tail)
                if len(line) + len(text.rstrip()) > WIDTH and line.strip():
                    self.lines.append(line.rstrip())
                    line = indent
                line += text
        self.lines.append(line)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
