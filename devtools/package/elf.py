"""Leaves out of a shared library what only debuggers read: half the weight of some wheels.

The dynamic loader reads the file header and the segments that the program headers name (ELF
specification, book I, chapter 2). Debugging information and the table of sections lie behind the last
segment or in no segment; cutting them off changes nothing of what is loaded. No tool of the machine is
needed, so every machine makes the same file.
"""

import struct

MAGIC = b"\x7fELF\x02\x01"
"""64 bits, least significant byte first."""

HEADER = struct.Struct("<16xHHIQQQIHHHHHH")
SECTION_OFFSET = 40
SECTION_COUNT = 60
SEGMENT_SPAN = struct.Struct("<8xQ16xQ16x")


def without_debug_information(library: bytes) -> bytes:
    """The library up to the end of its last segment; anything but such a library comes back as it is."""
    if not library.startswith(MAGIC):
        return library
    _, _, _, _, programs, _, _, _, size, count, _, _, _ = HEADER.unpack_from(library)
    end = programs + size * count
    for number in range(count):
        offset, length = SEGMENT_SPAN.unpack_from(library, programs + number * size)
        end = max(end, offset + length)
    kept = bytearray(library[:end])
    struct.pack_into("<Q", kept, SECTION_OFFSET, 0)
    struct.pack_into("<HH", kept, SECTION_COUNT, 0, 0)
    return bytes(kept)
