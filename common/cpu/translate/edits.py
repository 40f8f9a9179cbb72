"""Replacements of byte ranges in a text. What no edit touches stays as it is, byte for byte."""


class Edits:
    def __init__(self, source):
        self.source = source
        self.edits = []

    def replace(self, start, end, text):
        self.edits.append((start, end, text))

    def insert(self, position, text):
        self.replace(position, position, text)

    def apply(self, start, end):
        """The text of a range after the edits inside it. An edit that lies inside another one's range is already part
        of that one's text, and is left out."""
        inside = [e for e in self.edits if start <= e[0] and e[1] <= end]
        inside.sort(key=lambda e: (e[0], 0 if e[0] == e[1] else 1, -e[1]))  # sort keeps the order of insertions
        pieces, position = [], start
        for first, last, text in inside:
            if first < position:
                continue
            pieces.append(self.source.text(position, first))
            pieces.append(text)
            position = last
        pieces.append(self.source.text(position, end))
        return "".join(pieces)
