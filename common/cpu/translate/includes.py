"""Finds the files of the program: which file an #include names, and which of them are the user's own.

Quoted names are looked up as a compiler does it: in the folder of the including file first (of the original, not of
the translated copy: a copy elsewhere would pick up another `common.h`), then along -iquote, then along -I. What is
found nowhere there is a system header, and no business of the translator's.
"""

import os

from source import Source


class Program:
    """A source file and everything of the user's that it includes, in the order of inclusion."""

    def __init__(self, main, quote_folders=(), folders=(), defines=()):
        self.quote_folders = [f for f in quote_folders]
        self.folders = [f for f in folders]
        self.own_headers = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
        self.sources = {}  # real path -> Source
        self.order = []
        # -DNAME=VALUE, as if it stood in a file
        text = "".join("#define " + (d.replace("=", " ", 1) if "=" in d else d + " 1") + "\n" for d in defines)
        self.command_line = Source("command line", "command line", text.encode(errors="surrogateescape"))
        self.main = self._add(main)

    def _add(self, display):
        path = os.path.realpath(display)
        if path in self.sources:
            return self.sources[path]
        with open(display, "rb") as file:
            data = file.read().removeprefix(b"\xef\xbb\xbf")  # a byte order mark
        source = Source(os.path.abspath(display), display, data)
        self.sources[path] = source
        for include in source.includes:
            found = self._find(include, display)
            if found:
                include.target = self._add(found)
        self.order.append(source)  # after what it includes: definitions come before their uses
        return source

    def replace(self, replaced):
        """Puts sources with another text in the place of some."""
        self.order = [replaced.get(source, source) for source in self.order]
        self.main = replaced.get(self.main, self.main)
        for source in self.order:
            for include in source.includes:
                include.target = replaced.get(include.target, include.target)

    def _find(self, include, including):
        local = []
        if os.path.isabs(include.name):
            local = [include.name]
        elif include.quoted:
            local = [os.path.join(f, include.name) for f in [os.path.dirname(including)] + self.quote_folders]
        # -I common/cpu stands first on the compiler's command line, so our headers go before a ROCm installation's.
        for candidate in local + [os.path.join(f, include.name) for f in [self.own_headers] + self.folders]:
            if os.path.isfile(candidate):
                return None if self._is_own(candidate) else candidate
        return None

    def _is_own(self, path):
        return os.path.realpath(path).startswith(self.own_headers + os.sep)
